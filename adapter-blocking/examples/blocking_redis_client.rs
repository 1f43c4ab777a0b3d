//! A client of Redis. It sends commands in a pipeline, or it subscribes to channels.
//!
//! ```text
//! redis-server --port 6379 &
//! printf 'SET key value\nGET key\n' | cargo run -p asynchat-blocking --example blocking_redis_client -- 127.0.0.1:6379
//! cargo run -p asynchat-blocking --example blocking_redis_client -- 127.0.0.1:6379 news weather
//! redis-cli -p 6379 PUBLISH news hello
//! ```
//!
//! Without channels it sends the lines of standard input, each a command of words, in one write, and prints the replies.
//! With channels it prints what is published, here `message news hello`.

use std::fmt;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::thread;
use std::time::Duration;

use asynchat_blocking::{BoxError, Bytes, Connection, Error, ReadHalf, Terminator, WriteHalf};

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

/// Connects within a time, to the first address of the name that answers.
fn connect(address: &str) -> Result<TcpStream, BoxError> {
    let mut failed = "the name has no address".into();
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error.into(),
        }
    }
    Err(failed)
}

/// Waits for a reply. `None` at the end of the stream.
fn next_reply(reader: &mut ReadHalf<TcpStream>) -> Result<Option<Reply>, Error> {
    let Some(head) = reader.next_frame_owned()? else { return Ok(None) };
    read_reply(reader, &head, MAX_DEPTH).map(Some)
}

/// Reads the reply that begins with this line. The terminator follows the grammar: a line says how long a string is, a
/// count reads the string, and a line ends it.
fn read_reply(reader: &mut ReadHalf<TcpStream>, head: &Bytes, depth: usize) -> Result<Reply, Error> {
    let value = head.slice(1.min(head.len())..);
    let len = || std::str::from_utf8(&value).ok()?.parse::<usize>().ok();
    match (head.first(), len()) {
        (Some(b'+' | b':'), _) => Ok(Reply::Value(value)),
        (Some(b'-'), _) => Ok(Reply::Error(value)),
        (Some(b'$' | b'*'), _) if *value == *b"-1" => Ok(Reply::Null),
        (Some(b'$'), Some(len)) => {
            reader.set_terminator(Terminator::count(len));
            let string = next_part(reader)?;
            reader.set_terminator(b"\r\n");
            match next_part(reader)?.is_empty() {
                true => Ok(Reply::Value(string)),
                false => Err(Error::protocol("a string is longer than it says")),
            }
        }
        (Some(b'*'), Some(len)) if len <= MAX_ITEMS && depth > 0 => {
            let mut items = Vec::new();
            for _ in 0..len {
                let head = next_part(reader)?;
                items.push(read_reply(reader, &head, depth - 1)?);
            }
            Ok(Reply::Array(items))
        }
        _ => Err(Error::protocol(format!("unexpected reply: {}", head.escape_ascii()))),
    }
}

fn next_part(reader: &mut ReadHalf<TcpStream>) -> Result<Bytes, Error> {
    reader.next_frame_owned()?.ok_or_else(|| Error::protocol("the stream ended within a reply"))
}

/// Encodes a command: an array of strings.
fn command(words: &[&str]) -> String {
    let strings: String = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
    format!("*{}\r\n{strings}", words.len())
}

/// Sends the commands of these lines, without a wait between them, and prints their replies, which come in the same order.
fn pipeline(mut reader: ReadHalf<TcpStream>, mut writer: WriteHalf<TcpStream>, input: &str) -> Result<(), BoxError> {
    let lines = input.lines().map(|line| line.split_whitespace().collect());
    // An empty command has no reply.
    let commands: Vec<Vec<_>> = lines.filter(|words: &Vec<_>| !words.is_empty()).collect();
    for words in &commands {
        writer.push(command(words))?;
    }
    // In another thread, since a server may stop reading while its replies are not read.
    // It returns the writer, which ends the output when it is dropped: Redis then forgets replies that are due.
    let sending = thread::spawn(move || writer.flush().map(|()| writer));
    for _ in &commands {
        println!("{}", next_reply(&mut reader)?.ok_or("the server closed the connection")?);
    }
    let _writer = sending.join().map_err(|_| "the thread has panicked")??;
    Ok(())
}

/// Subscribes, and pings so that a server that is gone is noticed.
fn subscribe(mut writer: WriteHalf<TcpStream>, channels: &[String]) -> Result<(), BoxError> {
    let words: Vec<_> = ["SUBSCRIBE"].into_iter().chain(channels.iter().map(String::as_str)).collect();
    writer.push(command(&words))?;
    loop {
        writer.flush()?;
        thread::sleep(PING_INTERVAL);
        writer.push(command(&["PING"]))?;
    }
}

fn print_messages(mut reader: ReadHalf<TcpStream>) -> Result<(), BoxError> {
    while let Some(reply) = next_reply(&mut reader)? {
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

fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:6379".into());
    let channels: Vec<_> = arguments.collect();
    // In two halves, which read and write at the same time.
    let (mut reader, mut writer) = Connection::new(connect(&address)?, b"\r\n").into_split();
    reader.set_read_timeout(Some(REPLY_TIMEOUT));
    writer.set_write_timeout(Some(REPLY_TIMEOUT));
    if channels.is_empty() {
        return pipeline(reader, writer, &std::io::read_to_string(std::io::stdin())?);
    }
    // The end of the process ends the thread, which sleeps.
    thread::spawn(move || subscribe(writer, &channels));
    print_messages(reader)
}
