//! A client that reads and writes at the same time: a subscriber of a Redis server.
//!
//! One thread prints what arrives, and another sends the lines of the standard input. At the end of the input it goes on
//! printing, until the server closes the connection.
//!
//! The arguments are the server's address and channels to subscribe to:
//!
//! ```sh
//! redis-server --port 6379 &
//! cargo run -p asynchat-blocking --example blocking_pubsub_client -- 127.0.0.1:6379 news
//! ```
//!
//! Try, in another terminal: `redis-cli PUBLISH news hello`. It prints `message news hello`.
//! Lines to type: `SUBSCRIBE weather`, `PING`, `QUIT`.

use std::io;
use std::net::TcpStream;
use std::thread;

use asynchat_blocking::{Connection, Error, ReadHalf, WriteHalf};

/// Reads one value: a line, a string with its length before it, or an array of values, which gives a line of words.
fn next_value(reader: &mut ReadHalf<TcpStream>) -> Result<Option<String>, Error> {
    let mut words = Vec::new();
    let mut missing = 1_u64;
    while missing > 0 {
        missing -= 1;
        let Some(line) = reader.next_frame()? else { return Ok(None) };
        let line = String::from_utf8_lossy(line).into_owned();
        let number = || line.get(1..).and_then(|number| number.parse::<u64>().ok());
        match (line.chars().next(), number()) {
            (Some('*'), Some(values)) => missing = missing.saturating_add(values),
            (Some('$'), Some(len)) => {
                reader.set_terminator(len);
                let Some(string) = reader.next_frame()? else { return Ok(None) };
                words.push(String::from_utf8_lossy(string).into_owned());
                reader.set_terminator(b"\r\n");
                // The line end behind the string: an empty line.
                reader.next_frame()?;
            }
            // A number, a status, an error, or the null string `$-1`.
            _ => words.push(line),
        }
    }
    Ok(Some(words.join(" ")))
}

fn print_messages(mut reader: ReadHalf<TcpStream>) -> io::Result<()> {
    while let Some(message) = next_value(&mut reader)? {
        println!("{message}");
    }
    Ok(())
}

/// Returns the writer: dropping it would end the output, and Redis would close the connection.
fn send_lines(mut writer: WriteHalf<TcpStream>, channels: Vec<String>) -> io::Result<WriteHalf<TcpStream>> {
    for channel in channels {
        writer.push(format!("SUBSCRIBE {channel}\r\n"))?;
    }
    writer.flush()?;
    for line in io::stdin().lines() {
        writer.push(line? + "\r\n")?;
        writer.flush()?;
    }
    Ok(writer)
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:6379".into());
    let channels = arguments.collect();
    let stream = TcpStream::connect(address)?;
    let (reader, writer) = Connection::new(stream, b"\r\n").into_split();
    let sending = thread::spawn(|| send_lines(writer, channels));
    print_messages(reader)?;
    // The server has closed. The end of the process ends the thread, though it may wait for a line.
    drop(sending);
    Ok(())
}
