//! Core alone over `embedded-io-async`: a handler, driven by a loop of one's own without a runtime.
//!
//! `serve` runs on any executor, such as embassy's. Here it is tokio's:
//!
//! ```text
//! cargo run -p asynchat-tests --example embedded_io_async -- 127.0.0.1:7000
//! nc 127.0.0.1 7000
//! ```

use std::time::Duration;

use asynchat_core::{BoxError, Channel, Chat, Config, Handler, Input};
use bytes::Buf;
use embedded_io_adapters::tokio_1::FromTokio;
use embedded_io_async::{Read, Write};
use tokio::net::TcpListener;

/// Sends each line back.
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
        Ok(channel.push_slice(b"\n")?)
    }
}

/// Reads and writes in turn, without a clock: so no timeout runs, and every call has the time 0. `chat::Chat` has the loop
/// that does both at once.
async fn serve<S: Read + Write, H: Handler>(mut stream: S, handler: H) -> Result<(), S::Error> {
    const NOW: Duration = Duration::ZERO;
    let mut chat = Chat::new(handler, Config::default());
    let mut buffer = [0; 64];
    // The chat keeps its errors: it is closed after one.
    let _ = chat.handle_connect(NOW);
    loop {
        while chat.wants_write() {
            let mut output = chat.poll_transmit(&mut std::task::Context::from_waker(std::task::Waker::noop()));
            let written = stream.write(output.chunk()).await?;
            output.advance(written);
        }
        stream.flush().await?;
        if chat.wants_shutdown() || chat.is_closed() {
            return Ok(());
        }
        let len = stream.read(&mut buffer).await?;
        let mut input = Input::new(&buffer[..len]);
        let _ = if len == 0 { chat.handle_eof(NOW) } else { chat.handle_input(NOW, &mut input) };
        debug_assert!(input.is_empty(), "64 bytes do not fill the queue");
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    let (stream, _) = listener.accept().await?;
    serve(FromTokio::new(stream), Echo).await
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn embedded_io_async_loop_echoes_lines() {
        let (mut client, stream) = tokio::io::duplex(7);
        let server = tokio::spawn(async move { serve(FromTokio::new(stream), Echo).await.unwrap() });
        let (mut reader, mut writer) = tokio::io::split(&mut client);
        let mut echoed = Vec::new();
        let lines = "a line\n".repeat(100);
        let sending = async {
            writer.write_all(lines.as_bytes()).await.unwrap();
            writer.shutdown().await.unwrap();
        };
        let (_, received) = tokio::join!(sending, reader.read_to_end(&mut echoed));
        received.unwrap();
        server.await.unwrap();
        assert_eq!(String::from_utf8(echoed).unwrap(), lines);
    }
}
