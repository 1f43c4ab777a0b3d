//! A client of memcached: stores values in a pipeline, and gets several in one request.
//!
//! ```text
//! memcached -p 11211 &
//! cargo run -p asynchat-async-std --features smol --example smol_memcached_client -- 127.0.0.1:11211 a=1 b=2
//! cargo run -p asynchat-async-std --features smol --example smol_memcached_client -- 127.0.0.1:11211 a b missing
//! ```
//!
//! It stores each `KEY=VALUE`, and then prints the value of each `KEY` that is there.

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

/// After an error, an answer may still be due: connect again.
struct Memcached {
    connection: Connection<TcpStream>,
}

impl Memcached {
    async fn connect(address: &str) -> Result<Self, BoxError> {
        let stream = in_time(CONNECT_TIMEOUT, TcpStream::connect(address)).await?;
        let config = Config::default().with_max_frame_len(MAX_VALUE_LEN);
        Ok(Self { connection: Connection::with_config(stream, b"\r\n", config) })
    }

    /// Stores values. Only the last one is acknowledged: the server takes requests in order, and is not asked to answer
    /// the others. It may drop one of them, since it is a cache.
    async fn set_many(&mut self, values: &[(&str, &str)]) -> Result<(), BoxError> {
        let Some(last) = values.len().checked_sub(1) else { return Ok(()) };
        for (number, (key, value)) in values.iter().enumerate() {
            check_key(key)?;
            let noreply = if number < last { " noreply" } else { "" };
            self.connection.push(format!("set {key} 0 0 {}{noreply}\r\n{value}\r\n", value.len()))?;
        }
        // The wait for the answer sends all of them, in one write.
        let answer = self.frame().await?;
        if *answer == *b"STORED" { Ok(()) } else { Err(unexpected(&answer)) }
    }

    /// Gets the values that are there, with their keys.
    async fn get_many(&mut self, keys: &[&str]) -> Result<Vec<(String, Bytes)>, BoxError> {
        keys.iter().try_for_each(|key| check_key(key))?;
        self.connection.push(format!("get {}\r\n", keys.join(" ")))?;
        let mut values = Vec::new();
        loop {
            let line = self.frame().await?;
            if *line == *b"END" {
                return Ok(values);
            }
            let (key, len) = value_head(&line).ok_or_else(|| unexpected(&line))?;
            // The value may have line ends in it, so its length says where it ends. An empty line follows.
            self.connection.set_terminator(Terminator::count(len));
            let value = self.frame().await?;
            self.connection.set_terminator(b"\r\n");
            if !self.frame().await?.is_empty() {
                return Err(Error::protocol("a value is longer than it says").into());
            }
            values.push((key.to_owned(), value));
        }
    }

    async fn frame(&mut self) -> Result<Bytes, BoxError> {
        let frame = in_time(ANSWER_TIMEOUT, self.connection.next_frame_owned()).await?;
        Ok(frame.ok_or("the server closed the connection")?)
    }
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

/// Parses `VALUE key flags length`.
fn value_head(line: &[u8]) -> Option<(&str, usize)> {
    let words: Vec<_> = std::str::from_utf8(line).ok()?.split(' ').collect();
    match *words {
        ["VALUE", key, _flags, len] => Some((key, len.parse().ok()?)),
        _ => None,
    }
}

/// A space or a line end in a key would be read as a part of the request.
fn check_key(key: &str) -> Result<(), BoxError> {
    let is_key = (1..=MAX_KEY_LEN).contains(&key.len()) && !key.contains(|c: char| c.is_whitespace() || c.is_control());
    if is_key { Ok(()) } else { Err(format!("no key of memcached: {key:?}").into()) }
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

    let mut memcached = Memcached::connect(&address).await?;
    memcached.set_many(&values).await?;
    if !keys.is_empty() {
        for (key, value) in memcached.get_many(&keys).await? {
            println!("{key}={}", String::from_utf8_lossy(&value));
        }
    }
    Ok(memcached.connection.close().await?)
}

fn main() -> Result<(), BoxError> {
    smol::block_on(run())
}
