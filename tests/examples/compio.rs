//! Core alone over `compio`, a runtime whose calls own their buffers until they are complete (io_uring, IOCP).
//!
//! ```text
//! cargo run -p asynchat-tests --example compio -- 127.0.0.1:7000
//! nc 127.0.0.1 7000
//! ```

use std::io;
use std::task::{Context, Waker};
use std::time::Duration;

use asynchat_core::{BoxError, Channel, Chat, Config, Handler, Input};
use bytes::Buf;
use compio::BufResult;
use compio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use compio::net::TcpListener;

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
async fn serve<S: AsyncRead + AsyncWrite, H: Handler>(mut stream: S, handler: H) -> io::Result<()> {
    const NOW: Duration = Duration::ZERO;
    let mut chat = Chat::new(handler, Config::default());
    let mut buffer = Vec::with_capacity(16 * 1024);
    // The chat keeps its errors: it is closed after one.
    let _ = chat.handle_connect(NOW);
    loop {
        while chat.wants_write() {
            // The kernel owns the bytes until they are written, so they leave the chat.
            let mut output = chat.poll_transmit(&mut Context::from_waker(Waker::noop()));
            let bytes = output.copy_to_bytes(output.remaining());
            stream.write_all(bytes).await.0?;
        }
        if chat.wants_shutdown() || chat.is_closed() {
            return stream.shutdown().await;
        }
        let BufResult(len, filled) = stream.read(buffer).await;
        let (len, mut input) = (len?, Input::new(&filled));
        let _ = if len == 0 { chat.handle_eof(NOW) } else { chat.handle_input(NOW, &mut input) };
        debug_assert!(input.is_empty(), "16 KiB do not fill the queue");
        buffer = filled;
        buffer.clear();
    }
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    compio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(address).await?;
        println!("listening on {}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            compio::runtime::spawn(serve(stream, Echo)).detach();
        }
    })
}

#[cfg(test)]
mod tests {
    use compio::io::AsyncReadExt;
    use compio::net::TcpStream;

    use super::*;

    #[test]
    fn compio_loop_echoes_lines() {
        let lines = "a line\n".repeat(1000);
        let echoed = compio::runtime::Runtime::new().unwrap().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            let server = compio::runtime::spawn(serve(stream, Echo));
            client.write_all(lines.clone()).await.0.unwrap();
            client.shutdown().await.unwrap();
            let BufResult(received, echoed) = client.read_to_end(Vec::new()).await;
            received.unwrap();
            server.await.unwrap().unwrap();
            echoed
        });
        assert_eq!(String::from_utf8(echoed).unwrap(), lines);
    }
}
