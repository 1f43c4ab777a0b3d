//! The servers. All of them run on one thread.

use std::io;

use asynchat_tokio::{BoxError, Channel, Error, Event, FnProducer, Handler, Incoming, Server, Terminator};
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::load::process::announce;
use crate::{CHUNK, DONE, DOWNLOAD, UPLOAD};

/// The bytes of a request: the direction and the size.
const REQUEST_LEN: u64 = 9;

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn serve(name: &str) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    announce(listener.local_addr()?);
    match name {
        "by hand" => by_hand(listener).await,
        "Handler" => Server::from_listener(listener).serve(|_peer| Bulk::default()).await,
        "Connection" => Server::from_listener(listener).serve_with(upload).await,
        _ => Err(io::Error::other(format!("no server named `{name}`"))),
    }
}

/// Splits a request into its direction and its size.
fn parse(request: &[u8]) -> Option<(u8, u64)> {
    let (direction, size) = request.split_first()?;
    Some((*direction, u64::from_be_bytes(size.try_into().ok()?)))
}

/// Returns a producer of `size` bytes, in chunks that share their memory.
fn chunks(size: u64) -> FnProducer<impl FnMut() -> Result<Option<Bytes>, BoxError>> {
    let chunk = Bytes::from(vec![b'x'; CHUNK]);
    let mut left = size;
    FnProducer::new(move || {
        let length = CHUNK.min(usize::try_from(left).unwrap_or(CHUNK));
        left -= length as u64;
        Ok((length > 0).then(|| chunk.slice(..length)))
    })
}

/// A request, and the transfer that it asks for.
#[derive(Default)]
struct Bulk {
    request: Vec<u8>,
    received: u64,
}

impl Handler for Bulk {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(REQUEST_LEN);
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        if self.request.len() < REQUEST_LEN as usize {
            self.request.extend_from_slice(data);
        } else {
            self.received += data.len() as u64;
        }
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let (direction, size) = parse(&self.request).ok_or_else(|| Error::protocol("no request"))?;
        if self.received == 0 && size > 0 && direction == UPLOAD {
            channel.set_terminator(size);
        } else if direction == DOWNLOAD {
            channel.set_terminator(Terminator::None);
            channel.push_with_producer(chunks(size))?;
        } else {
            channel.set_terminator(Terminator::None);
            channel.push(DONE)?;
        }
        Ok(())
    }
}

/// The upload with async/await, event by event.
async fn upload(stream: TcpStream, incoming: Incoming) -> Result<(), BoxError> {
    let mut connection = incoming.connection(stream, REQUEST_LEN);
    let Some((_, size)) = connection.next_frame().await?.and_then(parse) else { return Ok(()) };
    connection.set_terminator(size);
    let mut received = 0;
    while let Some(event) = connection.next_event().await? {
        match event {
            Event::Data(data) => received += data.len() as u64,
            Event::Terminator => break,
        }
    }
    if received == size {
        connection.push(DONE)?;
    }
    Ok(connection.close().await?)
}

async fn by_hand(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(transfer_by_hand(stream));
    }
}

/// The peer: no limit, no timeout, and its buffer is kept.
async fn transfer_by_hand(mut stream: TcpStream) -> io::Result<()> {
    let mut request = [0; REQUEST_LEN as usize];
    stream.read_exact(&mut request).await?;
    let Some((direction, mut left)) = parse(&request) else { return Ok(()) };
    let mut buffer = vec![b'x'; CHUNK];
    if direction == DOWNLOAD {
        while left > 0 {
            let length = CHUNK.min(usize::try_from(left).unwrap_or(CHUNK));
            stream.write_all(&buffer[..length]).await?;
            left -= length as u64;
        }
        return stream.shutdown().await;
    }
    while left > 0 {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            read => left -= read as u64,
        }
    }
    stream.write_all(DONE).await?;
    stream.shutdown().await
}
