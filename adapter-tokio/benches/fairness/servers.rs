//! The Redis of the examples, on either runtime of tokio, and redis-server.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use asynchat_tests::protocols::redis::{RedisHandler, Store};
use asynchat_tokio::Server;
use tokio::runtime::Builder;

use crate::load::process::{Process, announce};

pub(crate) const REDIS_SERVER: &str = "redis-server";

pub(crate) fn serve(name: &str) -> io::Result<()> {
    let mut runtime = match name {
        "current_thread" => Builder::new_current_thread(),
        "multi_thread" => Builder::new_multi_thread(),
        _ => return Err(io::Error::other(format!("no server named `{name}`"))),
    };
    runtime.enable_all().build()?.block_on(async {
        let server = Server::bind("127.0.0.1:0").await?;
        announce(server.local_addr()?);
        let store = Store::new();
        server.serve(move |_peer| RedisHandler::new(&store)).await
    })
}

/// Starts redis-server on a free port, without files. `None` if it is not installed.
pub(crate) fn start_redis_server() -> io::Result<Option<Process>> {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let child = Command::new(REDIS_SERVER)
        .args(["--port", &free.port().to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .stdout(Stdio::null())
        .spawn();
    let child = match child {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // Killed if it never listens.
    let server = Process::other(child, free);
    wait_until_it_listens(free)?;
    Ok(Some(server))
}

fn wait_until_it_listens(address: SocketAddr) -> io::Result<()> {
    const LOOKS: usize = 500;
    for _ in 0..LOOKS {
        if TcpStream::connect(address).is_ok() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(10));
    }
    Err(io::Error::other("redis-server does not listen"))
}
