//! A server whose connections are served by code: `Server::serve_with` and `Incoming`.

use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asynchat_core::drive::ConnectionHandle;
use asynchat_core::{BoxError, Channel, Error, Handler};

use super::conversation::EchoHandler;
use super::peer;
use super::server::assert_served;
use crate::adapters::{Adapter, Settings, any_port};

/// Sends a line, and reads its answer.
pub(super) fn ask(client: &TcpStream, line: &str, answer: &str) {
    peer::ask(client, &format!("{line}\r\n"), answer);
}

/// A `Connection` over the accepted stream answers, and closes when its peer does.
pub fn serve_with_pulls_lines_from_a_connection<A: Adapter>() {
    let serving = A::serve_lines(any_port(), Settings::default());
    let clients = [(); 3].map(|()| peer::connect(serving.address()));
    for client in &clients {
        ask(client, "one", "one|");
        ask(client, "two", "two|");
        ask(client, "push", "pushed|");
    }
    for client in clients {
        peer::half_close(&client);
        assert_eq!(peer::read_to_end(&client), b"");
    }
    serving.stop();
}

/// `Incoming::drive` drives a handler over the accepted stream, and the handle pushes to it.
pub fn serve_with_drives_a_handler<A: Adapter>() {
    let (handles, accepted) = channel();
    let serving = A::serve_drive(any_port(), Settings::default(), move |handle| {
        handles.send(handle.clone()).unwrap();
        EchoHandler::new().0
    });
    assert_served(&peer::connect(serving.address()));
    let first = accepted.recv().unwrap();
    let client = peer::connect(serving.address());
    assert_eq!(peer::read_exactly(&client, 6), b"hello|");
    let second: ConnectionHandle = accepted.recv().unwrap();
    assert_ne!(first, second);
    second.push("pushed|").unwrap();
    assert_eq!(peer::read_exactly(&client, 7), b"pushed|");
    second.close_when_done();
    assert_eq!(peer::read_to_end(&client), b"");
    drop(client);
    serving.stop();
}

/// A panic of the code ends its own connection and no other, and the connection no longer counts towards the limit.
// C19
pub fn serve_with_survives_panics<A: Adapter>() {
    let serving = A::serve_lines(any_port(), Settings { connection_limit: 2, ..Settings::default() });
    let bystander = peer::connect(serving.address());
    ask(&bystander, "here", "here|");
    for _ in 0..5 {
        let client = peer::connect(serving.address());
        peer::send_in_pieces(&client, [&b"panic\r\n"[..]]);
        peer::assert_closed(&client);
    }
    ask(&bystander, "still here", "still here|");
    drop(bystander);
    serving.stop();
}

/// No more connections are served at once than the limit allows. The others wait.
pub fn serve_with_queues_connections_above_the_limit<A: Adapter>() {
    let serving = A::serve_lines(any_port(), Settings { connection_limit: 1, ..Settings::default() });
    let first = peer::connect(serving.address());
    ask(&first, "one", "one|");
    let mut waiting = peer::connect(serving.address());
    peer::send_in_pieces(&waiting, [&b"two\r\n"[..]]);
    waiting.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let error = waiting.read(&mut [0]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    waiting.set_read_timeout(None).unwrap();
    drop(first);
    assert_eq!(peer::read_exactly(&waiting, 4), b"two|");
    drop(waiting);
    serving.stop();
}

/// A shutdown tells the code, which says a last word.
// C17
pub fn serve_with_shutdown_is_told_to_the_code<A: Adapter>() {
    let serving = A::serve_lines(any_port(), Settings::default());
    let client = peer::connect(serving.address());
    ask(&client, "one", "one|");
    serving.shutdown();
    assert_eq!(peer::read_to_end(&client), b"bye|");
    drop(client);
    serving.join();
}

/// A shutdown tells the handler of `Incoming::drive`.
// C17
pub fn serve_with_shutdown_is_told_to_the_handler<A: Adapter>() {
    let serving = A::serve_drive(any_port(), Settings::default(), |_| Farewell);
    let client = peer::connect(serving.address());
    assert_eq!(peer::read_exactly(&client, 6), b"hello|");
    serving.shutdown();
    assert_eq!(peer::read_to_end(&client), b"bye|");
    drop(client);
    serving.join();
}

struct Farewell;

impl Handler for Farewell {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push("hello|")?)
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_shutdown(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push("bye|")?;
        channel.close_when_done();
        Ok(())
    }
}

/// After the drain timeout, code that goes on is dropped, or its calls fail, and `serve_with` returns.
// C16, C17
pub fn serve_with_aborts_after_the_drain_timeout<A: Adapter>() {
    let settings = Settings { drain_timeout: Duration::from_millis(50), ..Settings::default() };
    let serving = A::serve_lines(any_port(), settings);
    let client = peer::connect(serving.address());
    ask(&client, "hang", "hanging|");
    serving.shutdown();
    serving.join();
    peer::assert_closed(&client);
}

/// An abort through the handle ends the code that a handler waits in, and wakes it.
// C16
pub fn serve_with_abort_ends_a_connection<A: Adapter>() {
    let (handles, accepted) = channel();
    let (outcomes, ended) = channel();
    let serving = A::serve_drive(any_port(), Settings::default(), move |handle| {
        handles.send(handle.clone()).unwrap();
        Noted(Mutex::new(outcomes.clone()))
    });
    let client = peer::connect(serving.address());
    accepted.recv().unwrap().abort();
    assert_eq!(ended.recv(), Ok(Err(Error::Aborted)));
    peer::assert_closed(&client);
    serving.stop();
}

/// Notes its outcome.
struct Noted(Mutex<Sender<Result<(), Error>>>);

impl Handler for Noted {
    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        let _ = self.0.lock().unwrap().send(outcome.map_err(Clone::clone));
    }
}

/// Connections that the admission refuses are closed, no code serves them, and they do not count towards the limit.
pub fn server_refuses_connections_by_address<A: Adapter>() {
    let asked = AtomicUsize::new(0);
    // Every second connection is refused.
    let admits = move |address: &SocketAddr| {
        assert!(address.ip().is_loopback());
        asked.fetch_add(1, Ordering::SeqCst) % 2 == 1
    };
    let settings = Settings { connection_limit: 1, admits: Arc::new(admits), ..Settings::default() };
    let serving = A::serve_lines(any_port(), settings);
    for _ in 0..3 {
        peer::assert_closed(&peer::connect(serving.address()));
        ask(&peer::connect(serving.address()), "one", "one|");
    }
    serving.stop();
}
