//! The servers to compare. Each echoes every line.

use std::io;

use asynchat_tokio::{BoxError, Channel, Config, Handler, Server, drive};
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::codec::{Framed, LinesCodec};

use crate::CONNECTIONS;
use crate::load::process::announce;

/// A server to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contender {
    /// [`Server`]: each connection has a mailbox and takes part in the graceful shutdown.
    Server,
    /// [`drive`] in a task for each connection.
    Drive,
    /// tokio-util's [`Framed`] in a task for each connection.
    Framed,
}

impl Contender {
    pub(crate) const ALL: [Self; 3] = [Self::Server, Self::Drive, Self::Framed];

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|contender| contender.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Server => "Server",
            Self::Drive => "drive",
            Self::Framed => "Framed",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Server => "asynchat_tokio::Server",
            Self::Drive => "asynchat_tokio::drive",
            Self::Framed => "tokio_util::codec::Framed<_, LinesCodec>",
        }
    }

    pub(crate) fn is_ours(self) -> bool {
        self != Self::Framed
    }
}

/// Runs the server of this name.
#[tokio::main]
pub(crate) async fn serve(name: &str) -> io::Result<()> {
    let contender = Contender::named(name).ok_or_else(|| io::Error::other(format!("no server named `{name}`")))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    announce(listener.local_addr()?);
    match contender {
        // One more for the warm-up connection.
        Contender::Server => {
            let server = Server::from_listener(listener).with_connection_limit(CONNECTIONS + 1);
            server.serve(|_peer| EchoLines::default()).await
        }
        Contender::Drive => {
            let config = std::sync::Arc::new(Config::default());
            accept(listener, |stream| drop(tokio::spawn(drive(stream, EchoLines::default(), config.clone())))).await
        }
        Contender::Framed => accept(listener, |stream| drop(tokio::spawn(echo_lines(stream)))).await,
    }
}

async fn accept(listener: TcpListener, mut spawn: impl FnMut(TcpStream)) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        spawn(stream);
    }
}

async fn echo_lines(stream: TcpStream) {
    let mut framed = Framed::new(stream, LinesCodec::new());
    while let Some(Ok(line)) = framed.next().await {
        if framed.send(line).await.is_err() {
            return;
        }
    }
}

/// The same service as a handler.
#[derive(Default)]
struct EchoLines(Vec<u8>);

impl Handler for EchoLines {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.0.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let mut line = std::mem::take(&mut self.0);
        line.push(b'\n');
        Ok(channel.push(line)?)
    }
}
