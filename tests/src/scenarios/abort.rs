//! Aborts of a connection from another thread.

use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use asynchat_core::drive::{MailboxError, Peer};
use asynchat_core::{BoxError, Channel, Config, Error, FnProducer, Handler};

use super::peer;
use crate::adapters::Adapter;

/// The state of a connection when it is aborted.
#[derive(Debug, Clone, Copy)]
enum When {
    /// Waits for a frame.
    Idle,
    /// Waits for a peer that does not read.
    Writing,
    /// Writes without end, to a peer that reads.
    Streaming,
    /// Has sent everything, and waits for the peer to close.
    Lingering,
}

struct Aborted {
    when: When,
    outcome: Sender<Result<(), Error>>,
}

impl Handler for Aborted {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        match self.when {
            When::Idle => channel.push("x")?,
            When::Writing => channel.push(vec![b'x'; 32 << 20])?,
            When::Streaming => {
                let chunk = bytes::Bytes::from(vec![b'x'; 64 << 10]);
                channel.push_with_producer(FnProducer::new(move || Ok(Some(chunk.clone()))))?;
            }
            When::Lingering => {
                channel.push("x")?;
                channel.close_when_done();
            }
        }
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        let _ = self.outcome.send(outcome.map_err(Clone::clone));
    }
}

/// An abort closes at once, wakes a connection that waits, drops what is queued, and is no fault of the peer's.
// C16
pub fn handle_abort_ends_a_connection_in_any_state<A: Adapter>() {
    // No clock of the connection's own may end it first.
    let config =
        Config::default().with_min_input_rate(None).with_min_output_rate(None).with_linger(Duration::from_secs(600));
    for when in [When::Idle, When::Writing, When::Streaming, When::Lingering] {
        let ((peers, accepted), (outcomes, ended)) = (channel::<Peer<Aborted>>(), channel());
        let serving = A::serve(config.clone(), 4, move |peer| {
            peers.send(peer).unwrap();
            Aborted { when, outcome: outcomes.clone() }
        });
        let client = peer::connect(serving.address());
        let handle = accepted.recv().unwrap().handle().clone();
        assert_eq!(peer::read_exactly(&client, 1), b"x");
        match when {
            When::Lingering => assert_eq!(peer::read_to_end(&client), b""),
            When::Streaming => drop(peer::read_exactly(&client, 8 << 20)),
            When::Idle | When::Writing => {}
        }
        if let When::Idle | When::Writing = when {
            handle.push("behind it").unwrap();
        }
        handle.abort();
        assert_eq!(handle.push("late"), Err(MailboxError::Closed));
        assert_eq!(ended.recv(), Ok(Err(Error::Aborted)), "{when:?}");
        peer::assert_closed(&client);
        assert!(handle.is_closed());
        handle.abort();
        serving.stop();
    }
}
