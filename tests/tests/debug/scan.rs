//! Finds the public types in the sources, so that none is forgotten.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use asynchat_tests::harness::sources::rust_files;

/// The public types that hold bytes of a peer, or something that may hold them. `secrets` shows each of them.
const WITH_BYTES: &[&str] = &[
    "adapter-async-std FuturesIo",
    "adapter-blocking Connection",
    "adapter-blocking Incoming",
    "adapter-blocking ReadHalf",
    "adapter-blocking WriteHalf",
    "adapter-tokio DecoderHandler",
    "adapter-tokio FramesCodec",
    "adapter-tokio TokioIo",
    "core AcceptedConnection",
    "core Caller",
    "core Channel",
    "core Chat",
    "core Connection",
    "core ConnectionHandle",
    "core Deferred",
    "core DeferredProducer",
    "core Delimiter",
    "core DelimiterSet",
    "core Drive",
    "core Driver",
    "core Ended",
    "core Event",
    "core FnProducer",
    "core Framer",
    "core Frames",
    "core IdleChat",
    "core Incoming",
    "core Input",
    "core IntoInnerError",
    "core IterProducer",
    "core LentCopy",
    "core Mailbox",
    "core MapChunks",
    "core Parts",
    "core Peer",
    "core PollConnection",
    "core ProducerQueue",
    "core ReadHalf",
    "core ReadProducer",
    "core ReceiveBuffer",
    "core ReuniteError",
    "core SimpleProducer",
    "core SplitConnection",
    "core StreamProducer",
    "core Terminator",
    "core Transmit",
    "core WithTail",
    "core WriteHalf",
];

/// The public types that hold no byte of a peer: settings, states, sockets, timers, tasks, and errors, whose causes and
/// delimiters are the program's own.
const WITHOUT_BYTES: &[&str] = &[
    "adapter-async-std AsyncIoSleep",
    "adapter-async-std AsyncStd",
    "adapter-async-std AsyncStdListener",
    "adapter-async-std Smol",
    "adapter-async-std SmolListener",
    "adapter-async-std SmolUnixListener",
    "adapter-async-std Socket",
    "adapter-async-std Task",
    "adapter-blocking Server",
    "adapter-tokio Tokio",
    "adapter-tokio TokioListener",
    "adapter-tokio TokioSleep",
    "adapter-tokio TokioTask",
    "adapter-tokio TokioUnixListener",
    "core AcceptError",
    "core Acceptor",
    "core Blame",
    "core Cause",
    "core Config",
    "core ConfigError",
    "core ConnectionGuard",
    "core ConnectionInfo",
    "core Connections",
    "core DelimiterSetError",
    "core EmptyDelimiter",
    "core End",
    "core Error",
    "core FrameTooLong",
    "core IntoStreamError",
    "core Half",
    "core Keepalive",
    "core MemoryBudget",
    "core MailboxError",
    "core Metrics",
    "core MetricsSnapshot",
    "core MinRate",
    "core Panicked",
    "core PushError",
    "core RuntimeClock",
    "core ServedBy",
    "core Server",
    "core ServerEvent",
    "core ServerOptions",
    "core ShutdownHandle",
    "core Timeout",
    "core TracingObserver",
    "core Traffic",
];

// C20
#[test]
fn debug_test_knows_every_public_type() -> io::Result<()> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = BTreeSet::new();
    for package in ["core", "adapter-async-std", "adapter-blocking", "adapter-tokio"] {
        for path in rust_files(&workspace.join(package).join("src"))? {
            let source = fs::read_to_string(path)?;
            found.extend(public_types(&source).map(|name| format!("{package} {name}")));
        }
    }
    let known: BTreeSet<_> = WITH_BYTES.iter().chain(WITHOUT_BYTES).map(ToString::to_string).collect();
    let unknown: Vec<_> = found.difference(&known).collect();
    assert!(unknown.is_empty(), "in neither list of this file: {unknown:?}");
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(gone.is_empty(), "no longer in the sources: {gone:?}");
    let shown = include_str!("secrets.rs");
    let not_shown: Vec<_> = WITH_BYTES.iter().filter(|name| !shown.contains(&format!("\"{name}\""))).collect();
    assert!(not_shown.is_empty(), "`secrets.rs` shows no {not_shown:?}");
    Ok(())
}

#[test]
fn public_types_are_those_of_pub_items() {
    let source =
        "pub struct A<T>(T);\n    pub enum B {\npub(crate) struct C;\nstruct D;\n/// pub struct E\npub union F {";
    assert_eq!(public_types(source).collect::<Vec<_>>(), ["A", "B", "F"]);
}

/// The lint `unreachable_pub` ensures that each of them is part of the crate's interface.
fn public_types(source: &str) -> impl Iterator<Item = &str> {
    source.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let declares = words.next() == Some("pub") && matches!(words.next(), Some("struct" | "enum" | "union"));
        let name = words.next().filter(|_| declares)?;
        name.split(|char: char| !char.is_alphanumeric() && char != '_').next()
    })
}
