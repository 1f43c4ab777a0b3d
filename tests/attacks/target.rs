//! The server that the attack suite starts beside the example servers: `tests/attacks/run.sh` says how to run it.
//!
//! ```sh
//! attack_target ADAPTER PROTOCOL GRACE [IDLE]
//! ```
//!
//! The protocol is one of the examples' (`http`, `redis`, `smtp`, whose messages are dropped) or `lines`, whose
//! commands cause what no real protocol causes on request. GRACE is the grace period of both minimum rates and the
//! drain timeout, IDLE the idle timeout, both in seconds: so an attack on a clock takes seconds instead of the default
//! half minute. They are two, because the idle timeout also bounds a stall, and an honest reader at 480 bytes a second
//! takes nothing for seconds: TCP opens a window again only when a large part of it is free. The server prints
//! `listening on ADDR`, as the examples do.
#![expect(clippy::unwrap_used, reason = "a server for tests: a lock is poisoned only after a bug of its own")]

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use asynchat_core::drive::{ConnectionHandle, Peer, ShutdownHandle};
use asynchat_core::{BoxError, Channel, Config, End, FnProducer, Handler, MemoryBudget, MinRate};
use asynchat_tests::protocols::http::HttpHandler;
use asynchat_tests::protocols::redis::{RedisHandler, Store};
use asynchat_tests::protocols::smtp::{DiscardStore, SmtpHandler, SmtpService};
use bytes::Bytes;

const USAGE: &str = "usage: attack_target tokio|smol|async-std|blocking http|redis|smtp|lines GRACE [IDLE]";

const ADDRESS: &str = "127.0.0.1:0";

/// A chunk of output that no connection has to itself, so that queued output adds nothing to the resident memory.
static CHUNK: [u8; 64 * 1024] = [b'o'; 64 * 1024];

/// More output than the socket buffers of a peer that does not read can take.
const ABOVE_EVERY_BUFFER: usize = 64 * 1024 * 1024;

fn main() -> io::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (adapter, protocol, times) = match arguments.as_slice() {
        [adapter, protocol, times @ ..] if matches!(times.len(), 1 | 2) => (adapter, protocol, times),
        _ => return Err(usage()),
    };
    let seconds = |text: &String| text.parse().map(Duration::from_secs).map_err(|_| usage());
    let mut config = Config::default().with_memory_budget(MemoryBudget::new(MEMORY_BUDGET));
    let grace = seconds(&times[0])?;
    let rate = Some(MinRate::default().with_grace(grace));
    (config.min_input_rate, config.min_output_rate) = (rate, rate);
    if let Some(idle) = times.get(1) {
        config.idle_timeout = Some(seconds(idle)?);
    }
    let state = Arc::new(State::default());
    let store = Store::new();
    match protocol.as_str() {
        "http" => serve(adapter, (config, grace), &state, |_| HttpHandler::new()),
        "redis" => serve(adapter, (config, grace), &state, move |peer| RedisHandler::new(&store).with_peer(peer)),
        "smtp" => {
            let service = Arc::new(SmtpService::new("localhost", DiscardStore));
            serve(adapter, (config, grace), &state, move |_| SmtpHandler::new(&service))
        }
        "lines" => {
            serve(adapter, (config, grace), &Arc::clone(&state), move |peer| Lines::new(Arc::clone(&state), peer))
        }
        _ => Err(usage()),
    }
}

fn usage() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, USAGE)
}

/// The most that the queues of all connections may hold together. The attacks on a single connection need less.
const MEMORY_BUDGET: usize = 16 * 1024 * 1024;

/// Runs the server of the adapter, until `SHUTDOWN` arrives.
fn serve<H: Handler + Send + 'static>(
    adapter: &str,
    (config, drain_timeout): (Config, Duration),
    state: &State,
    handler_for: impl FnMut(Peer<H>) -> H + Send + 'static,
) -> io::Result<()> {
    // The servers are four types with the same methods.
    macro_rules! prepare {
        ($server:expr) => {{
            let server = $server.with_config(config.clone()).with_drain_timeout(drain_timeout);
            println!("listening on {}", server.local_addr()?);
            let _ = state.shutdown.set(server.shutdown_handle());
            server
        }};
    }
    match adapter {
        "tokio" => tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?
            .block_on(async { prepare!(asynchat_tokio::Server::bind(ADDRESS).await?).serve(handler_for).await }),
        "smol" => smol::block_on(async {
            prepare!(asynchat_async_std::smol::Server::bind(ADDRESS).await?).serve(handler_for).await
        }),
        "async-std" => async_std::task::block_on(async {
            prepare!(asynchat_async_std::async_std::Server::bind(ADDRESS).await?).serve(handler_for).await
        }),
        "blocking" => prepare!(asynchat_blocking::Server::bind(ADDRESS)?).serve(handler_for),
        _ => Err(usage()),
    }
}

/// The state that the connections of the protocol `lines` share.
#[derive(Default)]
struct State {
    shutdown: OnceLock<ShutdownHandle>,
    /// The number of handlers that have not been dropped.
    live: AtomicUsize,
    /// The number of `LOG` lines that handlers have received.
    logged: AtomicUsize,
    /// The connections that sent `LISTEN`.
    listeners: Mutex<Vec<ConnectionHandle>>,
}

/// Obeys one command a line.
struct Lines {
    state: Arc<State>,
    peer: Peer<Self>,
    line: Vec<u8>,
    /// After `HOLD`: does not close when the peer's stream ends.
    holds: bool,
    /// After `ECHO`: pushes each piece of data back as it comes.
    echoes: bool,
}

impl Lines {
    fn new(state: Arc<State>, peer: Peer<Self>) -> Self {
        state.live.fetch_add(1, Ordering::Relaxed);
        Self { state, peer, line: Vec::new(), holds: false, echoes: false }
    }

    fn obey(&mut self, command: &str, argument: &str, channel: &mut Channel) -> Result<(), BoxError> {
        match command {
            "PING" => channel.push("PONG\n")?,
            "HOLD" => self.holds = true,
            "ECHO" => self.echoes = true,
            "LOG" => _ = self.state.logged.fetch_add(1, Ordering::Relaxed),
            "LOGGED" => channel.push(format!("{}\n", self.state.logged.load(Ordering::Relaxed)))?,
            "LIVE" => channel.push(format!("{}\n", self.state.live.load(Ordering::Relaxed)))?,
            // Input that was read in plain text is dropped before TLS begins.
            "STARTTLS" => {
                channel.discard_buffers();
                channel.push("READY\n")?;
            }
            // A machine that is busy. The write of the answer is then the first to see what the peer did meanwhile.
            "SLEEP" => {
                std::thread::sleep(Duration::from_millis(argument.parse()?));
                channel.push("AWAKE\n")?;
            }
            "STREAM" => channel.push_with_producer(FnProducer::new(|| Ok(Some(Bytes::from_static(&CHUNK)))))?,
            "LISTEN" => {
                // The queue stays above the high-water mark, so that the mailbox is not emptied into it.
                for _ in 0..ABOVE_EVERY_BUFFER / CHUNK.len() {
                    channel.push(Bytes::from_static(&CHUNK))?;
                }
                self.state.listeners.lock().unwrap().push(self.peer.handle().clone());
            }
            "FILL" => {
                let filled: usize = self.state.listeners.lock().unwrap().iter().map(fill).sum();
                channel.push(format!("{filled}\n"))?;
            }
            "SHUTDOWN" => {
                if let Some(shutdown) = self.state.shutdown.get() {
                    shutdown.shutdown();
                }
            }
            _ => return Err(format!("unknown command: {command}").into()),
        }
        Ok(())
    }
}

/// Pushes single bytes until the mailbox is full, and returns their number.
fn fill(listener: &ConnectionHandle) -> usize {
    let mut filled = 0;
    while listener.push(vec![b'm']).is_ok() {
        filled += 1;
    }
    filled
}

impl Handler for Lines {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        if self.echoes {
            channel.push(data.to_vec())?;
        } else {
            self.line.extend_from_slice(data);
        }
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        if self.echoes {
            return Ok(());
        }
        let line = String::from_utf8(std::mem::take(&mut self.line))?;
        let (command, argument) = line.split_once(' ').unwrap_or((&line, ""));
        self.obey(command, argument, channel)
    }

    fn handle_eof(&mut self, _: End, channel: &mut Channel) -> Result<(), BoxError> {
        if !self.holds {
            channel.close_when_done();
        }
        Ok(())
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.state.live.fetch_sub(1, Ordering::Relaxed);
    }
}
