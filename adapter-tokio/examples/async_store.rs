//! A line server whose answers have to be awaited: `GET key` and `SET key value` on an asynchronous store.
//!
//! The handler does not wait. It defers each reply, and a task sends it when the store has answered. The replies leave in
//! the order of the requests, though the store answers in any order:
//!
//! ```text
//! cargo run -p asynchat-tokio --example async_store
//! printf 'SET a 1\nGET a\nGET b\n' | nc -N 127.0.0.1 7001
//! ```

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use asynchat_tokio::{BoxError, Channel, Handler, Server};

/// Stands for a client of a database: each call takes a while.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<HashMap<String, String>>>);

impl Store {
    async fn run(&self, request: &str) -> String {
        tokio::time::sleep(Duration::from_millis(request.len() as u64 % 10)).await;
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match request.split(' ').collect::<Vec<_>>()[..] {
            ["GET", key] => map.get(key).map_or_else(|| "none\n".into(), |value| format!("{value}\n")),
            ["SET", key, value] => {
                map.insert(key.into(), value.into());
                "stored\n".into()
            }
            _ => "what?\n".into(),
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
        let request = String::from_utf8(mem::take(&mut self.line))?;
        let reply = channel.push_deferred()?;
        let store = self.store.clone();
        // A peer that sends requests without end is held back at `Config::high_water`: each reply that waits counts.
        tokio::spawn(async move { reply.send(store.run(&request).await) });
        Ok(())
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let store = Store::default();
    let server = Server::bind("127.0.0.1:7001").await?;
    println!("listening on {}", server.local_addr()?);
    server.serve(move |_| StoreHandler { store: store.clone(), line: Vec::new() }).await
}
