//! A handler whose answers take time: `GET key` and `SET key value` on a store whose calls block.
//!
//! The handler does not wait. It defers each reply, and a thread of a pool sends it when the store has answered. The
//! replies leave in the order of the requests, though the store answers in any order.
//!
//! Run it on 127.0.0.1:7001, or append `-- ADDRESS`:
//!
//! ```sh
//! cargo run -p asynchat-blocking --example blocking_async_store
//! ```
//!
//! Try: `printf 'SET a 1\nGET a\nGET b\n' | nc -N 127.0.0.1 7001`. The example `blocking_async_store_connection` is the
//! same server, written with calls that wait.

use std::collections::HashMap;
use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use asynchat_blocking::{BoxError, Channel, Deferred, Error, Handler, Server};

/// Stands for a client of a database: requests take effect in their order, and each answer takes its time.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<HashMap<String, String>>>);

impl Store {
    /// Sends a request at once.
    fn request(&self, request: &str) -> Answer {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = match request.split_whitespace().collect::<Vec<_>>()[..] {
            ["GET", key] => map.get(key).cloned().unwrap_or_else(|| "none".into()),
            ["SET", key, value] => {
                map.insert(key.into(), value.into());
                "stored".into()
            }
            _ => "error: GET key, or SET key value".into(),
        };
        Answer { text, delay: Duration::from_millis(request.len() as u64 % 10) }
    }
}

/// An answer that the store has not sent yet.
struct Answer {
    text: String,
    delay: Duration,
}

impl Answer {
    fn wait(self) -> String {
        thread::sleep(self.delay);
        self.text
    }
}

const THREADS: usize = 4;

type Job = (Answer, Deferred);

/// Starts the threads that wait for the store. They end when the last sender is dropped.
fn start_pool() -> Sender<Job> {
    let (jobs, queue) = mpsc::channel();
    let queue = Arc::new(Mutex::new(queue));
    for _ in 0..THREADS {
        let queue = Arc::clone(&queue);
        thread::spawn(move || {
            while let Some((answer, reply)) = next_job(&queue) {
                reply.send(answer.wait() + "\n");
            }
        });
    }
    jobs
}

fn next_job(queue: &Mutex<Receiver<Job>>) -> Option<Job> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

struct StoreHandler {
    store: Store,
    jobs: Sender<Job>,
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
        let request = String::from_utf8(std::mem::take(&mut self.line)).map_err(Error::protocol)?;
        let reply = channel.push_deferred()?;
        // A client that sends requests without end is held back at `Config::high_water`: each reply that waits counts.
        Ok(self.jobs.send((self.store.request(&request), reply))?)
    }
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7001".into());
    let (store, jobs) = (Store::default(), start_pool());
    let server = Server::bind(address)?;
    println!("listening on {}", server.local_addr()?);
    server.serve(move |_peer| StoreHandler { store: store.clone(), jobs: jobs.clone(), line: Vec::new() })
}
