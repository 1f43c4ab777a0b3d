//! A client of memcached: stores values in a pipeline, and gets several in one request.
//!
//! ```text
//! memcached -p 11211 &
//! cargo run -p asynchat-blocking --example blocking_memcached_client -- 127.0.0.1:11211 a=1 b=2
//! cargo run -p asynchat-blocking --example blocking_memcached_client -- 127.0.0.1:11211 a b missing
//! ```
//!
//! It stores each `KEY=VALUE`, and then prints the value of each `KEY` that is there.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use asynchat_blocking::{BoxError, Bytes, Config, Connection, Error, Terminator};

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
    fn connect(address: &str) -> Result<Self, BoxError> {
        let config = Config::default().with_max_frame_len(MAX_VALUE_LEN);
        let mut connection = Connection::with_config(connect(address)?, b"\r\n", config);
        connection.set_read_timeout(Some(ANSWER_TIMEOUT));
        connection.set_write_timeout(Some(ANSWER_TIMEOUT));
        Ok(Self { connection })
    }

    /// Stores values. Only the last one is acknowledged: the server takes requests in order, and is not asked to answer
    /// the others. It may drop one of them, since it is a cache.
    fn set_many(&mut self, values: &[(&str, &str)]) -> Result<(), BoxError> {
        let Some(last) = values.len().checked_sub(1) else { return Ok(()) };
        for (number, (key, value)) in values.iter().enumerate() {
            check_key(key)?;
            let noreply = if number < last { " noreply" } else { "" };
            self.connection.push(format!("set {key} 0 0 {}{noreply}\r\n{value}\r\n", value.len()))?;
        }
        // The wait for the answer sends all of them, in one write.
        let answer = self.frame()?;
        if *answer == *b"STORED" { Ok(()) } else { Err(unexpected(&answer)) }
    }

    /// Gets the values that are there, with their keys.
    fn get_many(&mut self, keys: &[&str]) -> Result<Vec<(String, Bytes)>, BoxError> {
        keys.iter().try_for_each(|key| check_key(key))?;
        self.connection.push(format!("get {}\r\n", keys.join(" ")))?;
        let mut values = Vec::new();
        loop {
            let line = self.frame()?;
            if *line == *b"END" {
                return Ok(values);
            }
            let (key, len) = value_head(&line).ok_or_else(|| unexpected(&line))?;
            // The value may have line ends in it, so its length says where it ends. An empty line follows.
            self.connection.set_terminator(Terminator::count(len));
            let value = self.frame()?;
            self.connection.set_terminator(b"\r\n");
            if !self.frame()?.is_empty() {
                return Err(Error::protocol("a value is longer than it says").into());
            }
            values.push((key.to_owned(), value));
        }
    }

    fn frame(&mut self) -> Result<Bytes, BoxError> {
        Ok(self.connection.next_frame_owned()?.ok_or("the server closed the connection")?)
    }
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

fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:11211".into());
    let words: Vec<_> = arguments.collect();
    let values: Vec<_> = words.iter().filter_map(|word| word.split_once('=')).collect();
    let keys: Vec<_> = words.iter().map(String::as_str).filter(|word| !word.contains('=')).collect();

    let mut memcached = Memcached::connect(&address)?;
    memcached.set_many(&values)?;
    if !keys.is_empty() {
        for (key, value) in memcached.get_many(&keys)? {
            println!("{key}={}", String::from_utf8_lossy(&value));
        }
    }
    Ok(memcached.connection.close()?)
}
