//! A client of any server of lines: sends the lines of its standard input, and prints the server's lines as they come.
//!
//! At the end of the input it ends its output (half-close), and goes on printing until the server closes. The server's
//! address is 127.0.0.1:7000, or the argument. With the example `smol_echo`:
//!
//! ```sh
//! printf 'one\ntwo\n' | cargo run -p asynchat-async-std --features smol --example smol_line_client -- 127.0.0.1:7000
//! ```
//!
//! Against a server that is not ours: `socat TCP-LISTEN:7000,reuseaddr,fork EXEC:cat`.

use std::io;
use std::time::Duration;

use asynchat_async_std::{Connection, WriteHalf};
use smol::Timer;
use smol::future::FutureExt as _;
use smol::io::{AsyncBufReadExt as _, BufReader};
use smol::net::TcpStream;
use smol::stream::StreamExt as _;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Fails after a time.
async fn timeout<T>(limit: Duration) -> io::Result<T> {
    Timer::after(limit).await;
    Err(io::ErrorKind::TimedOut.into())
}

async fn send_lines(mut writer: WriteHalf<TcpStream>) -> io::Result<()> {
    let mut lines = BufReader::new(smol::Unblock::new(io::stdin())).lines();
    while let Some(line) = lines.next().await {
        writer.push(line? + "\n")?;
        writer.flush().await?;
    }
    Ok(writer.finish().await?)
}

async fn run(address: String) -> io::Result<()> {
    let stream = TcpStream::connect(address).or(timeout(CONNECT_TIMEOUT)).await?;
    // In two halves, since the server may answer before it has been sent everything.
    let (mut reader, writer) = Connection::new(stream, b"\n").into_split();
    // The server's last line counts too if it has no line end.
    reader.set_eof_ends_frame(true);
    let sending = smol::spawn(send_lines(writer));
    while let Some(line) = reader.next_frame().await? {
        println!("{}", String::from_utf8_lossy(line).trim_end_matches('\r'));
    }
    // The server has closed, maybe before the end of the input. Dropping the task ends it.
    if sending.is_finished() { sending.await } else { Ok(()) }
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7000".into());
    smol::block_on(run(address))
}
