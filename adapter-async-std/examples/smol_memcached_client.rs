//! A client of memcached: stores values in a pipeline, and gets several in one request.
//!
//! ```text
//! memcached -p 11211 &
//! cargo run -p asynchat-async-std --features smol --example smol_memcached_client -- 127.0.0.1:11211 a=1 b=2
//! cargo run -p asynchat-async-std --features smol --example smol_memcached_client -- 127.0.0.1:11211 a b missing
//! ```
//!
//! It stores each `KEY=VALUE`, and then prints the value of each `KEY` that is there.

use std::io;
use std::time::Duration;

use asynchat_async_std::{BoxError, Bytes, Config, Connection, Error, Terminator};
use smol::Timer;
use smol::future::FutureExt as _;
use smol::net::TcpStream;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// memcached stores no longer value by default.
const MAX_VALUE_LEN: usize = 1024 * 1024;
const MAX_KEY_LEN: usize = 250;

/// Fails after a time.
async fn timeout<T, E: From<io::Error>>(limit: Duration) -> Result<T, E> {
    Timer::after(limit).await;
    Err(io::Error::from(io::ErrorKind::TimedOut).into())
}

/// A connection to memcached. After an error, an answer may still be due: connect again.
struct Memcached(Connection<TcpStream>);

impl Memcached {
    /// Stores values. Only the last one is acknowledged: the server takes requests in order, and is not asked to answer
    /// the others. It may drop one of them, since it is a cache.
    async fn set_many(&mut self, values: &[(&str, &str)]) -> Result<(), BoxError> {
        let Some(last) = values.len().checked_sub(1) else { return Ok(()) };
        for (number, (key, value)) in values.iter().enumerate() {
            let noreply = if number < last { " noreply" } else { "" };
            self.0.push(format!("set {} 0 0 {}{noreply}\r\n{value}\r\n", checked(key)?, value.len()))?;
        }
        // The server may take its time, at the least rate of `Config::min_output_rate`.
        self.0.flush().await?;
        let answer = self.next_frame().await?;
        if *answer == *b"STORED" { Ok(()) } else { Err(unexpected(&answer)) }
    }

    /// Gets the values that are there, with their keys.
    async fn get_many(&mut self, keys: &[&str]) -> Result<Vec<(String, Bytes)>, BoxError> {
        keys.iter().try_for_each(|key| checked(key).map(drop))?;
        self.0.push(format!("get {}\r\n", keys.join(" ")))?;
        let mut values = Vec::new();
        while values.len() <= keys.len() {
            let line = self.next_frame().await?;
            let words: Vec<_> = std::str::from_utf8(&line)?.split(' ').collect();
            match words[..] {
                ["END"] => return Ok(values),
                ["VALUE", key, _flags, len] => {
                    // The value may have line ends in it, so its length says where it ends. An empty line follows.
                    self.0.set_terminator(Terminator::count(len.parse()?));
                    values.push((key.to_owned(), self.next_frame().await?));
                    self.0.set_terminator(b"\r\n");
                    if !self.next_frame().await?.is_empty() {
                        return Err(Error::protocol("a value is longer than it says").into());
                    }
                }
                _ => return Err(unexpected(&line)),
            }
        }
        Err(Error::protocol("there are more values than keys").into())
    }

    /// Waits for a line of an answer, or for a value. What was pushed is sent.
    async fn next_frame(&mut self) -> Result<Bytes, BoxError> {
        let frame = self.0.next_frame_owned().or(timeout(ANSWER_TIMEOUT)).await?;
        Ok(frame.ok_or("the server closed the connection")?)
    }
}

/// Refuses a key that would be read as something else of the request: with a space or a line end in it, or too long.
fn checked(key: &str) -> Result<&str, BoxError> {
    let is_key = (1..=MAX_KEY_LEN).contains(&key.len()) && !key.contains(|c: char| c.is_whitespace() || c.is_control());
    if is_key { Ok(key) } else { Err(format!("no key of memcached: {key:?}").into()) }
}

fn unexpected(line: &[u8]) -> BoxError {
    Error::protocol(format!("unexpected answer: {}", line.escape_ascii())).into()
}

async fn run() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:11211".into());
    let words: Vec<_> = arguments.collect();
    let values: Vec<_> = words.iter().filter_map(|word| word.split_once('=')).collect();
    let keys: Vec<_> = words.iter().map(String::as_str).filter(|word| !word.contains('=')).collect();

    let stream = TcpStream::connect(address).or(timeout(CONNECT_TIMEOUT)).await?;
    let config = Config::default().with_max_frame_len(MAX_VALUE_LEN);
    let mut memcached = Memcached(Connection::with_config(stream, b"\r\n", config));
    memcached.set_many(&values).await?;
    if !keys.is_empty() {
        for (key, value) in memcached.get_many(&keys).await? {
            println!("{key}={}", String::from_utf8_lossy(&value));
        }
    }
    Ok(memcached.0.close().await?)
}

fn main() -> Result<(), BoxError> {
    smol::block_on(run())
}
