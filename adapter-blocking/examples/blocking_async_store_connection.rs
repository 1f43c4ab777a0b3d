//! The same server as the example `blocking_async_store`, written with calls that wait: a loop that waits for a line, then
//! for the store.
//!
//! The requests of a connection run one after the other. A peer that sends more of them waits in its socket (backpressure).
//!
//! Run it on 127.0.0.1:7002, or append `-- ADDRESS`:
//!
//! ```sh
//! cargo run -p asynchat-blocking --example blocking_async_store_connection
//! ```
//!
//! Try: `printf 'SET a 1\nGET a\nGET b\n' | nc -N 127.0.0.1 7002`.

use std::collections::HashMap;
use std::io;
use std::net::TcpStream;
use std::str;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use asynchat_blocking::{BoxError, Bytes, Connection, Error, Incoming, Server};

/// A `Connection` has no timeout for a client that sends nothing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// The interval at which a thread that waits for a line looks for a shutdown of the server.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Stands for a client of a database: each answer takes its time.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<HashMap<String, String>>>);

impl Store {
    fn request(&self, request: &str) -> String {
        thread::sleep(Duration::from_millis(request.len() as u64 % 10));
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match request.split_whitespace().collect::<Vec<_>>()[..] {
            ["GET", key] => map.get(key).cloned().unwrap_or_else(|| "none".into()),
            ["SET", key, value] => {
                map.insert(key.into(), value.into());
                "stored".into()
            }
            _ => "error: GET key, or SET key value".into(),
        }
    }
}

/// Waits for a line. `None` at the end of the stream, and at a shutdown of the server.
fn next_line(connection: &mut Connection<TcpStream>, incoming: &Incoming) -> Result<Option<Bytes>, Error> {
    let idle_from = Instant::now();
    while !incoming.is_closing() {
        match connection.next_frame_owned() {
            // No byte is lost: the next call goes on.
            Err(error) if error.is_call_timeout() => {}
            result => return result,
        }
        if idle_from.elapsed() > IDLE_TIMEOUT {
            return Err(Error::Idle);
        }
    }
    Ok(None)
}

fn serve(stream: TcpStream, incoming: &Incoming, store: &Store) -> Result<(), BoxError> {
    let mut connection = incoming.connection(stream, b"\n");
    connection.set_read_timeout(Some(POLL_INTERVAL));
    while let Some(line) = next_line(&mut connection, incoming)? {
        let answer = store.request(str::from_utf8(&line).map_err(Error::protocol)?);
        connection.push(answer + "\n")?;
        // Without this the answer waits until no further request has been read.
        connection.flush()?;
    }
    connection.close()?;
    Ok(())
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7002".into());
    let store = Store::default();
    let server = Server::bind(address)?;
    println!("listening on {}", server.local_addr()?);
    server.serve_with(move |stream, incoming| serve(stream, &incoming, &store))
}
