//! A client of Redis. It sends commands in a pipeline, or it subscribes to channels.
//!
//! ```text
//! redis-server --port 6379 &
//! printf 'SET key value\nGET key\n' | cargo run -p asynchat-async-std --features smol --example smol_redis_client -- 127.0.0.1:6379
//! cargo run -p asynchat-async-std --features smol --example smol_redis_client -- 127.0.0.1:6379 news weather
//! redis-cli -p 6379 PUBLISH news hello
//! ```
//!
//! Without channels it sends the lines of standard input, each a command of words, in one write, and prints the replies.
//! With channels it prints what is published, here `message news hello`.

use std::fmt;
use std::time::Duration;

use asynchat_async_std::{BoxError, Bytes, Connection, Error, ReadHalf, Terminator, WriteHalf};
use smol::Timer;
use smol::future::FutureExt as _;
use smol::net::TcpStream;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REPLY_TIMEOUT: Duration = Duration::from_secs(30);
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// Bounds the memory for a reply, together with the longest string: 64 KiB by default, `Config::max_frame_len`.
const MAX_ITEMS: usize = 10_000;
const MAX_DEPTH: usize = 8;

/// A reply of RESP2, the protocol of Redis.
enum Reply {
    /// A status, a number or a string.
    Value(Bytes),
    Error(Bytes),
    Array(Vec<Self>),
    Null,
}

/// Makes a call within a time.
async fn in_time<T, E: Into<BoxError>>(
    limit: Duration,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, BoxError> {
    let call = async { call.await.map_err(Into::into) };
    let timeout = async {
        Timer::after(limit).await;
        Err("the server did not answer in time".into())
    };
    call.or(timeout).await
}

/// Waits for a reply. `None` at the end of the stream.
async fn next_reply(reader: &mut ReadHalf<TcpStream>) -> Result<Option<Reply>, BoxError> {
    let reply = async {
        let Some(head) = reader.next_frame_owned().await? else { return Ok(None) };
        Ok::<_, Error>(Some(read_reply(reader, &head, MAX_DEPTH).await?))
    };
    in_time(REPLY_TIMEOUT, reply).await
}

/// Reads the reply that begins with this line. The terminator follows the grammar: a line says how long a string is, a
/// count reads the string, and a line ends it.
async fn read_reply(reader: &mut ReadHalf<TcpStream>, head: &Bytes, depth: usize) -> Result<Reply, Error> {
    let value = head.slice(1.min(head.len())..);
    let len = || std::str::from_utf8(&value).ok()?.parse::<usize>().ok();
    match (head.first(), len()) {
        (Some(b'+' | b':'), _) => Ok(Reply::Value(value)),
        (Some(b'-'), _) => Ok(Reply::Error(value)),
        (Some(b'$' | b'*'), _) if *value == *b"-1" => Ok(Reply::Null),
        (Some(b'$'), Some(len)) => {
            reader.set_terminator(Terminator::count(len));
            let string = next_part(reader).await?;
            reader.set_terminator(b"\r\n");
            match next_part(reader).await?.is_empty() {
                true => Ok(Reply::Value(string)),
                false => Err(Error::protocol("a string is longer than it says")),
            }
        }
        (Some(b'*'), Some(len)) if len <= MAX_ITEMS && depth > 0 => {
            let mut items = Vec::new();
            for _ in 0..len {
                let head = next_part(reader).await?;
                items.push(Box::pin(read_reply(reader, &head, depth - 1)).await?);
            }
            Ok(Reply::Array(items))
        }
        _ => Err(Error::protocol(format!("unexpected reply: {}", head.escape_ascii()))),
    }
}

async fn next_part(reader: &mut ReadHalf<TcpStream>) -> Result<Bytes, Error> {
    reader.next_frame_owned().await?.ok_or_else(|| Error::protocol("the stream ended within a reply"))
}

/// Encodes a command: an array of strings.
fn command(words: &[&str]) -> String {
    let strings: String = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
    format!("*{}\r\n{strings}", words.len())
}

/// Sends the commands of these lines, without a wait between them, and prints their replies, which come in the same order.
async fn pipeline(
    mut reader: ReadHalf<TcpStream>,
    mut writer: WriteHalf<TcpStream>,
    input: &str,
) -> Result<(), BoxError> {
    let lines = input.lines().map(|line| line.split_whitespace().collect());
    // An empty command has no reply.
    let commands: Vec<Vec<_>> = lines.filter(|words: &Vec<_>| !words.is_empty()).collect();
    for words in &commands {
        writer.push(command(words))?;
    }
    let printing = async {
        for _ in &commands {
            println!("{}", next_reply(&mut reader).await?.ok_or("the server closed the connection")?);
        }
        Ok::<(), BoxError>(())
    };
    // At the same time, since a server may stop reading while its replies are not read.
    let sending = async { Ok(writer.flush().await?) };
    smol::future::try_zip(sending, printing).await?;
    Ok(())
}

/// Subscribes, and pings so that a server that is gone is noticed.
async fn subscribe(mut writer: WriteHalf<TcpStream>, channels: &[String]) -> Result<(), BoxError> {
    let words: Vec<_> = ["SUBSCRIBE"].into_iter().chain(channels.iter().map(String::as_str)).collect();
    writer.push(command(&words))?;
    loop {
        writer.flush().await?;
        Timer::after(PING_INTERVAL).await;
        writer.push(command(&["PING"]))?;
    }
}

async fn print_messages(mut reader: ReadHalf<TcpStream>) -> Result<(), BoxError> {
    while let Some(reply) = next_reply(&mut reader).await? {
        println!("{reply}");
    }
    Ok(())
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => f.write_str(&String::from_utf8_lossy(value)),
            Self::Error(message) => write!(f, "(error) {}", String::from_utf8_lossy(message)),
            Self::Array(items) => {
                let items: Vec<_> = items.iter().map(ToString::to_string).collect();
                f.write_str(&items.join(" "))
            }
            Self::Null => f.write_str("(nil)"),
        }
    }
}

async fn run(address: String, channels: Vec<String>) -> Result<(), BoxError> {
    let stream = in_time(CONNECT_TIMEOUT, TcpStream::connect(address)).await?;
    // In two halves, which read and write at the same time.
    let (reader, writer) = Connection::new(stream, b"\r\n").into_split();
    if channels.is_empty() {
        return pipeline(reader, writer, &std::io::read_to_string(std::io::stdin())?).await;
    }
    // The writer goes on until the connection ends.
    print_messages(reader).or(subscribe(writer, &channels)).await
}

fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:6379".into());
    smol::block_on(run(address, arguments.collect()))
}
