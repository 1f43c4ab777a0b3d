//! The baseline for `redis_server`: inline `PING` over tokio-util's `Framed`, written as its documentation shows,
//! with one `send` for each line.
//!
//! Run it on 127.0.0.1:6381, or append `-- ADDRESS` to choose another address:
//!
//! ```sh
//! cargo run --release -p asynchat-tokio --example framed_ping_server
//! ```
//!
//! Try: `redis-benchmark -p 6381 -q -P 64 -t ping_inline`. `benches/redis_load.sh` compares both servers.

use std::io;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};

/// The most bytes of a line, as in `redis_server`.
const MAX_LINE_LEN: usize = 64 * 1024;

/// Runs on one thread, as `redis_server` does, so that only the framing differs.
#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:6381".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(serve(stream));
    }
}

async fn serve(stream: TcpStream) -> Result<(), LinesCodecError> {
    let mut lines = Framed::new(stream, LinesCodec::new_with_max_length(MAX_LINE_LEN));
    while let Some(line) = lines.next().await {
        // The codec strips the CR when it decodes, but does not add one when it encodes.
        let reply = if line?.eq_ignore_ascii_case("ping") { "+PONG\r" } else { "-ERR unknown command\r" };
        lines.send(reply).await?;
    }
    Ok(())
}
