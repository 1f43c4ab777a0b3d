//! The servers. Each runtime has the threads that it has by default.

use std::io;

use asynchat_async_std::{async_std, smol};
use asynchat_tests::harness::echo::Echo;
use futures_io::{AsyncRead, AsyncWrite};
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use crate::comparison::CONNECTIONS;
use crate::load::process::announce;

pub(crate) const NAMES: [&str; 4] = ["smol", "smol by hand", "async-std", "async-std by hand"];

/// The address that a server is given: any free port.
const ANY: &str = "127.0.0.1:0";

pub(crate) fn serve(name: &str) -> io::Result<()> {
    match name {
        "smol" => ::smol::block_on(async {
            let server = smol::Server::bind(ANY).await?;
            announce(server.local_addr()?);
            server.with_connection_limit(CONNECTIONS).serve(|_peer| Echo).await
        }),
        "async-std" => ::async_std::task::block_on(async {
            let server = async_std::Server::bind(ANY).await?;
            announce(server.local_addr()?);
            server.with_connection_limit(CONNECTIONS).serve(|_peer| Echo).await
        }),
        "smol by hand" => ::smol::block_on(async {
            let listener = ::smol::net::TcpListener::bind(ANY).await?;
            announce(listener.local_addr()?);
            loop {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                ::smol::spawn(echo(stream)).detach();
            }
        }),
        "async-std by hand" => ::async_std::task::block_on(async {
            let listener = ::async_std::net::TcpListener::bind(ANY).await?;
            announce(listener.local_addr()?);
            loop {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                ::async_std::task::spawn(echo(stream));
            }
        }),
        _ => Err(io::Error::other(format!("no server named `{name}`"))),
    }
}

/// For information: what so many connections cost the runtime and the kernel.
async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    const READ_SIZE: usize = 4 * 1024;
    let mut input = vec![0; READ_SIZE];
    let mut filled = 0;
    loop {
        let read = stream.read(&mut input[filled..]).await?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
        let end = input[..filled].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        stream.write_all(&input[..end]).await?;
        input.copy_within(end..filled, 0);
        filled -= end;
    }
}
