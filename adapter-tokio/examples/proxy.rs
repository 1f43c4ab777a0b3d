//! A proxy of lines, in both directions at once. A fast side is held back by a slow one, so that memory stays bounded.
//!
//! ```text
//! cargo run -p asynchat-tokio --example echo -- 127.0.0.1:7000 &
//! cargo run -p asynchat-tokio --example proxy -- 127.0.0.1:7020 127.0.0.1:7000
//! nc 127.0.0.1 7020
//! ```

use std::time::Duration;

use asynchat_tokio::{BoxError, Connection, Incoming, ReadHalf, Server, WriteHalf};
use tokio::net::TcpStream;
use tokio::time::timeout;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

async fn serve(client: TcpStream, mut incoming: Incoming, upstream: String) -> Result<(), BoxError> {
    let server = timeout(CONNECT_TIMEOUT, TcpStream::connect(upstream)).await??;
    let (from_client, to_client) = incoming.connection(client, b"\n").into_split();
    let (from_server, to_server) = Connection::new(server, b"\n").into_split();
    let high_water = incoming.config().high_water;
    tokio::select! {
        both = async {
            tokio::try_join!(
                forward(from_client, to_server, high_water),
                forward(from_server, to_client, high_water),
            )
        } => both.map(drop),
        // The proxy shuts down. Lines that are on their way are lost.
        () = incoming.closing() => Ok(()),
    }
}

/// Forwards lines until the end of the stream, and then that end. Many lines leave in one write.
async fn forward(
    mut from: ReadHalf<TcpStream>,
    mut to: WriteHalf<TcpStream>,
    high_water: usize,
) -> Result<(), BoxError> {
    // The last line may have no line end.
    from.set_eof_ends_frame(true);
    loop {
        tokio::select! {
            biased;
            // Nothing more is read while too much waits to be sent. Both calls are cancel-safe.
            line = from.next_frame_owned(), if to.queued() < high_water => {
                let Some(line) = line? else { break };
                to.push(line)?;
                to.push("\n")?;
            }
            sent = to.flush(), if to.queued() > 0 => sent?,
        }
    }
    Ok(to.finish().await?)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:7020".into());
    let upstream = arguments.next().unwrap_or_else(|| "127.0.0.1:7000".into());
    let server = Server::bind(address).await?;
    println!("listening on {}", server.local_addr()?);
    server.serve_with(move |stream, incoming| serve(stream, incoming, upstream.clone())).await
}
