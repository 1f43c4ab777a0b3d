//! An HTTP/1.1 server: the handler is `asynchat_tests::protocols::http`, and this binds it to smol.
//!
//! `cargo run --release -p asynchat-async-std --features smol --example smol_http_server [ADDRESS]`, where the address is
//! 127.0.0.1:8080 by default.

use std::io;

use asynchat_async_std::smol::Server;
use asynchat_tests::protocols::http::HttpHandler;

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    smol::block_on(async {
        let server = Server::bind(address).await?;
        println!("listening on {}", server.local_addr()?);
        server.serve(|_peer| HttpHandler::new()).await;
        Ok(())
    })
}
