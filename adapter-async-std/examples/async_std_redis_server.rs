//! A small Redis server on async-std. The handler is `asynchat_tests::protocols::redis`.
//!
//! Run it on 127.0.0.1:6380, or append `-- ADDRESS` to choose another address. SIGINT or SIGTERM shuts it down gracefully:
//!
//! ```sh
//! cargo run --release -p asynchat-async-std --features async-std --example async_std_redis_server
//! ```
//!
//! Try:
//!
//! ```sh
//! redis-cli -p 6380 SET greeting hello
//! redis-benchmark -p 6380 -q -P 64 -t ping,set,get
//! ```

use std::io;

use asynchat_async_std::async_std::Server;
use asynchat_tests::protocols::redis::{RedisHandler, Store, config};
use asynchat_tests::signals::shut_down_on_signal;

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:6380".into());
    // In a task, so that the thread that accepts serves the connections too.
    async_std::task::block_on(async_std::task::spawn(async move {
        let server = Server::bind(address)
            .await?
            .with_config(config())
            .with_connection_limit(Store::DEFAULT_MAX_CLIENTS + Store::REFUSAL_PLACES);
        shut_down_on_signal(server.shutdown_handle())?;
        println!("listening on {}", server.local_addr()?);
        let store = Store::new();
        server.serve(move |peer| RedisHandler::new(&store).with_peer(peer)).await
    }))
}
