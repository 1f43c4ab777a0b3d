//! The client: starts a server, holds the connections, and reads the figures.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::resident::settled;
use crate::servers::Contender;
use crate::{CONNECTIONS, SERVE};

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
    let server = Running::start(contender)?;
    // The first exchange creates what all connections share, such as the threads and the read buffer of each thread.
    exchange(&mut server.connect()?)?;
    let before = settled(server.process.id())?;
    let connections = hold(&server, order)?;
    let after = settled(server.process.id())?;
    drop(connections);
    Ok(Figures { before, after })
}

fn hold(server: &Running, order: Order) -> io::Result<Vec<TcpStream>> {
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

/// A server in its own process, which is killed when this is dropped.
struct Running {
    process: Child,
    address: SocketAddr,
}

impl Running {
    fn start(contender: Contender) -> io::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args([SERVE, contender.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut address)?;
        }
        let address = address.trim().parse().map_err(|_| io::Error::other("the server did not print its address"))?;
        Ok(Self { process, address })
    }

    fn connect(&self) -> io::Result<TcpStream> {
        /// Turns a server that hangs into an error.
        const TIMEOUT: Duration = Duration::from_secs(10);
        let connection = TcpStream::connect_timeout(&self.address, TIMEOUT)?;
        connection.set_read_timeout(Some(TIMEOUT))?;
        Ok(connection)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
