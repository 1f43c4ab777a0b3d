//! Support for the tests of this adapter.
#![allow(dead_code, clippy::allow_attributes, reason = "no test needs all of it")]
#![expect(clippy::unwrap_used, reason = "what fails here is the test")]

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::Sender;
use std::time::Duration;

use asynchat_blocking::{BoxError, Channel, End, Error, Handler};

/// The longest wait for an event that should come at once: the test then fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(20);

/// Makes the two ends of a TCP connection, both without delay (`TCP_NODELAY`). The first is for the test.
pub(crate) fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (there, _) = listener.accept().unwrap();
    here.set_nodelay(true).unwrap();
    here.set_read_timeout(Some(PATIENCE)).unwrap();
    there.set_nodelay(true).unwrap();
    (here, there)
}

/// A stream that the adapter does not know to be a socket, though it wraps one.
#[derive(Debug)]
pub(crate) struct Plain(pub(crate) TcpStream);

impl Read for Plain {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Plain {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An event of a [`Told`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Happened {
    Connected,
    Line(String),
    Ended(End),
    Closed(Result<(), Error>),
}

/// A handler that pushes a greeting, and reports every line.
pub(crate) struct Told {
    pub(crate) greeting: Vec<u8>,
    pub(crate) closes_at_end: bool,
    pub(crate) line: Vec<u8>,
    pub(crate) happened: Sender<Happened>,
}

impl Told {
    pub(crate) fn new(greeting: impl Into<Vec<u8>>, happened: Sender<Happened>) -> Self {
        Self { greeting: greeting.into(), closes_at_end: true, line: Vec::new(), happened }
    }
}

impl Handler for Told {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        channel.push(std::mem::take(&mut self.greeting))?;
        let _ = self.happened.send(Happened::Connected);
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let line = String::from_utf8(std::mem::take(&mut self.line))?;
        match line.as_str() {
            "panic" => panic!("as I was told"),
            "bye" => channel.close_when_done(),
            line => channel.push(format!("{line}\n"))?,
        }
        let _ = self.happened.send(Happened::Line(line));
        Ok(())
    }

    fn handle_eof(&mut self, end: End, channel: &mut Channel) -> Result<(), BoxError> {
        let _ = self.happened.send(Happened::Ended(end));
        if self.closes_at_end {
            channel.close_when_done();
        }
        Ok(())
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        let _ = self.happened.send(Happened::Closed(outcome.map_err(Clone::clone)));
    }
}

/// Sends a line and waits for its echo.
pub(crate) fn exchange(mut stream: &TcpStream, line: &str) {
    stream.write_all(line.as_bytes()).unwrap();
    let mut answer = vec![0; line.len()];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(answer, line.as_bytes());
}
