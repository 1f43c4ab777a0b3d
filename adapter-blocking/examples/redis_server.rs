//! A small Redis server with a thread for each connection. The handler is `asynchat_tests::protocols::redis`.
//!
//! Run it on 127.0.0.1:6380, or append `-- ADDRESS` to choose another address. SIGINT or SIGTERM shuts it down gracefully:
//!
//! ```sh
//! cargo run --release -p asynchat-blocking --example redis_server
//! ```
//!
//! Try:
//!
//! ```sh
//! redis-cli -p 6380 SET greeting hello
//! redis-benchmark -p 6380 -q -P 64 -t ping,set,get
//! ```

use std::io;

use asynchat_blocking::Server;
use asynchat_tests::protocols::redis::{RedisHandler, Store, config};
use asynchat_tests::signals::shut_down_on_signal;

/// Each connection takes two descriptors, and most systems let a process have 1,024 of them.
const MAX_CLIENTS: usize = 480;

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:6380".into());
    let server =
        Server::bind(address)?.with_config(config()).with_connection_limit(MAX_CLIENTS + Store::REFUSAL_PLACES);
    shut_down_on_signal(server.shutdown_handle())?;
    println!("listening on {}", server.local_addr()?);
    let store = Store::with_max_clients(MAX_CLIENTS);
    server.serve(move |peer| RedisHandler::new(&store).with_peer(peer))
}
