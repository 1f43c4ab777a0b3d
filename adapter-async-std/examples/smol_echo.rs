//! A line echo: each line comes back. On TCP, or on a Unix socket.
//!
//! The handler is given the data of a line as it arrives, and its end. It keeps nothing, so a line may have any length.
//!
//! Run it on 127.0.0.1:7000, or append `-- ADDRESS` or `-- unix:PATH`:
//!
//! ```sh
//! cargo run -p asynchat-async-std --features smol --example smol_echo
//! ```
//!
//! Try: `nc 127.0.0.1 7000`, or `nc -U PATH`.

use std::io;

use asynchat_async_std::smol::Server;
#[cfg(unix)]
use asynchat_async_std::smol::UnixServer;
use asynchat_async_std::{BoxError, Channel, Config, Handler};

struct Echo;

impl Handler for Echo {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push_slice(data)?)
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push("\n")?)
    }
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7000".into());
    // No limit of a line's length, since the handler keeps no line. The default is 64 KiB.
    let config = Config::default().with_max_frame_len(usize::MAX);
    smol::block_on(async {
        #[cfg(unix)]
        if let Some(path) = address.strip_prefix("unix:") {
            let server = UnixServer::bind(path).await?.with_config(config);
            println!("listening on {address}");
            return server.serve(|_peer| Echo).await;
        }
        let server = Server::bind(address).await?.with_config(config);
        println!("listening on {}", server.local_addr()?);
        server.serve(|_peer| Echo).await
    })
}
