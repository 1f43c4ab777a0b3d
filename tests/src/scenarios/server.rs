//! A server, and clients that misbehave.

use std::net::TcpStream;
use std::panic::panic_any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use asynchat_core::{BoxError, Channel, Config, Error, Handler};

use super::conversation::{EchoHandler, INPUTS, expected};
use super::peer;
use crate::adapters::Adapter;

/// Has a whole conversation, as a good client does.
pub(super) fn assert_served(client: &TcpStream) {
    let [input, ..] = INPUTS;
    peer::send_in_pieces(client, [input]);
    peer::half_close(client);
    assert_eq!(peer::read_to_end(client), expected(input, true).1);
}

/// An echo that counts how many of it exist.
struct CountedEcho {
    handler: EchoHandler,
    open: Arc<AtomicUsize>,
}

impl Drop for CountedEcho {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Handler for CountedEcho {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.handler.handle_connect(channel)
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        self.handler.collect_incoming_data(data, channel)
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.handler.found_terminator(channel)
    }

    fn handle_eof(&mut self, end: asynchat_core::End, channel: &mut Channel) -> Result<(), BoxError> {
        self.handler.handle_eof(end, channel)
    }
}

/// The server serves as many connections at once as the limit allows. The others wait, and are served later.
pub fn server_queues_connections_above_the_limit<A: Adapter>() {
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let serving = {
        let (open, most) = (Arc::clone(&open), Arc::clone(&most));
        A::serve(Config::default(), 3, move |_| {
            most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            CountedEcho { handler: EchoHandler::new().0, open: Arc::clone(&open) }
        })
    };
    let served = [(); 3].map(|()| {
        let client = peer::connect(serving.address());
        assert_eq!(peer::read_exactly(&client, 6), b"hello|");
        client
    });
    let waiting = [(); 20].map(|()| {
        let address = serving.address();
        thread::spawn(move || assert_served(&peer::connect(address)))
    });
    for client in &served {
        peer::send_in_pieces(client, [&b"still here\r\n"[..]]);
        assert_eq!(peer::read_exactly(client, 11), b"still here|");
    }
    assert_eq!(most.load(Ordering::SeqCst), 3);
    drop(served);
    for client in waiting {
        client.join().unwrap();
    }
    assert_eq!(most.load(Ordering::SeqCst), 3);
    serving.stop();
}

/// Panics when it receives `panic`.
pub(super) struct PanickingHandler(pub(super) EchoHandler);

impl Handler for PanickingHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.0.handle_connect(channel)
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        assert_ne!(data, b"panic", "as asked");
        self.0.collect_incoming_data(data, channel)
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.0.found_terminator(channel)
    }

    fn handle_eof(&mut self, end: asynchat_core::End, channel: &mut Channel) -> Result<(), BoxError> {
        self.0.handle_eof(end, channel)
    }
}

/// A panic ends its own connection and no other, and the connection no longer counts towards the limit.
pub fn server_survives_a_panicking_handler<A: Adapter>() {
    let serving = A::serve(Config::default(), 2, |_| PanickingHandler(EchoHandler::new().0));
    let bystander = peer::connect(serving.address());
    for _ in 0..5 {
        let client = peer::connect(serving.address());
        assert_eq!(peer::read_exactly(&client, 6), b"hello|");
        peer::send_in_pieces(&client, [&b"panic"[..]]);
        peer::assert_closed(&client);
    }
    assert_eq!(peer::read_exactly(&bystander, 6), b"hello|");
    peer::send_in_pieces(&bystander, [&b"still here\r\n"[..]]);
    assert_eq!(peer::read_exactly(&bystander, 11), b"still here|");
    drop(bystander);
    assert_served(&peer::connect(serving.address()));
    serving.stop();
}

/// If `handler_for` panics, that connection is dropped, and the next one is served.
pub fn server_survives_a_panicking_handler_factory<A: Adapter>() {
    let panics = Arc::new(AtomicBool::new(true));
    let serving = {
        let panics = Arc::clone(&panics);
        A::serve(Config::default(), 2, move |_| {
            assert!(!panics.load(Ordering::SeqCst), "handler_for panics, as the test asks");
            EchoHandler::new().0
        })
    };
    for _ in 0..5 {
        peer::assert_closed(&peer::connect(serving.address()));
    }
    panics.store(false, Ordering::SeqCst);
    assert_served(&peer::connect(serving.address()));
    serving.stop();
}

/// A payload of a panic that panics when it is dropped, with another of its kind.
struct BadPayload;

impl Drop for BadPayload {
    fn drop(&mut self) {
        panic_any(Self);
    }
}

/// Panics in the way that the first byte it receives says, and when it is dropped.
pub(super) struct PanickingDrop {
    handler: EchoHandler,
    panics: bool,
}

impl PanickingDrop {
    pub(super) fn new() -> Self {
        Self { handler: EchoHandler::new().0, panics: false }
    }
}

impl Drop for PanickingDrop {
    fn drop(&mut self) {
        if self.panics {
            panic_any(BadPayload);
        }
    }
}

impl Handler for PanickingDrop {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.handler.handle_connect(channel)
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        match data {
            b"payload" => panic_any(BadPayload),
            b"payload and drop" => {
                self.panics = true;
                panic_any(BadPayload)
            }
            b"drop" => {
                self.panics = true;
                Err("as asked".into())
            }
            _ => self.handler.collect_incoming_data(data, channel),
        }
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.handler.found_terminator(channel)
    }

    fn handle_eof(&mut self, end: asynchat_core::End, channel: &mut Channel) -> Result<(), BoxError> {
        self.handler.handle_eof(end, channel)
    }
}

/// A payload whose drop panics ends its own connection and no other, and so does a handler whose drop panics too.
// C19
pub fn server_survives_panics_in_drops<A: Adapter>() {
    let mut accepted = 0;
    let serving = A::serve(Config::default(), 2, move |_| {
        accepted += 1;
        if accepted % 2 == 0 {
            panic_any(BadPayload);
        }
        PanickingDrop::new()
    });
    let bystander = peer::connect(serving.address());
    assert_eq!(peer::read_exactly(&bystander, 6), b"hello|");
    for how in ["payload", "drop", "payload and drop"] {
        // For every second connection `handler_for` panics.
        peer::assert_closed(&peer::connect(serving.address()));
        let client = peer::connect(serving.address());
        assert_eq!(peer::read_exactly(&client, 6), b"hello|");
        peer::send_in_pieces(&client, [how.as_bytes()]);
        peer::assert_closed(&client);
    }
    peer::send_in_pieces(&bystander, [&b"still here\r\n"[..]]);
    assert_eq!(peer::read_exactly(&bystander, 11), b"still here|");
    drop(bystander);
    serving.stop();
}

/// Sends a large greeting, and reports when it begins and how it ends.
struct Greeter {
    greeting: bytes::Bytes,
    events: Sender<Option<Result<(), Error>>>,
}

impl Handler for Greeter {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push(self.greeting.clone())?;
        Ok(self.events.send(None)?)
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        let _ = self.events.send(Some(outcome.map_err(Clone::clone)));
    }
}

/// A graceful shutdown accepts no more connections, delivers everything that was queued before, and then returns.
// C1, C7, O4
pub fn server_graceful_shutdown_drains_output<A: Adapter>() {
    let greeting = bytes::Bytes::from(peer::pattern(8 << 20));
    let (events, received) = channel();
    let serving = {
        let greeting = greeting.clone();
        let greeting = move |first: bool| if first { greeting.clone() } else { "hi".into() };
        let mut first = true;
        A::serve(Config::default(), 16, move |_| {
            let greeting = greeting(std::mem::take(&mut first));
            Greeter { greeting, events: events.clone() }
        })
    };
    let address = serving.address();
    let slow = peer::connect(address);
    assert_eq!(received.recv(), Ok(None));
    let idle = peer::connect(address);
    assert_eq!(received.recv(), Ok(None));
    assert_eq!(peer::read_exactly(&idle, 2), b"hi");

    serving.shutdown();
    assert_eq!(peer::read_to_end(&idle), b"", "the idle connection is closed at once");
    drop(idle);
    assert_eq!(received.recv(), Ok(Some(Ok(()))));
    assert!(peer::read_to_end(&slow) == greeting, "the whole greeting");
    drop(slow);
    serving.join();
    assert_eq!(received.recv(), Ok(Some(Ok(()))));
    assert!(received.recv().is_err(), "no other event");
    assert!(TcpStream::connect(address).is_err(), "the listener is closed");
}

/// A connection that is reset before the server accepts it, or in the middle, affects no other.
pub fn server_survives_reset_connections<A: Adapter>() {
    let serving = A::serve(Config::default(), 4, |_| EchoHandler::new().0);
    for round in 0..200 {
        let client = peer::connect(serving.address());
        if round % 2 == 1 {
            peer::send_in_pieces(&client, [&b"one\r\n100\r\nhalf"[..]]);
        }
        peer::reset(client);
    }
    assert_served(&peer::connect(serving.address()));
    serving.stop();
}
