//! The servers on tokio. Both run on one thread.

use std::io;

use asynchat_tests::harness::echo::Echo;
use asynchat_tokio::Server;
use memchr::memrchr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::comparison::CONNECTIONS;
use crate::load::process::announce;

pub(crate) const NAMES: [&str; 2] = ["tokio", "by hand"];

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn serve(name: &str) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    announce(listener.local_addr()?);
    match name {
        "tokio" => Server::from_listener(listener).with_connection_limit(CONNECTIONS).serve(|_peer| Echo).await,
        "by hand" => by_hand(listener).await,
        _ => Err(io::Error::other(format!("no server named `{name}`"))),
    }
}

async fn by_hand(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(echo(stream));
    }
}

/// For information: what so many connections cost the runtime and the kernel.
async fn echo(mut stream: TcpStream) -> io::Result<()> {
    const READ_SIZE: usize = 4 * 1024;
    let mut input = vec![0; READ_SIZE];
    let mut filled = 0;
    loop {
        let read = stream.read(&mut input[filled..]).await?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
        let end = memrchr(b'\n', &input[..filled]).map_or(0, |at| at + 1);
        stream.write_all(&input[..end]).await?;
        input.copy_within(end..filled, 0);
        filled -= end;
    }
}
