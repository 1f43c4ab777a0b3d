//! A client of memcached: stores values in a pipeline, and gets several in one request.
//!
//! ```text
//! memcached -p 11211 &
//! cargo run -p asynchat-blocking --example blocking_memcached_client -- 127.0.0.1:11211 a=1 b=2
//! cargo run -p asynchat-blocking --example blocking_memcached_client -- 127.0.0.1:11211 a b missing
//! ```
//!
//! It stores each `KEY=VALUE`, and then prints the value of each `KEY` that is there.

use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use asynchat_blocking::{BoxError, Bytes, Config, Connection, Error, Terminator};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// memcached stores no longer value by default.
const MAX_VALUE_LEN: usize = 1024 * 1024;
const MAX_KEY_LEN: usize = 250;

/// Connects within a time, to the first address of the name that answers.
fn connect(name: &str) -> io::Result<TcpStream> {
    let mut connected = Err(io::ErrorKind::NotFound.into());
    let mut addresses = name.to_socket_addrs()?;
    while let (Err(_), Some(address)) = (&connected, addresses.next()) {
        connected = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT);
    }
    connected
}

/// A connection to memcached. After an error, an answer may still be due: connect again.
struct Memcached(Connection<TcpStream>);

impl Memcached {
    /// Stores values. Only the last one is acknowledged: the server takes requests in order, and is not asked to answer
    /// the others. It may drop one of them, since it is a cache.
    fn set_many(&mut self, values: &[(&str, &str)]) -> Result<(), BoxError> {
        let Some(last) = values.len().checked_sub(1) else { return Ok(()) };
        for (number, (key, value)) in values.iter().enumerate() {
            let noreply = if number < last { " noreply" } else { "" };
            self.0.push(format!("set {} 0 0 {}{noreply}\r\n{value}\r\n", checked(key)?, value.len()))?;
        }
        // The server may take its time, at the least rate of `Config::min_output_rate`.
        self.0.flush()?;
        let answer = self.next_frame()?;
        if *answer == *b"STORED" { Ok(()) } else { Err(unexpected(&answer)) }
    }

    /// Gets the values that are there, with their keys.
    fn get_many(&mut self, keys: &[&str]) -> Result<Vec<(String, Bytes)>, BoxError> {
        keys.iter().try_for_each(|key| checked(key).map(drop))?;
        self.0.push(format!("get {}\r\n", keys.join(" ")))?;
        let mut values = Vec::new();
        while values.len() <= keys.len() {
            let line = self.next_frame()?;
            let words: Vec<_> = std::str::from_utf8(&line)?.split(' ').collect();
            match words[..] {
                ["END"] => return Ok(values),
                ["VALUE", key, _flags, len] => {
                    // The value may have line ends in it, so its length says where it ends. An empty line follows.
                    self.0.set_terminator(Terminator::count(len.parse()?));
                    values.push((key.to_owned(), self.next_frame()?));
                    self.0.set_terminator(b"\r\n");
                    if !self.next_frame()?.is_empty() {
                        return Err(Error::protocol("a value is longer than it says").into());
                    }
                }
                _ => return Err(unexpected(&line)),
            }
        }
        Err(Error::protocol("there are more values than keys").into())
    }

    /// Waits for a line of an answer, or for a value. What was pushed is sent.
    fn next_frame(&mut self) -> Result<Bytes, BoxError> {
        Ok(self.0.next_frame_owned()?.ok_or("the server closed the connection")?)
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

fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:11211".into());
    let words: Vec<_> = arguments.collect();
    let values: Vec<_> = words.iter().filter_map(|word| word.split_once('=')).collect();
    let keys: Vec<_> = words.iter().map(String::as_str).filter(|word| !word.contains('=')).collect();

    let config = Config::default().with_max_frame_len(MAX_VALUE_LEN);
    let mut memcached = Memcached(Connection::with_config(connect(&address)?, b"\r\n", config));
    memcached.0.set_read_timeout(Some(ANSWER_TIMEOUT));
    memcached.set_many(&values)?;
    if !keys.is_empty() {
        for (key, value) in memcached.get_many(&keys)? {
            println!("{key}={}", String::from_utf8_lossy(&value));
        }
    }
    Ok(memcached.0.close()?)
}
