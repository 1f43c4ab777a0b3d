//! A client of any server of lines: sends the lines of its standard input, and prints the server's lines as they come.
//!
//! At the end of the input it ends its output (half-close), and goes on printing until the server closes. The server's
//! address is 127.0.0.1:7000, or the argument. With the example `echo`:
//!
//! ```sh
//! printf 'one\ntwo\n' | cargo run -p asynchat-tokio --example line_client -- 127.0.0.1:7000
//! ```
//!
//! Against a server that is not ours: `socat TCP-LISTEN:7000,reuseaddr,fork EXEC:cat`.

use std::io;
use std::time::Duration;

use asynchat_tokio::{Connection, WriteHalf};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::time::timeout;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

async fn send_lines(mut writer: WriteHalf<TcpStream>) -> io::Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        writer.push(line + "\n")?;
        writer.flush().await?;
    }
    Ok(writer.finish().await?)
}

async fn run(address: String) -> io::Result<()> {
    let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await??;
    // In two halves, since the server may answer before it has been sent everything.
    let (mut reader, writer) = Connection::new(stream, b"\n").into_split();
    // The server's last line counts too if it has no line end.
    reader.set_eof_ends_frame(true);
    let sending = tokio::spawn(send_lines(writer));
    while let Some(line) = reader.next_frame().await? {
        println!("{}", String::from_utf8_lossy(line).trim_end_matches('\r'));
    }
    // The server has closed, maybe before the end of the input.
    if sending.is_finished() { sending.await? } else { Ok(()) }
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7000".into());
    let runtime = Runtime::new()?;
    let result = runtime.block_on(run(address));
    // A read of a terminal cannot be cancelled, and `tokio::main` would wait for it.
    runtime.shutdown_background();
    result
}
