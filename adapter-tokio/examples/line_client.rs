//! A client of any server of lines: sends lines, and prints the answers as they come.
//!
//! ```text
//! cargo run -p asynchat-tokio --example echo -- 127.0.0.1:7000 &
//! cargo run -p asynchat-tokio --example line_client -- 127.0.0.1:7000 'one line' 'another line'
//! ```
//!
//! Without lines as arguments it sends those of standard input.

use std::io::BufRead as _;
use std::time::Duration;

use asynchat_tokio::{BoxError, Connection};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:7000".into());
    let mut lines = lines_to_send(arguments.collect());

    let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await??;
    // In two halves, since the server may answer before it has been sent everything.
    let (mut reader, mut writer) = Connection::new(stream, b"\n").into_split();
    // The last line of the server counts too if it has no line end.
    reader.set_eof_ends_frame(true);

    let sending = tokio::spawn(async move {
        while let Some(line) = lines.recv().await {
            writer.push(line + "\n")?;
            writer.flush().await?;
        }
        // Tells the server that there is no more. It may go on answering.
        writer.finish().await?;
        Ok::<(), BoxError>(())
    });

    while let Some(line) = reader.next_frame().await? {
        println!("{}", String::from_utf8_lossy(line).trim_end_matches('\r'));
    }
    // The server may close before it was sent everything, as after QUIT. That is no error of this end.
    if sending.is_finished() { sending.await? } else { Ok(()) }
}

/// Returns the lines as they become known. A thread reads standard input, since a read of a terminal cannot be cancelled.
fn lines_to_send(arguments: Vec<String>) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(16);
    std::thread::spawn(move || {
        if !arguments.is_empty() {
            return arguments.into_iter().try_for_each(|line| sender.blocking_send(line)).is_ok();
        }
        std::io::stdin().lock().lines().map_while(Result::ok).try_for_each(|line| sender.blocking_send(line)).is_ok()
    });
    receiver
}
