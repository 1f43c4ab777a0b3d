//! A small Redis: the handler is `asynchat_tests::protocols::redis`, and this binds it to async-std.
//!
//! `cargo run --release -p asynchat-async-std --features async-std --example async_std_redis_server [ADDRESS]`, where the address is
//! 127.0.0.1:6380 by default.

use std::io;

use asynchat_async_std::async_std::Server;
use asynchat_tests::protocols::redis::{RedisHandler, Store};

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:6380".into());
    async_std::task::block_on(async {
        let server = Server::bind(address).await?;
        println!("listening on {}", server.local_addr()?);
        let store = Store::new();
        server.serve(move |_peer| RedisHandler::new(&store)).await;
        Ok(())
    })
}
