//! Whose fault a failure is.

use std::io;
use std::sync::{Arc, Mutex};

use asynchat_core::{Blame, BoxError, Channel, Config, End, Error, FnProducer, Handler};

use crate::adapters::{Adapter, PullConnection};
use crate::harness::faulty::{FaultPlan, Faulty};

/// Where a [`FailingHandler`] fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FailAt {
    Connect,
    Data,
    Terminator,
    /// With an error that blames the peer.
    Protocol,
    /// Not in the handler: it queues a producer that fails.
    Producer,
    End,
}

/// Sends some data before it fails, and some after it if it can.
struct FailingHandler {
    at: FailAt,
    closes: Arc<Mutex<Vec<Result<(), Error>>>>,
}

impl FailingHandler {
    fn fail_if(&self, at: FailAt) -> Result<(), BoxError> {
        if self.at == at { Err("it fails here".into()) } else { Ok(()) }
    }
}

impl Handler for FailingHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        self.fail_if(FailAt::Connect)
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.fail_if(FailAt::Data)
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push("before")?;
        match self.at {
            FailAt::Protocol => return Err(Error::protocol("no such command").into()),
            FailAt::Producer => {
                channel.push_with_producer(FnProducer::new(|| Err("it fails here".into())))?;
                channel.push("after")?;
            }
            _ => {}
        }
        self.fail_if(FailAt::Terminator)
    }

    fn handle_eof(&mut self, _: End, channel: &mut Channel) -> Result<(), BoxError> {
        self.fail_if(FailAt::End)?;
        channel.close_when_done();
        Ok(())
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        self.closes.lock().unwrap().push(outcome.map_err(Clone::clone));
    }
}

/// Whether the handler, the peer or the producer fails: `handle_close` is called once, `drive` returns the same error,
/// and no output follows the failure.
// C1, C4, O3
pub fn drive_reports_each_failure_once_with_its_blame<A: Adapter>() {
    let cases = [
        (FailAt::Connect, Blame::Handler, &b""[..]),
        (FailAt::Data, Blame::Handler, b""),
        (FailAt::Terminator, Blame::Handler, b""),
        (FailAt::Protocol, Blame::Peer, b""),
        (FailAt::Producer, Blame::Producer, b"before"),
        (FailAt::End, Blame::Handler, b"before"),
    ];
    for (at, blame, most) in cases {
        for cut in [1, usize::MAX] {
            let (stream, log) = Faulty::new(FaultPlan::new(b"line\n", cut));
            let closes = Arc::default();
            let outcome =
                A::drive_faulty(stream, FailingHandler { at, closes: Arc::clone(&closes) }, Config::default());
            assert_eq!(*closes.lock().unwrap(), std::slice::from_ref(&outcome), "{at:?}");
            assert_eq!(outcome.map_err(|error| error.blame()), Err(blame), "{at:?}");
            let record = log.snapshot();
            assert!(most.starts_with(&record.written), "{at:?}: {}", record.written.escape_ascii());
            if at == FailAt::Producer {
                assert_eq!(record.written, most, "output before the producer was written");
            }
            assert!(!record.shut_down, "{at:?}: truncated output must not look complete");
        }
    }
}

/// `flush` returns the producer's error on every call; the output before the producer is written; reading still works.
// C4, O3
pub fn connection_producer_error_fails_output_only<A: Adapter>() {
    for cut in [1, usize::MAX] {
        let (stream, log) = Faulty::new(FaultPlan::new(b"one\ntwo\n", cut));
        let mut connection = A::connect_faulty(stream, b"\n", Config::default());
        connection.push("before").unwrap();
        let mut left = 3;
        let producer = FnProducer::new(move || {
            left -= 1;
            if left == 0 { Err(io::Error::other("it fails here").into()) } else { Ok(Some("more".into())) }
        });
        connection.push_with_producer(producer).unwrap();
        connection.push("after").unwrap();
        let error = connection.flush().expect_err("the producer fails");
        assert_eq!(error.blame(), Blame::Producer);
        assert_eq!(connection.flush(), Err(error.clone()), "the same error on every call");
        assert!(connection.push("late").is_err());
        assert_eq!(connection.next_frame(), Ok(Some(b"one".to_vec())));
        assert_eq!(connection.next_frame(), Ok(Some(b"two".to_vec())));
        assert_eq!(connection.next_frame(), Ok(None));
        assert_eq!(connection.close(), Err(error));
        assert_eq!(log.snapshot().written, b"beforemoremore");
    }
}
