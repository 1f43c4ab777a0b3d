//! The loop that the adapters drive a conversation with, on a transport and a clock that do what they are told.
//!
//! - `pace`: who is cut off, when, and who is not
//! - `closing`: the last output, lingering, failures and panics
//! - `turns`: what it does when it is woken, and that it does no more

mod closing;
mod min_rate;
mod wakeups;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use asynchat_tests::harness::mock::RecordingHandler;

/// What a handler writes.
type Log = Rc<RefCell<Vec<String>>>;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A handler that answers each line with so many bytes.
fn answering(bytes: usize) -> RecordingHandler {
    RecordingHandler::new(move |_, channel| Ok(channel.push(vec![b'x'; bytes])?))
}

/// How often this stands in the log.
fn count(log: &Log, entry: &str) -> usize {
    log.borrow().iter().filter(|written| written.starts_with(entry)).count()
}
