//! A line echo: each line comes back. On TCP, or on a Unix socket.
//!
//! The handler is given the data of a line as it arrives, and its end. It keeps nothing, so a line may have any length.
//!
//! Run it on 127.0.0.1:7000, or append `-- ADDRESS` or `-- unix:PATH`:
//!
//! ```sh
//! cargo run -p asynchat-blocking --example blocking_echo
//! ```
//!
//! Try: `nc 127.0.0.1 7000`, or `nc -U PATH`.

use std::io;

#[cfg(unix)]
use asynchat_blocking::UnixServer;
use asynchat_blocking::{BoxError, Channel, Config, Handler, Server};

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
    #[cfg(unix)]
    if let Some(path) = address.strip_prefix("unix:") {
        let server = UnixServer::bind(path)?.with_config(config);
        println!("listening on {address}");
        return server.serve(|_peer| Echo);
    }
    let server = Server::bind(address)?.with_config(config);
    println!("listening on {}", server.local_addr()?);
    server.serve(|_peer| Echo)
}
