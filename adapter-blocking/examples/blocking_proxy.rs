//! A TCP proxy: it sends the bytes of a client to an upstream server, and those of the server to the client.
//!
//! Each direction has a thread, which reads, sends, and reads again. So a side that reads slowly holds back the other side,
//! and memory stays bounded. The end of one direction is passed on, while the other direction goes on (half-close).
//!
//! Run it with the address to listen on, and the upstream server's:
//!
//! ```sh
//! cargo run -p asynchat-blocking --example blocking_proxy -- 127.0.0.1:7003 127.0.0.1:6379
//! ```
//!
//! Try, in front of a redis-server: `redis-cli -p 7003 SET greeting hello`. In front of `socat TCP-LISTEN:6379 EXEC:yes`:
//! `nc 127.0.0.1 7003 | pv -L 1k > /dev/null`.

use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::thread;
use std::time::Duration;

use asynchat_blocking::{
    Connection, ConnectionHandle, ConnectionInfo, Error, Event, Incoming, Observer, ReadHalf, Server, Terminator,
    Traffic, WriteHalf,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The interval at which a thread that waits for bytes looks for a shutdown of the proxy.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Connects to the first address of `name` that answers in time.
fn connect(name: &str) -> io::Result<TcpStream> {
    let mut failure = io::ErrorKind::NotFound.into();
    for address in name.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn serve(client: TcpStream, incoming: &Incoming, upstream: &str) -> Result<(), Error> {
    let upstream = connect(upstream)?;
    upstream.set_nodelay(true)?;
    // Without a terminator data is passed on as it arrives.
    let mut upstream = Connection::with_config(upstream, Terminator::None, incoming.config().as_ref().clone());
    let handles = [upstream.handle(), incoming.handle().clone()];
    let (from_upstream, to_upstream) = upstream.into_split();
    let (from_client, to_client) = incoming.connection(client, Terminator::None).into_split();
    thread::scope(|scope| {
        let answers = scope.spawn(|| copy(from_upstream, to_client, incoming, &handles));
        let there = copy(from_client, to_upstream, incoming, &handles);
        let back = answers.join().unwrap_or(Err(Error::Aborted));
        match (there, back) {
            // The direction that was aborted for the other's error is not the one to report.
            (Err(Error::Aborted), Err(error)) | (Err(error), _) | (_, Err(error)) => Err(error),
            (Ok(()), Ok(())) => Ok(()),
        }
    })
}

/// An error in one direction ends the other one too.
fn copy(
    mut from: ReadHalf<TcpStream>,
    mut to: WriteHalf<TcpStream>,
    incoming: &Incoming,
    handles: &[ConnectionHandle],
) -> Result<(), Error> {
    let result = copy_to_end(&mut from, &mut to, incoming);
    if result.is_err() {
        handles.iter().for_each(ConnectionHandle::abort);
    }
    result
}

fn copy_to_end(
    from: &mut ReadHalf<TcpStream>,
    to: &mut WriteHalf<TcpStream>,
    incoming: &Incoming,
) -> Result<(), Error> {
    from.set_read_timeout(Some(POLL_INTERVAL));
    while !incoming.is_closing() {
        match from.next_event() {
            Ok(Some(Event::Data(data))) => {
                to.push_slice(data)?;
                // `flush` waits for the slower side. A side that takes less than `Config::min_output_rate` is cut off.
                to.flush()?;
            }
            Ok(Some(Event::Terminator)) => {}
            Ok(None) => return to.finish(),
            Err(error) if error.is_call_timeout() => {}
            Err(error) => return Err(error),
        }
    }
    // The proxy shuts down. Bytes that are on their way are lost.
    Ok(())
}

/// Prints why a connection has failed.
struct Log;

impl Observer for Log {
    fn closed(&self, connection: &ConnectionInfo, outcome: Result<(), &Error>, _: Traffic) {
        if let Err(error) = outcome {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
            eprintln!("{connection}: {error}{cause}");
        }
    }
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:7003".into());
    let upstream = arguments.next().unwrap_or_else(|| "127.0.0.1:6379".into());
    let server = Server::bind(address)?.with_observer(Log);
    println!("listening on {}", server.local_addr()?);
    server.serve_with(move |client, incoming| serve(client, &incoming, &upstream))
}
