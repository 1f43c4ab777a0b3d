//! A client of Redis's publish and subscribe, in two tasks: one reads what is published, the other subscribes and pings.
//!
//! ```text
//! redis-server --port 6379 &
//! cargo run -p asynchat-tokio --example pubsub_client -- 127.0.0.1:6379 news weather
//! redis-cli -p 6379 PUBLISH news hello
//! ```
//!
//! It prints `message news hello`.

use std::time::Duration;

use asynchat_tokio::{BoxError, Bytes, Connection, Error, ReadHalf, Terminator, WriteHalf};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// Replies of publish and subscribe have three.
const MAX_ITEMS: usize = 16;

/// Subscribes, and pings so that a server that is gone is noticed.
async fn write(mut writer: WriteHalf<TcpStream>, channels: Vec<String>) -> Result<(), BoxError> {
    for channel in channels {
        writer.push(format!("*2\r\n$9\r\nSUBSCRIBE\r\n${}\r\n{channel}\r\n", channel.len()))?;
    }
    loop {
        writer.flush().await?;
        sleep(PING_INTERVAL).await;
        writer.push("*1\r\n$4\r\nPING\r\n")?;
    }
}

async fn read(mut reader: ReadHalf<TcpStream>) -> Result<(), BoxError> {
    loop {
        // There is an answer to each ping: `pong`.
        let reply = timeout(2 * PING_INTERVAL, next_reply(&mut reader)).await;
        let Some(reply) = reply.map_err(|_| Error::Idle)?? else { return Ok(()) };
        let words: Vec<_> = reply.iter().map(|item| String::from_utf8_lossy(item)).collect();
        println!("{}", words.join(" "));
    }
}

/// Reads an array of strings and numbers: a line with their count, and for each string a line with its length, its bytes,
/// and a CRLF. The terminator follows the grammar. `None` at the end of the stream.
async fn next_reply(reader: &mut ReadHalf<TcpStream>) -> Result<Option<Vec<Bytes>>, Error> {
    let Some(head) = reader.next_frame_owned().await? else { return Ok(None) };
    let count = number_behind(b'*', &head)?;
    if count > MAX_ITEMS {
        return Err(Error::protocol("the reply has too many items"));
    }
    let mut items = Vec::new();
    for _ in 0..count {
        let line = next_part(reader).await?;
        if line.first() == Some(&b':') {
            items.push(line.slice(1..));
            continue;
        }
        // A longer string than `Connection` allows, 64 KiB by default, is refused before it is read.
        reader.set_terminator(Terminator::count(number_behind(b'$', &line)?));
        items.push(next_part(reader).await?);
        // The CRLF behind the bytes of the string ends an empty line.
        reader.set_terminator(b"\r\n");
        next_part(reader).await?;
    }
    Ok(Some(items))
}

async fn next_part(reader: &mut ReadHalf<TcpStream>) -> Result<Bytes, Error> {
    reader.next_frame_owned().await?.ok_or_else(|| Error::protocol("the stream ended within a reply"))
}

fn number_behind(sign: u8, line: &[u8]) -> Result<usize, Error> {
    line.strip_prefix(&[sign])
        .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok())
        .ok_or_else(|| Error::protocol(format!("unexpected reply: {}", line.escape_ascii())))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:6379".into());
    let mut channels: Vec<String> = arguments.collect();
    if channels.is_empty() {
        channels.push("news".into());
    }
    let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await??;
    let (reader, writer) = Connection::new(stream, b"\r\n").into_split();
    let (reading, writing) = (tokio::spawn(read(reader)), tokio::spawn(write(writer, channels)));
    // Neither task ends before the connection does.
    tokio::select! {
        result = reading => result?,
        result = writing => result?,
    }
}
