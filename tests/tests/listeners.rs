//! The listeners of the adapters: Unix sockets, several at once, a long backlog, a shared port, a descriptor.
#![cfg(unix)]

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use asynchat_core::drive::{Metrics, Peer, ShutdownHandle};
use asynchat_tests::scenarios::conversation::{EchoHandler, INPUTS, expected};
use socket2::{Domain, Socket, Type};
use tokio::runtime::Builder;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// A path for a socket, which is removed at the end.
struct SocketPath(PathBuf);

impl SocketPath {
    fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        Self(std::env::temp_dir().join(format!("asynchat-{}-{number}.socket", std::process::id())))
    }
}

impl Drop for SocketPath {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Has a whole conversation over a Unix socket.
fn converse(path: &SocketPath) -> Outcome {
    let [input, ..] = INPUTS;
    let mut client = UnixStream::connect(&path.0)?;
    client.write_all(input)?;
    client.shutdown(std::net::Shutdown::Write)?;
    let mut output = Vec::new();
    client.read_to_end(&mut output)?;
    assert_eq!(output, expected(input, true).1);
    Ok(())
}

/// Has two conversations in turn.
fn converse_twice(path: &SocketPath) -> Outcome {
    converse(path).and_then(|()| converse(path))
}

/// Shuts a server down when it is dropped, also by a panic.
struct ShutdownOnDrop(ShutdownHandle);

impl Drop for ShutdownOnDrop {
    fn drop(&mut self) {
        self.0.shutdown();
    }
}

/// Runs a client on another thread while the server serves, which is shut down when the client has ended.
fn while_serving(
    shutdown: ShutdownHandle,
    client: impl FnOnce() -> Outcome + Send,
    serve: impl FnOnce() -> std::io::Result<()>,
) -> Outcome {
    thread::scope(|scope| {
        let client = scope.spawn(|| {
            let _shutdown = ShutdownOnDrop(shutdown);
            client()
        });
        serve()?;
        client.join().map_err(|_| "the client has panicked")?
    })
}

#[test]
fn unix_server_on_tokio_serves() -> Outcome {
    let (path, metrics) = (SocketPath::new(), Arc::new(Metrics::default()));
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let server = runtime.block_on(asynchat_tokio::UnixServer::bind(&path.0))?.with_observer(Arc::clone(&metrics));
    assert_eq!(server.local_addr()?.as_pathname(), Some(&*path.0));
    let handler_for = |peer: Peer<_, std::os::unix::net::SocketAddr>| {
        assert_eq!(peer.local_address().as_pathname(), Some(&*path.0));
        EchoHandler::new().0
    };
    while_serving(server.shutdown_handle(), || converse_twice(&path), || runtime.block_on(server.serve(handler_for)))?;
    assert_eq!((metrics.snapshot().closed, metrics.snapshot().failed_by_peer), (2, 0));
    Ok(())
}

#[test]
fn unix_server_with_code_knows_its_peer() -> Outcome {
    let path = SocketPath::new();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let server = runtime.block_on(asynchat_tokio::UnixServer::bind(&path.0))?;
    let serve = |stream: tokio::net::UnixStream, incoming: asynchat_tokio::UnixIncoming| async move {
        assert_eq!(stream.peer_cred()?.pid(), i32::try_from(std::process::id()).ok());
        assert!(incoming.address().is_unnamed());
        incoming.drive(stream, EchoHandler::new().0).await?;
        Outcome::Ok(())
    };
    while_serving(server.shutdown_handle(), || converse_twice(&path), || runtime.block_on(server.serve_with(serve)))
}

#[test]
fn unix_server_on_smol_serves() -> Outcome {
    let path = SocketPath::new();
    let server = smol::block_on(asynchat_async_std::smol::UnixServer::bind(&path.0))?;
    while_serving(
        server.shutdown_handle(),
        || converse_twice(&path),
        || smol::block_on(server.serve(|_| EchoHandler::new().0)),
    )
}

#[test]
fn unix_server_with_threads_serves() -> Outcome {
    let path = SocketPath::new();
    let server = asynchat_blocking::UnixServer::bind(&path.0)?;
    while_serving(server.shutdown_handle(), || converse_twice(&path), || server.serve(|_| EchoHandler::new().0))
}

/// Connects and reads the greeting.
fn greet(address: SocketAddr) -> std::io::Result<TcpStream> {
    let mut client = TcpStream::connect(address)?;
    let mut greeting = [0; 6];
    client.read_exact(&mut greeting)?;
    assert_eq!(&greeting, b"hello|");
    Ok(client)
}

/// Connects to each address in turn.
fn assert_all_answer(addresses: &[SocketAddr]) -> Outcome {
    let _clients: Vec<_> =
        addresses.iter().cycle().take(9).map(|address| greet(*address)).collect::<std::io::Result<_>>()?;
    Ok(())
}

#[test]
fn server_on_tokio_has_several_listeners() -> Outcome {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let listen = || runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
    let listeners = [listen()?, listen()?, listen()?];
    let addresses: Vec<_> = listeners.iter().map(|listener| listener.local_addr()).collect::<Result<_, _>>()?;
    let [first, second, third] = listeners;
    let server = asynchat_tokio::Server::from_listener(first).with_listener(second).with_listener(third);
    let handler_for = |peer: Peer<_, _>| {
        assert!(addresses.contains(&peer.local_address()));
        EchoHandler::new().0
    };
    while_serving(
        server.shutdown_handle(),
        || assert_all_answer(&addresses),
        || runtime.block_on(server.serve(handler_for)),
    )
}

#[test]
fn server_with_threads_has_several_listeners() -> Outcome {
    let listeners = [TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?];
    let addresses: Vec<_> = listeners.iter().map(TcpListener::local_addr).collect::<Result<_, _>>()?;
    let [first, second] = listeners;
    let server = asynchat_blocking::Server::from_listener(first).with_listener(second);
    let handler_for = |peer: Peer<_, _>| {
        assert!(addresses.contains(&peer.local_address()));
        EchoHandler::new().0
    };
    while_serving(server.shutdown_handle(), || assert_all_answer(&addresses), || server.serve(handler_for))
}

/// The socket option and the descriptor are those of std's listener, as systemd and `socket2` give it.
#[test]
fn server_takes_a_listener_with_options_of_its_own() -> Outcome {
    let reuse = |address: SocketAddr| -> std::io::Result<TcpListener> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_reuse_port(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(4096)?;
        Ok(socket.into())
    };
    let first = reuse(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let address = first.local_addr()?;
    let second = reuse(address)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let server = runtime.block_on(async {
        let first = tokio::net::TcpListener::from_std(first)?;
        let second = tokio::net::TcpListener::from_std(second)?;
        std::io::Result::Ok(asynchat_tokio::Server::from_listener(first).with_listener(second))
    })?;
    while_serving(
        server.shutdown_handle(),
        || assert_all_answer(&[address]),
        || runtime.block_on(server.serve(|_| EchoHandler::new().0)),
    )
}

/// As many connections as the system allows in a backlog, which was 128 once, wait while nobody accepts.
#[cfg(target_os = "linux")]
fn assert_long_backlog(address: SocketAddr) -> Outcome {
    let most: usize = std::fs::read_to_string("/proc/sys/net/core/somaxconn")?.trim().parse()?;
    let clients = most.min(400);
    let mut waiting = Vec::new();
    for _ in 0..clients {
        // A full backlog drops the connection's request, and the client repeats it until this is over.
        waiting.push(TcpStream::connect_timeout(&address, std::time::Duration::from_secs(5))?);
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn server_bind_has_a_long_backlog() -> Outcome {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let on_tokio = runtime.block_on(asynchat_tokio::Server::bind("127.0.0.1:0"))?;
    assert_long_backlog(on_tokio.local_addr()?)?;
    let on_smol = smol::block_on(asynchat_async_std::smol::Server::bind("127.0.0.1:0"))?;
    assert_long_backlog(on_smol.local_addr()?)?;
    let on_async_std = smol::block_on(asynchat_async_std::async_std::Server::bind("127.0.0.1:0"))?;
    assert_long_backlog(on_async_std.local_addr()?)?;
    assert_long_backlog(asynchat_blocking::Server::bind("127.0.0.1:0")?.local_addr()?)
}
