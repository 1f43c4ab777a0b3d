//! An HTTP/1.1 server: the handler is `asynchat_tests::protocols::http`, and this binds it to tokio.
//!
//! `cargo run --release -p asynchat-tokio --example http_server [ADDRESS]`, where the address is 127.0.0.1:8080 by default.

use std::io;

use asynchat_tests::protocols::http::HttpHandler;
use asynchat_tokio::Server;

#[tokio::main]
async fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    let server = Server::bind(address).await?;
    println!("listening on {}", server.local_addr()?);
    server.serve(|_peer| HttpHandler::new()).await;
    Ok(())
}
