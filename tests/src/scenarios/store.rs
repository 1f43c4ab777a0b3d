//! A handler that waits for something else: it pauses, the work goes on elsewhere, and calls back.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use asynchat_core::drive::{Caller, MailboxError};
use asynchat_core::{BoxError, Channel, Config, Error, Handler};

use super::{is_full_run, peer};
use crate::adapters::Adapter;

/// A key that is looked up, and where the answer goes.
type Job = (Vec<u8>, Caller<StoreHandler>);

/// The marks of a run.
#[derive(Debug, Default)]
struct Seen {
    /// The jobs that are being worked on.
    jobs: AtomicUsize,
    /// The most output that was queued.
    queued: AtomicUsize,
}

/// Looks each line up in a store that answers later.
struct StoreHandler {
    line: Vec<u8>,
    caller: Caller<Self>,
    store: Sender<Job>,
    seen: Arc<Seen>,
}

impl Handler for StoreHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\r\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        assert!(!channel.is_paused(), "no event while paused");
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.pause();
        assert_eq!(self.seen.jobs.fetch_add(1, Ordering::SeqCst), 0, "one job at a time");
        self.store.send((std::mem::take(&mut self.line), self.caller.clone()))?;
        Ok(())
    }
}

/// Answers the jobs on a thread of its own.
fn serve_store(seen: Arc<Seen>) -> Sender<Job> {
    let (store, jobs) = channel::<Job>();
    thread::spawn(move || {
        for (key, caller) in jobs {
            let answer = [b"the value of ", key.as_slice(), b"\r\n"].concat();
            let seen = Arc::clone(&seen);
            let called = caller.call_blocking(move |_, channel| {
                seen.jobs.fetch_sub(1, Ordering::SeqCst);
                channel.push(answer)?;
                seen.queued.fetch_max(channel.queued(), Ordering::SeqCst);
                channel.resume();
                Ok(())
            });
            called.unwrap();
        }
    });
    store
}

/// Pipelined commands are answered in order, one at a time, from a store that answers on another thread. The requests that
/// wait are bounded, though the peer sends as fast as it can.
// C12, C14, O6
pub fn server_answers_from_an_asynchronous_store<A: Adapter>() {
    let commands = if is_full_run() { 100_000 } else { 3_000 };
    let seen = Arc::new(Seen::default());
    let store = Mutex::new(serve_store(Arc::clone(&seen)));
    let watched = Arc::clone(&seen);
    let low_water = Config::default().low_water;
    let serving = A::serve(Config::default(), 4, move |peer| StoreHandler {
        line: Vec::new(),
        caller: peer.caller().clone(),
        store: store.lock().unwrap().clone(),
        seen: Arc::clone(&watched),
    });
    let client = peer::connect(serving.address());
    let mut writer = client.try_clone().unwrap();
    let writing = thread::spawn(move || {
        for number in 0..commands {
            write!(writer, "key {number}\r\n").unwrap();
        }
    });
    let expected: String = (0..commands).map(|number| format!("the value of key {number}\r\n")).collect();
    assert!(peer::read_exactly(&client, expected.len()) == expected.as_bytes(), "each once, in order");
    writing.join().unwrap();
    let queued = seen.queued.load(Ordering::SeqCst);
    assert!(queued <= 2 * low_water, "{queued} bytes were queued");
    drop(client);
    serving.stop();
}

/// A report of a [`Called`].
#[derive(Debug, PartialEq)]
enum Report {
    Connected(u8),
    Ended(u8, Result<(), Error>),
}

/// Is called from outside.
struct Called {
    number: u8,
    reports: Sender<Report>,
}

impl Handler for Called {
    fn handle_connect(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(self.reports.send(Report::Connected(self.number))?)
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        let _ = self.reports.send(Report::Ended(self.number, outcome.map_err(Clone::clone)));
    }
}

/// Pushes and calls of one sender keep their order. A call wakes an idle connection, and its error ends it.
// C14
pub fn call_reaches_an_idle_connection_in_order<A: Adapter>() {
    let ((callers, accepted), (reports, reported)) = (channel(), channel());
    let serving = A::serve(Config::default(), 4, move |peer| {
        callers.send(peer.caller().clone()).unwrap();
        Called { number: 1, reports: reports.clone() }
    });
    let client = peer::connect(serving.address());
    let caller = accepted.recv().unwrap();
    assert_eq!(reported.recv(), Ok(Report::Connected(1)));
    for round in 0..50 {
        caller.handle().push("pushed|").unwrap();
        caller
            .call(move |called: &mut Called, channel| {
                called.number = round;
                Ok(channel.push("called|")?)
            })
            .unwrap();
        caller.handle().push("pushed again|").unwrap();
        assert_eq!(peer::read_exactly(&client, 27), b"pushed|called|pushed again|");
    }
    caller.call(|_, _| Err("it cannot go on".into())).unwrap();
    assert_eq!(peer::read_to_end(&client), b"");
    let Ok(Report::Ended(49, Err(Error::Handler(_)))) = reported.recv() else { panic!("the handler's error ends it") };
    assert_eq!(caller.call(|_, _| Ok(())), Err(MailboxError::Closed));
    drop(client);
    serving.stop();
}

/// A call that panics ends its own connection and no other, and nothing more is called on its handler.
// C14, C19
pub fn call_that_panics_ends_its_connection_alone<A: Adapter>() {
    let ((callers, accepted), (reports, reported)) = (channel(), channel());
    let mut number = 0;
    let serving = A::serve(Config::default(), 4, move |peer| {
        callers.send(peer.caller().clone()).unwrap();
        number += 1;
        Called { number, reports: reports.clone() }
    });
    let connect = || {
        let client = peer::connect(serving.address());
        let caller: Caller<Called> = accepted.recv().unwrap();
        assert!(matches!(reported.recv(), Ok(Report::Connected(_))));
        (client, caller)
    };
    let ((panicking, its_caller), (other, caller)) = (connect(), connect());
    its_caller.call(|_, _| std::panic::resume_unwind(Box::new("a call's"))).unwrap();
    its_caller.call_blocking(|called, _| Ok(called.reports.send(Report::Connected(0))?)).ok();
    assert_eq!(peer::read_to_end(&panicking), b"");
    caller.call(|_, channel| Ok(channel.push("still here")?)).unwrap();
    assert_eq!(peer::read_exactly(&other, 10), b"still here");
    assert_eq!(reported.try_recv().ok(), None);
    caller.handle().close_when_done();
    assert_eq!(peer::read_to_end(&other), b"");
    drop((panicking, other));
    assert_eq!(reported.recv(), Ok(Report::Ended(2, Ok(()))));
    serving.stop();
}

/// A thread that pushes more than the mailbox holds waits for room, and loses nothing.
// O9
pub fn mailbox_push_blocking_waits_for_room<A: Adapter>() {
    const PIECES: usize = 500;

    let ((callers, accepted), (reports, _reported)) = (channel(), channel());
    let serving = A::serve(Config::default().with_mailbox_capacity(1), 4, move |peer| {
        callers.send(peer.caller().clone()).unwrap();
        Called { number: 1, reports: reports.clone() }
    });
    let client = peer::connect(serving.address());
    let caller = accepted.recv().unwrap();
    let piece = bytes::Bytes::from(peer::pattern(10_000));
    let pushed = piece.clone();
    let pushing = thread::spawn(move || {
        for _ in 0..PIECES {
            caller.handle().push_blocking(pushed.clone())?;
        }
        caller.call_blocking(|_, channel| {
            channel.close_when_done();
            Ok(())
        })
    });
    let received = peer::read_to_end(&client);
    assert_eq!(received.len(), PIECES * piece.len());
    assert!(received.chunks(piece.len()).all(|chunk| chunk == piece));
    assert_eq!(pushing.join().unwrap(), Ok(()));
    drop(client);
    serving.stop();
}
