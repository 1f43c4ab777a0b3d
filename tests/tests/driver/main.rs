//! `Driver`, the loop that runs a handler in every adapter, on a mock transport and a manual clock.
//!
//! - `min_rate`: which peers are cut off, and when
//! - `closing`: the last output, lingering, failures and panics
//! - `pause`: handlers that pause, timers, and calls of other tasks
//! - `pending`: output that is not there yet
//! - `timeouts`: idle connections, and the last word
//! - `fairness`: the length of a turn
//! - `joints`: where clauses meet
//! - `last_call`: the questions to the transport before a peer is judged
//! - `blocking`: a stream whose reads wait
//! - `wakeups`: the work that it does after a wake-up, and that it does no more

mod blocking;
mod closing;
mod fairness;
mod joints;
mod last_call;
mod min_rate;
mod pause;
mod pending;
mod timeouts;
mod wakeups;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use asynchat_tests::harness::mock::RecordingHandler;
use bytes::Bytes;

/// The log of a `RecordingHandler`.
type Log = Rc<RefCell<Vec<String>>>;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A handler that answers each line with this many bytes.
fn answering_handler(bytes: usize) -> RecordingHandler {
    RecordingHandler::new(move |_, channel| Ok(channel.push(vec![b'x'; bytes])?))
}

/// A handler that answers a line with these bytes, and closes.
fn closing_handler(answer: impl Into<Bytes>) -> RecordingHandler {
    let answer = answer.into();
    RecordingHandler::new(move |_, channel| {
        channel.push(answer.clone())?;
        channel.close_when_done();
        Ok(())
    })
}

/// Returns the number of times that this entry is in the log.
fn count_entries(log: &Log, entry: &str) -> usize {
    log.borrow().iter().filter(|written| written.starts_with(entry)).count()
}
