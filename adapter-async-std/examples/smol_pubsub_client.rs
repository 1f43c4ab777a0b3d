//! A client that reads and writes at the same time: a subscriber of a Redis server.
//!
//! One task prints what arrives, and another sends the lines of the standard input. At the end of the input it goes on
//! printing, until the server closes the connection.
//!
//! The arguments are the server's address and channels to subscribe to:
//!
//! ```sh
//! redis-server --port 6379 &
//! cargo run -p asynchat-async-std --features smol --example smol_pubsub_client -- 127.0.0.1:6379 news
//! ```
//!
//! Try, in another terminal: `redis-cli PUBLISH news hello`. It prints `message news hello`.
//! Lines to type: `SUBSCRIBE weather`, `PING`, `QUIT`.

use std::io;

use asynchat_async_std::{Connection, Error, ReadHalf, WriteHalf};
use smol::io::{AsyncBufReadExt as _, BufReader};
use smol::net::TcpStream;
use smol::stream::StreamExt as _;

/// Reads one value: a line, a string with its length before it, or an array of values, which gives a line of words.
async fn next_value(reader: &mut ReadHalf<TcpStream>) -> Result<Option<String>, Error> {
    let mut words = Vec::new();
    let mut missing = 1_u64;
    while missing > 0 {
        missing -= 1;
        let Some(line) = reader.next_frame().await? else { return Ok(None) };
        let line = String::from_utf8_lossy(line).into_owned();
        let number = || line.get(1..).and_then(|number| number.parse::<u64>().ok());
        match (line.chars().next(), number()) {
            (Some('*'), Some(values)) => missing = missing.saturating_add(values),
            (Some('$'), Some(len)) => {
                reader.set_terminator(len);
                let Some(string) = reader.next_frame().await? else { return Ok(None) };
                words.push(String::from_utf8_lossy(string).into_owned());
                reader.set_terminator(b"\r\n");
                // The line end behind the string: an empty line.
                reader.next_frame().await?;
            }
            // A number, a status, an error, or the null string `$-1`.
            _ => words.push(line),
        }
    }
    Ok(Some(words.join(" ")))
}

async fn print_messages(mut reader: ReadHalf<TcpStream>) -> io::Result<()> {
    while let Some(message) = next_value(&mut reader).await? {
        println!("{message}");
    }
    Ok(())
}

/// Returns the writer: dropping it would end the output, and Redis would close the connection.
async fn send_lines(mut writer: WriteHalf<TcpStream>, channels: Vec<String>) -> io::Result<WriteHalf<TcpStream>> {
    for channel in channels {
        writer.push(format!("SUBSCRIBE {channel}\r\n"))?;
    }
    writer.flush().await?;
    let mut lines = BufReader::new(smol::Unblock::new(io::stdin())).lines();
    while let Some(line) = lines.next().await {
        writer.push(line? + "\r\n")?;
        writer.flush().await?;
    }
    Ok(writer)
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:6379".into());
    let channels = arguments.collect();
    smol::block_on(async {
        let stream = TcpStream::connect(address).await?;
        let (reader, writer) = Connection::new(stream, b"\r\n").into_split();
        let sending = smol::spawn(send_lines(writer, channels));
        print_messages(reader).await?;
        // The server has closed. Dropping the task ends it, though it may wait for a line.
        drop(sending);
        Ok(())
    })
}
