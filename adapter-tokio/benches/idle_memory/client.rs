//! The client: starts a server, holds the connections, and reads the figures.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use crate::CONNECTIONS;
use crate::load::process::Process;
use crate::resident::settled;
use crate::servers::Contender;

const LINE: &[u8] = b"how are you, and how is the weather where you are?\n";

/// The order of the exchanges. It affects how much freed memory the allocator keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order {
    /// Each connection opens after the exchange over the previous one, so it can reuse the memory of that exchange.
    OneByOne,
    /// All connections open, then all send, then all read: all exchanges run at the same time.
    AllAtOnce,
}

impl Order {
    pub(crate) const ALL: [Self; 2] = [Self::OneByOne, Self::AllAtOnce];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OneByOne => "one by one",
            Self::AllAtOnce => "all at once",
        }
    }
}

/// The resident memory of a server before and after the connections opened, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figures {
    before: usize,
    after: usize,
}

impl Figures {
    pub(crate) fn for_each(self) -> usize {
        self.after.saturating_sub(self.before) / CONNECTIONS
    }
}

pub(crate) fn measure(contender: Contender, order: Order) -> io::Result<Figures> {
    let server = Process::start(contender.name())?;
    // The first exchange creates what all connections share, such as the threads and the read buffer of each thread.
    exchange(&mut server.connect()?)?;
    let before = settled(server.id())?;
    let connections = hold(&server, order)?;
    let after = settled(server.id())?;
    drop(connections);
    Ok(Figures { before, after })
}

fn hold(server: &Process, order: Order) -> io::Result<Vec<TcpStream>> {
    let mut connections = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let mut connection = server.connect()?;
        if let Order::OneByOne = order {
            exchange(&mut connection)?;
        }
        connections.push(connection);
    }
    if let Order::AllAtOnce = order {
        connections.iter_mut().try_for_each(send)?;
        connections.iter_mut().try_for_each(receive)?;
    }
    Ok(connections)
}

fn exchange(connection: &mut TcpStream) -> io::Result<()> {
    send(connection)?;
    receive(connection)
}

fn send(connection: &mut TcpStream) -> io::Result<()> {
    connection.write_all(LINE)
}

fn receive(connection: &mut TcpStream) -> io::Result<()> {
    let mut line = [0; LINE.len()];
    connection.read_exact(&mut line)?;
    if line != LINE {
        return Err(io::Error::other("the server did not echo the line"));
    }
    Ok(())
}
