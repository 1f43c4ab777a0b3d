//! A client of Redis. It sends commands in a pipeline, or it subscribes to channels.
//!
//! ```text
//! redis-server --port 6379 &
//! printf 'SET key value\nGET key\n' | cargo run -p asynchat-tokio --example redis_client -- 127.0.0.1:6379
//! cargo run -p asynchat-tokio --example redis_client -- 127.0.0.1:6379 news weather
//! redis-cli -p 6379 PUBLISH news hello
//! ```
//!
//! Without channels it sends the lines of standard input, each a command of words, in one write, and prints the
//! replies. With channels it prints what is published, here `message news hello`, until the server closes.

use std::fmt;
use std::time::Duration;

use asynchat_tokio::{BoxError, Bytes, Connection, Error, ReadHalf, Terminator, WriteHalf};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REPLY_TIMEOUT: Duration = Duration::from_secs(30);
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// Bounds a reply, together with the longest string: 64 KiB by default, `Config::max_frame_len`.
const MAX_ITEMS: usize = 10_000;

/// An item of a reply.
enum Item {
    /// A status, a number or a string.
    Value(Bytes),
    Error(Bytes),
    Null,
}

/// Waits for a reply in RESP2, the protocol of Redis, and returns its items. An array within an array is flattened.
/// After an error, connect again.
async fn read_reply(reader: &mut ReadHalf<TcpStream>) -> Result<Vec<Item>, BoxError> {
    let (mut items, mut due) = (Vec::new(), 1_usize);
    for _ in 0..MAX_ITEMS {
        let head = next_frame(reader).await?;
        let value = head.slice(1.min(head.len())..);
        let len = std::str::from_utf8(&value).ok().and_then(|len| len.parse::<usize>().ok());
        due -= 1;
        match (head.first(), len) {
            (Some(b'+' | b':'), _) => items.push(Item::Value(value)),
            (Some(b'-'), _) => items.push(Item::Error(value)),
            (Some(b'$' | b'*'), None) if *value == *b"-1" => items.push(Item::Null),
            (Some(b'*'), Some(len)) => due = due.saturating_add(len),
            (Some(b'$'), Some(len)) => {
                // A string may have line ends in it, so its length says where it ends. An empty line follows.
                reader.set_terminator(Terminator::count(len));
                items.push(Item::Value(next_frame(reader).await?));
                reader.set_terminator(b"\r\n");
                if !next_frame(reader).await?.is_empty() {
                    return Err(Error::protocol("a string is longer than it says").into());
                }
            }
            _ => return Err(Error::protocol(format!("unexpected reply: {}", head.escape_ascii())).into()),
        }
        if due == 0 {
            return Ok(items);
        }
    }
    Err(Error::protocol("a reply has too many items").into())
}

async fn next_frame(reader: &mut ReadHalf<TcpStream>) -> Result<Bytes, BoxError> {
    Ok(reader.next_frame_owned().await?.ok_or("the server closed the connection")?)
}

/// Encodes a command: an array of strings.
fn command<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let strings: Vec<_> = words.map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
    format!("*{}\r\n{}", strings.len(), strings.concat())
}

/// Sends what was pushed, and pings for a subscriber, who would not notice that the server is gone. To drop the half
/// ends the output, and Redis then forgets the replies that are due, so it is returned.
async fn send(mut writer: WriteHalf<TcpStream>, subscribes: bool) -> Result<WriteHalf<TcpStream>, Error> {
    loop {
        writer.flush().await?;
        if !subscribes {
            return Ok(writer);
        }
        sleep(PING_INTERVAL).await;
        writer.push(command(["PING"].into_iter()))?;
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => f.write_str(&String::from_utf8_lossy(value)),
            Self::Error(message) => write!(f, "(error) {}", String::from_utf8_lossy(message)),
            Self::Null => f.write_str("(nil)"),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:6379".into());
    let channels: Vec<_> = arguments.collect();
    let subscribes = !channels.is_empty();
    let commands: Vec<_> = if subscribes {
        vec![command(["SUBSCRIBE"].into_iter().chain(channels.iter().map(String::as_str)))]
    } else {
        let input = std::io::read_to_string(std::io::stdin())?;
        // An empty command has no reply.
        input.lines().filter(|line| !line.trim().is_empty()).map(|line| command(line.split_whitespace())).collect()
    };
    let replies = if subscribes { usize::MAX } else { commands.len() };

    let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await??;
    // In two halves, which read and write at the same time: a server may stop reading while its replies are not read.
    let (mut reader, mut writer) = Connection::new(stream, b"\r\n").into_split();
    commands.into_iter().try_for_each(|command| writer.push(command))?;
    // The reader returns its errors too, behind the replies that came before.
    let _sending = tokio::spawn(send(writer, subscribes));
    for _ in 0..replies {
        let reply = timeout(REPLY_TIMEOUT, read_reply(&mut reader)).await??;
        println!("{}", reply.iter().map(Item::to_string).collect::<Vec<_>>().join(" "));
    }
    Ok(())
}
