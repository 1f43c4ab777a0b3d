//! The same server as the example `smol_async_store`, written with async/await: a loop that awaits a line, then the store.
//!
//! The requests of a connection run one after the other. A peer that sends more of them waits in its socket (backpressure).
//!
//! Run it on 127.0.0.1:7002, or append `-- ADDRESS`:
//!
//! ```sh
//! cargo run -p asynchat-async-std --features smol --example smol_async_store_connection
//! ```
//!
//! Try: `printf 'SET a 1\nGET a\nGET b\n' | nc -N 127.0.0.1 7002`.

use std::collections::HashMap;
use std::io;
use std::str;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use asynchat_async_std::smol::{Incoming, Server};
use asynchat_async_std::{BoxError, Error};
use smol::Timer;
use smol::future::FutureExt as _;
use smol::net::TcpStream;

/// A `Connection` has no timeout for a client that sends nothing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Stands for a client of a database: each answer takes its time.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<HashMap<String, String>>>);

impl Store {
    async fn request(&self, request: &str) -> String {
        Timer::after(Duration::from_millis(request.len() as u64 % 10)).await;
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
        let idle = async {
            Timer::after(IDLE_TIMEOUT).await;
            Err(Error::Idle)
        };
        // At a shutdown of the server the present request is answered, and no other is taken.
        let closing = async {
            incoming.closing().await;
            Ok(None)
        };
        // The future that is dropped loses no byte.
        let Some(line) = closing.or(connection.next_frame()).or(idle).await? else { break };
        let answer = store.request(str::from_utf8(line).map_err(Error::protocol)?).await;
        connection.push(answer + "\n")?;
        // Without this the answer waits until no further request has been read.
        connection.flush().await?;
    }
    connection.close().await?;
    Ok(())
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7002".into());
    let store = Store::default();
    smol::block_on(async {
        let server = Server::bind(address).await?;
        println!("listening on {}", server.local_addr()?);
        server.serve_with(move |stream, incoming| serve(stream, incoming, store.clone())).await
    })
}
