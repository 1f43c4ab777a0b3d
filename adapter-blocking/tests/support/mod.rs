//! Helpers for the tests of this adapter.
#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses a part")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use asynchat_blocking::{BoxError, Channel, End, Error, Handler};

/// Turns a test that hangs into a failure.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The timeout of a call that waits for a byte that never comes.
pub(crate) const SHORT_TIMEOUT: Option<Duration> = Some(Duration::from_millis(5));

/// Returns the kind of an error, as an error of std.
pub(crate) fn kind(error: Error) -> ErrorKind {
    io::Error::from(error).kind()
}

/// Connects a client.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(TIMEOUT)).unwrap();
    client
}

/// Returns the two ends of a TCP connection, both with `TCP_NODELAY`. The first is the test's own end.
pub(crate) fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = connect(listener.local_addr().unwrap());
    let (stream, _) = listener.accept().unwrap();
    client.set_nodelay(true).unwrap();
    stream.set_nodelay(true).unwrap();
    (client, stream)
}

/// A stream that hides its socket, so that it is only `Read` and `Write`.
#[derive(Debug)]
pub(crate) struct PlainStream(pub(crate) TcpStream);

impl Read for PlainStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for PlainStream {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A call of a method of [`RecordingHandler`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum HandlerEvent {
    Connected,
    Line(String),
    Eof(End),
    Closed(Result<(), Error>),
}

/// A handler that sends a greeting, echoes every line, and reports its calls. The line `panic` makes it panic; the line
/// `bye` closes the connection.
pub(crate) struct RecordingHandler {
    pub(crate) greeting: Vec<u8>,
    pub(crate) closes_at_eof: bool,
    pub(crate) line: Vec<u8>,
    pub(crate) sender: Sender<HandlerEvent>,
}

impl RecordingHandler {
    pub(crate) fn new(greeting: impl Into<Vec<u8>>, sender: Sender<HandlerEvent>) -> Self {
        Self { greeting: greeting.into(), closes_at_eof: true, line: Vec::new(), sender }
    }
}

impl Handler for RecordingHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        channel.push(std::mem::take(&mut self.greeting))?;
        let _ = self.sender.send(HandlerEvent::Connected);
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let line = String::from_utf8(std::mem::take(&mut self.line))?;
        match line.as_str() {
            "panic" => panic!("the client requested a panic"),
            "bye" => channel.close_when_done(),
            line => channel.push(format!("{line}\n"))?,
        }
        let _ = self.sender.send(HandlerEvent::Line(line));
        Ok(())
    }

    fn handle_eof(&mut self, end: End, channel: &mut Channel) -> Result<(), BoxError> {
        let _ = self.sender.send(HandlerEvent::Eof(end));
        if self.closes_at_eof {
            channel.close_when_done();
        }
        Ok(())
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        let _ = self.sender.send(HandlerEvent::Closed(outcome.map_err(Clone::clone)));
    }
}

/// A handler that says `hello`, and waits in its next call until the test drops the last value of [`Stuck::new`].
pub(crate) struct Stuck {
    is_stuck: Sender<()>,
    released: Receiver<()>,
}

impl Stuck {
    /// Returns the handler, what tells that it waits, and what releases it when it is dropped.
    pub(crate) fn new() -> (Self, Receiver<()>, Sender<()>) {
        let (is_stuck, stuck) = channel();
        let (release, released) = channel();
        (Self { is_stuck, released }, stuck, release)
    }
}

impl Handler for Stuck {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push("hello")?)
    }

    fn collect_incoming_data(&mut self, _: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        channel.close_when_done();
        let _ = self.is_stuck.send(());
        let _ = self.released.recv();
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }
}

/// Sends a line and checks that the same line comes back.
pub(crate) fn exchange(mut stream: &TcpStream, line: &str) {
    stream.write_all(line.as_bytes()).unwrap();
    let mut answer = vec![0; line.len()];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(answer, line.as_bytes());
}
