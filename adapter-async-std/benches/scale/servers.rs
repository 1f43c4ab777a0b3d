//! The servers. Each runtime has the threads that it has by default.

use std::io;

use asynchat_async_std::{async_std, smol};

use crate::comparison::CONNECTIONS;
use crate::load::echo::Echo;
use crate::load::process::announce;

pub(crate) const NAMES: [&str; 2] = ["smol", "async-std"];

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
        _ => Err(io::Error::other(format!("no server named `{name}`"))),
    }
}
