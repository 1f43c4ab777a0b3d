//! A server whose answers have to be awaited, with async/await: `GET key` and `SET key value` on an asynchronous store.
//!
//! ```text
//! cargo run -p asynchat-tokio --example async_store_connection -- 127.0.0.1:7002
//! printf 'SET a 1\nGET a\nGET b\n' | nc -N 127.0.0.1 7002
//! ```
//!
//! Each request waits for the answer of the one before. `async_store` is the same server behind a handler, which sends many
//! requests of one client to the store at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use asynchat_tokio::{BoxError, Error, Incoming, Server};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// A `Connection` has no timeout for a client that sends nothing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Stands for a client of a database: each answer takes its time.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<HashMap<String, String>>>);

impl Store {
    async fn request(&self, request: &str) -> String {
        sleep(Duration::from_millis(request.len() as u64 % 10)).await;
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

async fn serve(stream: TcpStream, mut incoming: Incoming, store: Store) -> Result<(), BoxError> {
    let mut connection = incoming.connection(stream, b"\n");
    loop {
        let line = tokio::select! {
            line = timeout(IDLE_TIMEOUT, connection.next_frame_owned()) => line.map_err(|_| Error::Idle)??,
            // The server shuts down.
            () = incoming.closing() => None,
        };
        let Some(line) = line else { break };
        let request = std::str::from_utf8(&line).map_err(Error::protocol)?;
        let answer = store.request(request).await;
        connection.push(answer + "\n")?;
        // Without this the answer waits until no further request has been read.
        connection.flush().await?;
    }
    Ok(connection.close().await?)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7002".into());
    let store = Store::default();
    let server = Server::bind(address).await?;
    println!("listening on {}", server.local_addr()?);
    server.serve_with(move |stream, incoming| serve(stream, incoming, store.clone())).await
}
