//! The observer of a server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use asynchat_core::drive::{ConnectionInfo, Metrics, Observer, Traffic};
use asynchat_core::{Blame, BoxError, Channel, Config, Error, Handler};

use super::conversation::EchoHandler;
use super::peer;
use super::serve_with::ask;
use super::server::{PanickingDrop, PanickingHandler};
use crate::adapters::{Adapter, Settings, any_port};

/// A call of an observer.
#[derive(Debug, PartialEq, Eq)]
enum Call {
    Accepted(u64, Option<SocketAddr>),
    Refused(u64),
    Failed(io::ErrorKind),
    Closed(u64, Option<Blame>, Traffic),
    Panicked(u64),
}

/// Notes each call.
struct Noting(Sender<Call>);

impl Noting {
    fn new() -> (Arc<Self>, Receiver<Call>) {
        let (sender, calls) = channel();
        (Arc::new(Self(sender)), calls)
    }
}

impl Observer for Noting {
    fn accepted(&self, connection: &ConnectionInfo) {
        self.0.send(Call::Accepted(connection.number(), connection.address())).unwrap();
    }

    fn refused(&self, connection: &ConnectionInfo) {
        self.0.send(Call::Refused(connection.number())).unwrap();
    }

    fn accept_failed(&self, error: &io::Error) {
        self.0.send(Call::Failed(error.kind())).unwrap();
    }

    fn closed(&self, connection: &ConnectionInfo, outcome: Result<(), &Error>, traffic: Traffic) {
        let blame = outcome.err().map(Error::blame);
        self.0.send(Call::Closed(connection.number(), blame, traffic)).unwrap();
    }

    fn panicked(&self, connection: &ConnectionInfo) {
        self.0.send(Call::Panicked(connection.number())).unwrap();
    }
}

fn traffic(received: u64, sent: u64, unsent: u64) -> Traffic {
    let mut traffic = Traffic::default();
    (traffic.received, traffic.sent, traffic.unsent) = (received, sent, unsent);
    traffic
}

/// The observer of `serve` is told of each connection, of its end with whose fault and how many bytes, and of a panic. When
/// `serve` returns, it knows every end.
// C19, C23
pub fn observer_is_told_of_handlers<A: Adapter>() {
    let (observer, calls) = Noting::new();
    let settings = Settings { observer: Some(observer), ..Settings::default() };
    let serving = A::serve_on(any_port(), settings, |_| PanickingHandler(EchoHandler::new().0));

    let client = peer::connect(serving.address());
    assert_eq!(calls.recv(), Ok(Call::Accepted(0, client.local_addr().ok())));
    peer::send_in_pieces(&client, [&b"quit\r\n"[..]]);
    assert_eq!(peer::read_to_end(&client), b"hello|quit|");
    drop(client);
    assert_eq!(calls.recv(), Ok(Call::Closed(0, None, traffic(6, 11, 0))));

    let client = peer::connect(serving.address());
    assert_eq!(calls.recv(), Ok(Call::Accepted(1, client.local_addr().ok())));
    assert_eq!(peer::read_exactly(&client, 6), b"hello|");
    peer::send_in_pieces(&client, [&b"panic"[..]]);
    peer::assert_closed(&client);
    assert_eq!(calls.recv(), Ok(Call::Panicked(1)));
    assert_eq!(calls.recv(), Ok(Call::Closed(1, Some(Blame::Handler), traffic(5, 6, 0))));

    let client = peer::connect(serving.address());
    assert_eq!(peer::read_exactly(&client, 6), b"hello|");
    assert_eq!(calls.recv(), Ok(Call::Accepted(2, client.local_addr().ok())));
    serving.shutdown();
    assert_eq!(peer::read_to_end(&client), b"");
    drop(client);
    serving.join();
    assert_eq!(calls.recv(), Ok(Call::Closed(2, None, traffic(0, 6, 0))));
    assert!(calls.recv().is_err(), "no further call");
}

/// A handler that panics, and again when it is dropped, is one panic to the observer.
// C19, C23
pub fn observer_is_told_of_a_panic_once<A: Adapter>() {
    let (observer, calls) = Noting::new();
    let settings = Settings { observer: Some(observer), ..Settings::default() };
    let serving = A::serve_on(any_port(), settings, |_| PanickingDrop::new());
    let client = peer::connect(serving.address());
    assert_eq!(peer::read_exactly(&client, 6), b"hello|");
    peer::send_in_pieces(&client, [&b"payload and drop"[..]]);
    peer::assert_closed(&client);
    assert_eq!(calls.recv(), Ok(Call::Accepted(0, client.local_addr().ok())));
    assert_eq!(calls.recv(), Ok(Call::Panicked(0)));
    assert_eq!(calls.recv(), Ok(Call::Closed(0, Some(Blame::Handler), traffic(16, 6, 0))));
    serving.stop();
    assert!(calls.recv().is_err(), "no further call");
}

/// The observer of `serve_with` is told of the error that the code returns, of its panic, of what was refused, and of the
/// bytes of a `Connection`.
// C19, C23
pub fn observer_is_told_of_code<A: Adapter>() {
    let (observer, calls) = Noting::new();
    let settings = Settings { observer: Some(observer), ..Settings::default() };
    let serving = A::serve_lines(any_port(), settings);

    let client = peer::connect(serving.address());
    assert_eq!(calls.recv(), Ok(Call::Accepted(0, client.local_addr().ok())));
    ask(&client, "one", "one|");
    peer::send_in_pieces(&client, [&b"fail\r\n"[..]]);
    peer::assert_closed(&client);
    assert_eq!(calls.recv(), Ok(Call::Closed(0, Some(Blame::Peer), traffic(11, 4, 0))));

    let client = peer::connect(serving.address());
    assert_eq!(calls.recv(), Ok(Call::Accepted(1, client.local_addr().ok())));
    peer::send_in_pieces(&client, [&b"panic\r\n"[..]]);
    peer::assert_closed(&client);
    assert_eq!(calls.recv(), Ok(Call::Panicked(1)));
    assert_eq!(calls.recv(), Ok(Call::Closed(1, Some(Blame::Handler), traffic(7, 0, 0))));
    serving.stop();
    assert!(calls.recv().is_err(), "no further call");
}

/// A connection that is aborted is nobody's fault but the program's, under `serve` and under `serve_with`.
// C16, C23
pub fn observer_is_told_of_aborts<A: Adapter>() {
    let (observer, calls) = Noting::new();
    let settings = Settings { observer: Some(observer), drain_timeout: Duration::ZERO, ..Settings::default() };
    let serving = A::serve_lines(any_port(), settings);
    let client = peer::connect(serving.address());
    ask(&client, "hang", "hanging|");
    assert_eq!(calls.recv(), Ok(Call::Accepted(0, client.local_addr().ok())));
    serving.stop();
    peer::assert_closed(&client);
    assert_eq!(calls.recv(), Ok(Call::Closed(0, Some(Blame::Driver), traffic(6, 8, 0))));
}

/// A handler that queues more than its peer takes.
struct Flood;

impl Handler for Flood {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push(vec![b'x'; 64 << 20])?)
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }
}

/// Output that was queued and dropped is counted: all that was pushed was sent or is unsent.
// C23
pub fn observer_is_told_of_unsent_output<A: Adapter>() {
    let (observer, calls) = Noting::new();
    let settings = Settings { observer: Some(observer), drain_timeout: Duration::ZERO, ..Settings::default() };
    let serving = A::serve_on(any_port(), settings, |_| Flood);
    let client = peer::connect(serving.address());
    assert_eq!(peer::read_exactly(&client, 1), b"x");
    assert_eq!(calls.recv(), Ok(Call::Accepted(0, client.local_addr().ok())));
    serving.stop();
    match calls.recv() {
        Ok(Call::Closed(0, Some(Blame::Driver), traffic)) => {
            assert_eq!((traffic.received, traffic.sent + traffic.unsent), (0, 64 << 20));
            assert!(traffic.sent > 0 && traffic.unsent > 0, "{traffic:?}");
        }
        call => panic!("{call:?}"),
    }
}

/// `Metrics` counts, and is told of what was refused.
// C23
pub fn metrics_count_connections<A: Adapter>() {
    let metrics = Arc::new(Metrics::default());
    let observer: Arc<dyn Observer> = Arc::<Metrics>::clone(&metrics);
    let settings = Settings { observer: Some(observer), admits: Arc::new(|_| false), ..Settings::default() };
    let serving = A::serve_lines(any_port(), settings);
    for _ in 0..3 {
        peer::assert_closed(&peer::connect(serving.address()));
    }
    serving.stop();
    assert_eq!((metrics.snapshot().accepted, metrics.snapshot().refused), (0, 3));

    let observer: Arc<dyn Observer> = Arc::<Metrics>::clone(&metrics);
    let settings = Settings { observer: Some(observer), config: Config::default(), ..Settings::default() };
    let serving = A::serve_lines(any_port(), settings);
    for line in ["one\r\n", "fail\r\n", "panic\r\n"] {
        let client = peer::connect(serving.address());
        peer::send_in_pieces(&client, [line.as_bytes()]);
        if line.starts_with("one") {
            assert_eq!(peer::read_exactly(&client, 4), b"one|");
            peer::half_close(&client);
        }
        peer::assert_closed(&client);
    }
    serving.stop();
    let counts = metrics.snapshot();
    assert_eq!((counts.accepted, counts.closed, counts.open(), counts.panicked), (3, 3, 0, 1));
    assert_eq!((counts.failed_by_peer, counts.failed_by_handler, counts.aborted), (1, 1, 0));
    assert_eq!((counts.received, counts.sent, counts.unsent), (18, 4, 0));
}
