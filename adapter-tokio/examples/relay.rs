//! Relays an upstream server's output to each client, as fast as that client reads and no faster: a fast upstream is held
//! back by a slow client, and memory stays bounded.
//!
//! ```text
//! socat TCP-LISTEN:7061,fork EXEC:yes &
//! cargo run -p asynchat-tokio --features futures --example relay -- 127.0.0.1:7060 127.0.0.1:7061
//! nc 127.0.0.1 7060 | pv -L 1k > /dev/null
//! ```

use std::io;

use asynchat_tokio::bytes::BytesMut;
use asynchat_tokio::{BoxError, Bytes, Channel, DEFAULT_CHUNK_SIZE, Handler, Server, StreamProducer};
use futures_util::stream::{self, Stream};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

struct RelayHandler {
    upstream: String,
}

impl Handler for RelayHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push_with_producer(StreamProducer::new(chunks_from(self.upstream.clone())))?;
        channel.close_when_done();
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }
}

/// Connects when it is first polled, and then reads a chunk each time that it is polled: a client that does not read
/// leaves the bytes in the sockets, and the upstream server waits.
fn chunks_from(upstream: String) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(None, move |socket: Option<TcpStream>| {
        let upstream = upstream.clone();
        async move {
            let mut socket = match socket {
                Some(socket) => socket,
                None => TcpStream::connect(upstream).await?,
            };
            let mut chunk = BytesMut::with_capacity(DEFAULT_CHUNK_SIZE.get());
            let len = socket.read_buf(&mut chunk).await?;
            Ok((len > 0).then(|| (chunk.freeze(), Some(socket))))
        }
    })
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:7060".into());
    let upstream = arguments.next().unwrap_or_else(|| "127.0.0.1:7061".into());
    let server = Server::bind(address).await?;
    println!("listening on {}", server.local_addr()?);
    server.serve(move |_| RelayHandler { upstream: upstream.clone() }).await
}
