//! Sends each line back: a handler and a server.
//!
//! ```text
//! cargo run -p asynchat-tokio --example echo -- 127.0.0.1:7000
//! nc 127.0.0.1 7000
//! ```

use asynchat_tokio::{BoxError, Channel, Config, End, Handler, Server};

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

    /// The client has ended its stream, and may still read: what is queued is sent before the close.
    fn handle_eof(&mut self, _: End, channel: &mut Channel) -> Result<(), BoxError> {
        channel.close_when_done();
        Ok(())
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7000".into());
    // A client that sends a longer line is cut off: `Handler::frame_too_long`.
    let config = Config::default().with_max_frame_len(64 * 1024);
    let server = Server::bind(address).await?.with_config(config);
    println!("listening on {}", server.local_addr()?);
    server.serve(|_peer| Echo).await
}
