//! A conversation that uses every feature of a handler, and the result that core alone gives for it.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asynchat_core::{BoxError, Channel, Chat, Config, End, Error, Handler, Input, SimpleProducer};
use bytes::Buf;

use crate::harness::noop_context;

/// Inputs with a delimiter cut short, an empty line, a count, and no terminator. They end inside a delimiter, inside a
/// count, and cleanly.
pub const INPUTS: [&[u8]; 3] = [
    b"one\r\n5\r\nab\r\nc\rtwo\r\r\n\r\n3\r\nxyzlast\r",
    b"2\r\n\r\n0\r\n\r\n9\r\nshort",
    b"a\r\nstream\r\nfree\r\n text\r",
];

/// The calls that an [`EchoHandler`] got.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct CallLog {
    /// The events: data unchanged, the end of a frame as `|`, the end of the stream by name.
    pub events: Vec<u8>,
    /// The outcome that each `handle_close` got.
    pub closes: Vec<Result<(), Error>>,
    /// The calls that came too early or too late.
    pub out_of_order: Vec<&'static str>,
    connected: bool,
}

/// Echoes. A line that is a number makes that many bytes the next frame; `stream` removes the terminator; `quit`
/// closes.
#[derive(Debug, Default)]
pub struct EchoHandler {
    call_log: Arc<Mutex<CallLog>>,
    line: Vec<u8>,
    counting: bool,
}

impl EchoHandler {
    /// Creates a handler, and the log of its calls.
    pub fn new() -> (Self, Arc<Mutex<CallLog>>) {
        let handler = Self::default();
        let call_log = Arc::clone(&handler.call_log);
        (handler, call_log)
    }

    fn record(&self, call: &'static str, event: &[u8]) {
        let mut call_log = self.call_log.lock().unwrap();
        let connecting = call == "handle_connect";
        if call_log.connected == connecting || !call_log.closes.is_empty() {
            call_log.out_of_order.push(call);
        }
        call_log.connected |= connecting;
        call_log.events.extend_from_slice(event);
    }
}

impl Handler for EchoHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.record("handle_connect", b"");
        channel.set_terminator(b"\r\n");
        channel.expect_frame();
        Ok(channel.push("hello|")?)
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        self.record("collect_incoming_data", data);
        self.line.extend_from_slice(data);
        Ok(channel.push(data.to_vec())?)
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.record("found_terminator", b"|");
        channel.push("|")?;
        channel.expect_frame();
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.counting) {
            channel.set_terminator(b"\r\n");
        } else if let Some(count) = std::str::from_utf8(&line).ok().and_then(|line| line.parse::<u64>().ok()) {
            channel.set_terminator(count);
            self.counting = true;
        } else if line == b"stream" {
            channel.set_terminator(asynchat_core::Terminator::None);
        } else if line == b"quit" {
            channel.close_when_done();
        }
        Ok(())
    }

    /// Continues to write: the peer may still be reading.
    fn handle_eof(&mut self, end: End, channel: &mut Channel) -> Result<(), BoxError> {
        let end = format!("[{end}]").into_bytes();
        self.record("handle_eof", &end);
        channel.push_with_producer(SimpleProducer::with_chunk_size(end, NonZeroUsize::MIN))?;
        channel.push("bye")?;
        channel.close_when_done();
        Ok(())
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        let mut call_log = self.call_log.lock().unwrap();
        if !call_log.connected {
            call_log.out_of_order.push("handle_close");
        }
        call_log.closes.push(outcome.map_err(Clone::clone));
    }
}

/// Runs core alone on an input: returns the events of [`EchoHandler`], and its output.
pub fn expected(input: &[u8], ended: bool) -> (Vec<u8>, Vec<u8>) {
    let (handler, call_log) = EchoHandler::new();
    let mut chat = Chat::new(handler, Config::default());
    chat.handle_input(Duration::ZERO, &mut Input::new(input)).unwrap();
    if ended {
        chat.handle_eof(Duration::ZERO).unwrap();
    }
    let mut output = Vec::new();
    while chat.wants_write() {
        let mut staged = chat.poll_transmit(&mut noop_context());
        let chunk = staged.copy_to_bytes(staged.remaining());
        output.extend_from_slice(&chunk);
    }
    let events = call_log.lock().unwrap().events.clone();
    (events, output)
}

/// Runs core alone on an input, after which the transport fails: returns the events of [`EchoHandler`].
pub fn expected_before_failure(input: &[u8]) -> Vec<u8> {
    let (handler, call_log) = EchoHandler::new();
    let mut chat = Chat::new(handler, Config::default());
    chat.handle_input(Duration::ZERO, &mut Input::new(input)).unwrap();
    let _ = chat.handle_transport_error("it is gone");
    call_log.lock().unwrap().events.clone()
}
