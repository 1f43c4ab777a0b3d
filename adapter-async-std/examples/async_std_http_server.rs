//! An HTTP/1.1 server on async-std. The handler is `asynchat_tests::protocols::http`.
//!
//! Run it on 127.0.0.1:8080, or append `-- ADDRESS` to choose another address. SIGINT or SIGTERM shuts it down gracefully:
//!
//! ```sh
//! cargo run --release -p asynchat-async-std --features async-std --example async_std_http_server
//! ```
//!
//! Try:
//!
//! ```sh
//! curl http://127.0.0.1:8080/
//! curl --data hello http://127.0.0.1:8080/echo
//! curl --output /dev/null http://127.0.0.1:8080/stream/1000000000
//! ```

use std::io;

use asynchat_async_std::async_std::Server;
use asynchat_tests::protocols::http::{HttpHandler, config_from_env};
use asynchat_tests::signals::shut_down_on_signal;

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    // In a task, so that the thread that accepts serves the connections too.
    async_std::task::block_on(async_std::task::spawn(async move {
        let server = Server::bind(address).await?.with_config(config_from_env()?);
        shut_down_on_signal(server.shutdown_handle())?;
        println!("listening on {}", server.local_addr()?);
        server.serve(|_peer| HttpHandler::new()).await
    }))
}
