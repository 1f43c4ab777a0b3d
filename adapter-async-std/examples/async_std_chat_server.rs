//! A chat room on async-std. The handler is `asynchat_tests::protocols::chat_room`.
//!
//! Run it on 127.0.0.1:6667, or append `-- ADDRESS` to choose another address. SIGINT or SIGTERM shuts it down gracefully:
//!
//! ```sh
//! cargo run --release -p asynchat-async-std --features async-std --example async_std_chat_server
//! ```
//!
//! Try, in two other terminals: `nc 127.0.0.1 6667`. Type a nickname, then messages; `/help` lists the commands.

use std::io;

use asynchat_async_std::async_std::Server;
use asynchat_tests::protocols::chat_room::{ChatHandler, Room, config};
use asynchat_tests::signals::shut_down_on_signal;

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:6667".into());
    // In a task, so that the thread that accepts serves the connections too.
    async_std::task::block_on(async_std::task::spawn(async move {
        let server = Server::bind(address).await?.with_config(config());
        shut_down_on_signal(server.shutdown_handle())?;
        println!("listening on {}", server.local_addr()?);
        let room = Room::new();
        server.serve(|peer| ChatHandler::new(room.clone(), peer)).await
    }))
}
