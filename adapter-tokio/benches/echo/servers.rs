//! The servers, each as a user would write it. All of them run on one thread.

use std::io;

use asynchat_tests::harness::echo::Echo;
use asynchat_tokio::{BoxError, Incoming, Server};
use memchr::memchr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::load::process::announce;

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn serve(name: &str) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    announce(listener.local_addr()?);
    match name {
        "by hand" => by_hand(listener).await,
        "Handler" => Server::from_listener(listener).serve(|_peer| Echo).await,
        "Connection" => Server::from_listener(listener).serve_with(echo).await,
        _ => Err(io::Error::other(format!("no server named `{name}`"))),
    }
}

/// The echo with async/await. The wait for the next line sends the answers, in one write, when no line is left.
async fn echo(stream: TcpStream, incoming: Incoming) -> Result<(), BoxError> {
    let mut connection = incoming.connection(stream, b"\n");
    let mut answer = Vec::new();
    while let Some(line) = connection.next_frame().await? {
        answer.clear();
        answer.extend_from_slice(line);
        answer.push(b'\n');
        connection.push_slice(&answer)?;
    }
    Ok(connection.close().await?)
}

/// Reads as many bytes as ours do.
const READ_SIZE: usize = 64 * 1024;

async fn by_hand(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(echo_by_hand(stream));
    }
}

/// The peer: no limit, no timeout, no backpressure but that of the socket, and its buffers are kept.
async fn echo_by_hand(mut stream: TcpStream) -> io::Result<()> {
    let mut input = vec![0; READ_SIZE];
    let mut output = Vec::with_capacity(READ_SIZE);
    let mut filled = 0;
    loop {
        let read = stream.read(&mut input[filled..]).await?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
        let mut from = 0;
        while let Some(length) = memchr(b'\n', &input[from..filled]) {
            output.extend_from_slice(&input[from..=from + length]);
            from += length + 1;
        }
        input.copy_within(from..filled, 0);
        filled -= from;
        stream.write_all(&output).await?;
        output.clear();
    }
}
