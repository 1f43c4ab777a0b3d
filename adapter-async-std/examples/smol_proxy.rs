//! A TCP proxy: it sends the bytes of a client to an upstream server, and those of the server to the client.
//!
//! Each direction reads, sends, and reads again. So a side that reads slowly holds back the other side, and memory stays
//! bounded. The end of one direction is passed on, while the other direction goes on (half-close).
//!
//! Run it with the address to listen on, and the upstream server's:
//!
//! ```sh
//! cargo run -p asynchat-async-std --features smol --example smol_proxy -- 127.0.0.1:7003 127.0.0.1:6379
//! ```
//!
//! Try, in front of a redis-server: `redis-cli -p 7003 SET greeting hello`. In front of `socat TCP-LISTEN:6379 EXEC:yes`:
//! `nc 127.0.0.1 7003 | pv -L 1k > /dev/null`.

use std::io;
use std::time::Duration;

use asynchat_async_std::smol::{Incoming, Server};
use asynchat_async_std::{
    Connection, ConnectionInfo, Error, Event, Observer, ReadHalf, Terminator, Traffic, WriteHalf,
};
use smol::Timer;
use smol::future::{self, FutureExt as _};
use smol::net::TcpStream;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

async fn serve(client: TcpStream, mut incoming: Incoming, upstream: String) -> io::Result<()> {
    let timeout = async {
        Timer::after(CONNECT_TIMEOUT).await;
        Err(io::ErrorKind::TimedOut.into())
    };
    let upstream = TcpStream::connect(upstream).or(timeout).await?;
    upstream.set_nodelay(true)?;
    // Without a terminator data is passed on as it arrives.
    let upstream = Connection::with_config(upstream, Terminator::None, incoming.config().as_ref().clone());
    let (from_upstream, to_upstream) = upstream.into_split();
    let (from_client, to_client) = incoming.connection(client, Terminator::None).into_split();
    // An error in one direction ends both: the futures and their halves are dropped.
    let both = async {
        future::try_zip(copy(from_client, to_upstream), copy(from_upstream, to_client)).await?;
        Ok(())
    };
    // The proxy shuts down. Bytes that are on their way are lost.
    let closing = async {
        incoming.closing().await;
        Ok(())
    };
    both.or(closing).await
}

async fn copy(mut from: ReadHalf<TcpStream>, mut to: WriteHalf<TcpStream>) -> Result<(), Error> {
    while let Some(event) = from.next_event().await? {
        if let Event::Data(data) = event {
            to.push_slice(data)?;
            // `flush` waits for the slower side. A side that takes less than `Config::min_output_rate` is cut off.
            to.flush().await?;
        }
    }
    to.finish().await
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
    smol::block_on(async {
        let server = Server::bind(address).await?.with_observer(Log);
        println!("listening on {}", server.local_addr()?);
        server.serve_with(move |client, incoming| serve(client, incoming, upstream.clone())).await
    })
}
