//! A server whose answers have to be awaited, behind a handler: `GET key` and `SET key value` on an asynchronous store.
//!
//! The handler does not wait. It defers each reply, and a task sends it when the store has answered. The replies leave in
//! the order of the requests, though the store answers in any order.
//!
//! ```text
//! cargo run -p asynchat-tokio --example async_store -- 127.0.0.1:7001
//! printf 'SET a 1\nGET a\nGET b\n' | nc -N 127.0.0.1 7001
//! ```
//!
//! `async_store_connection` is the same server, written with async/await.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use asynchat_tokio::{BoxError, Channel, Error, Handler, Server};

/// Stands for a client of a database: requests take effect in their order, and each answer takes its time.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<HashMap<String, String>>>);

impl Store {
    /// Sends a request at once. The future is its answer.
    fn request(&self, request: &str) -> impl Future<Output = String> + Send + use<> {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match request.split_whitespace().collect::<Vec<_>>()[..] {
            ["GET", key] => map.get(key).cloned().unwrap_or_else(|| "none".into()),
            ["SET", key, value] => {
                map.insert(key.into(), value.into());
                "stored".into()
            }
            _ => "error: GET key, or SET key value".into(),
        };
        let delay = Duration::from_millis(request.len() as u64 % 10);
        async move {
            tokio::time::sleep(delay).await;
            answer
        }
    }
}

struct StoreHandler {
    store: Store,
    line: Vec<u8>,
}

impl Handler for StoreHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let request = String::from_utf8(mem::take(&mut self.line)).map_err(Error::protocol)?;
        let reply = channel.push_deferred()?;
        let answer = self.store.request(&request);
        // A client that sends requests without end is held back at `Config::high_water`: each reply that waits counts.
        tokio::spawn(async move { reply.send(answer.await + "\n") });
        Ok(())
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7001".into());
    let store = Store::default();
    let server = Server::bind(address).await?;
    println!("listening on {}", server.local_addr()?);
    server.serve(move |_peer| StoreHandler { store: store.clone(), line: Vec::new() }).await
}
