//! The shutdown of a server.

use std::io::{self, ErrorKind, Read};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use asynchat_core::{BoxError, Channel, Config, Error, FnProducer, Handler};

use super::peer;
use crate::adapters::{Adapter, Settings, any_port};

/// Greets, and says a last word.
struct Worded {
    farewell: &'static str,
    outcome: Sender<Result<(), Error>>,
}

impl Handler for Worded {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push("hello|")?)
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push(data.to_vec())?)
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_eof(&mut self, _: asynchat_core::End, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push("until then")?;
        channel.close_when_done();
        Ok(())
    }

    /// Goes on until the peer closes.
    fn handle_shutdown(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push(self.farewell)?)
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        let _ = self.outcome.send(outcome.map_err(Clone::clone));
    }
}

/// A shutdown tells each handler once, behind everything that was pushed before. The handler says a last word, and may
/// go on.
// C17
pub fn server_shutdown_lets_handlers_say_a_last_word<A: Adapter>() {
    let ((outcomes, ended), (peers, accepted)) = (channel(), channel());
    // A low mark of 0 holds back the second push while the first is not sent.
    let config = Config::default().with_low_water(0);
    let serving = A::serve(config, 4, move |peer| {
        peers.send(peer).unwrap();
        Worded { farewell: "the server goes down|", outcome: outcomes.clone() }
    });
    let client = peer::connect(serving.address());
    assert_eq!(peer::read_exactly(&client, 6), b"hello|");
    let handle = accepted.recv().unwrap().handle().clone();
    for push in ["one|", "two|", "three|"] {
        handle.push(push).unwrap();
    }
    serving.shutdown();
    assert_eq!(peer::read_exactly(&client, 35), b"one|two|three|the server goes down|");
    serving.shutdown();
    // It goes on: this is no close.
    peer::send_in_pieces(&client, [&b"still here|"[..]]);
    assert_eq!(peer::read_exactly(&client, 11), b"still here|");
    handle.push("four|").unwrap();
    assert_eq!(peer::read_exactly(&client, 5), b"four|");
    peer::half_close(&client);
    assert_eq!(peer::read_to_end(&client), b"until then");
    drop(client);
    serving.join();
    assert_eq!(ended.recv(), Ok(Ok(())));
}

/// Produces without end, or waits without end, and does not care for the shutdown.
struct Endless {
    produces: bool,
    outcome: Sender<Result<(), Error>>,
}

impl Handler for Endless {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push("x")?;
        if self.produces {
            let chunk = bytes::Bytes::from(vec![b'x'; 64 << 10]);
            channel.push_with_producer(FnProducer::new(move || Ok(Some(chunk.clone()))))?;
        }
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_shutdown(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        if self.produces {
            channel.close_when_done();
        }
        Ok(())
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        let _ = self.outcome.send(outcome.map_err(Clone::clone));
    }
}

/// After the drain timeout, what is left is aborted, and `serve` returns: a producer without end, to a peer that reads
/// and to one that does not, and a handler that does not close.
// C16, C17
pub fn server_shutdown_aborts_after_the_drain_timeout<A: Adapter>() {
    let drain_timeout = Duration::from_millis(200);
    let (outcomes, ended) = channel();
    let mut produces = [true, true, false].into_iter();
    let config = Config::default().with_min_input_rate(None).with_min_output_rate(None);
    let settings = Settings { config, drain_timeout, ..Settings::default() };
    let serving = A::serve_on(any_port(), settings, move |_| Endless {
        produces: produces.next().unwrap(),
        outcome: outcomes.clone(),
    });
    let clients = [(); 3].map(|()| {
        let client = peer::connect(serving.address());
        assert_eq!(peer::read_exactly(&client, 1), b"x");
        client
    });
    let [mut reader, writer, waiting] = clients;
    let reading = thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => return assert_eq!(error.kind(), ErrorKind::ConnectionReset),
            }
        }
    });
    let begun = Instant::now();
    serving.shutdown();
    serving.join();
    assert!(begun.elapsed() >= drain_timeout, "{:?}", begun.elapsed());
    assert_eq!(ended.try_iter().collect::<Vec<_>>(), vec![Err(Error::Aborted); 3]);
    reading.join().unwrap();
    // The abort resets a connection with unsent output. One that was merely dropped would end like a complete one.
    let error = io::copy(&mut { writer }, &mut io::sink()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    drop(waiting);
}

/// A connection in the backlog is refused at the shutdown: no handler is made for it, and nothing of what it sent is read.
// C17
pub fn server_shutdown_refuses_the_backlog<A: Adapter>() {
    let ((outcomes, ended), (peers, accepted)) = (channel(), channel());
    let serving = A::serve(Config::default(), 1, move |peer| {
        peers.send(peer.address()).unwrap();
        Worded { farewell: "bye", outcome: outcomes.clone() }
    });
    let first = peer::connect(serving.address());
    assert_eq!(peer::read_exactly(&first, 6), b"hello|");
    let mut backlog = peer::connect(serving.address());
    peer::send_in_pieces(&backlog, [&b"a request"[..]]);
    serving.shutdown();
    let error = backlog.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(peer::read_exactly(&first, 3), b"bye");
    assert_eq!(accepted.recv(), Ok(first.local_addr().unwrap()));
    peer::half_close(&first);
    assert_eq!(peer::read_to_end(&first), b"until then");
    drop(first);
    serving.join();
    assert!(accepted.recv().is_err(), "no other handler was made");
    assert_eq!(ended.recv(), Ok(Ok(())));
}
