//! What redis_server is measured against: inline PING over tokio-util's `Framed`, as its documentation has one write it, a
//! line in and a `send` for each.
//!
//! `cargo run --release -p asynchat-tokio --example framed_ping_server [ADDRESS]`, where the address is 127.0.0.1:6381 by
//! default. `benches/redis_load.sh` runs both.

use std::io;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};

/// How long a line may be, as for redis_server.
const MAX_LINE_LEN: usize = 64 * 1024;

/// One thread, as redis_server has, so that the two differ in nothing else.
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
        // The codec takes the CR away when reading, and adds none when writing.
        let reply = if line?.eq_ignore_ascii_case("ping") { "+PONG\r" } else { "-ERR unknown command\r" };
        lines.send(reply).await?;
    }
    Ok(())
}
