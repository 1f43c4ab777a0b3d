//! Sends each line back, on TCP or on a Unix socket: a handler and a server.
//!
//! ```text
//! cargo run -p asynchat-tokio --example echo -- 127.0.0.1:7000
//! nc 127.0.0.1 7000
//!
//! cargo run -p asynchat-tokio --example echo -- unix:/tmp/echo.socket
//! socat - UNIX-CONNECT:/tmp/echo.socket
//! ```

#[cfg(unix)]
use asynchat_tokio::UnixServer;
use asynchat_tokio::{BoxError, Channel, Config, Handler, Server};

struct Echo;

impl Handler for Echo {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    /// A line may come in several pieces. Each is sent back as it comes, so that no line is kept in memory.
    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push_slice(data)?)
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push("\n")?)
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7000".into());
    // A line may have any length, since none is kept. The default is 64 KiB.
    let config = Config::default().with_max_frame_len(usize::MAX);
    #[cfg(unix)]
    if let Some(path) = address.strip_prefix("unix:") {
        let server = UnixServer::bind(path).await?.with_config(config);
        println!("listening on {address}");
        return server.serve(|_peer| Echo).await;
    }
    let server = Server::bind(address).await?.with_config(config);
    println!("listening on {}", server.local_addr()?);
    server.serve(|_peer| Echo).await
}
