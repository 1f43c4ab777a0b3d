use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::Poll;

use bytes::{Buf, Bytes};

use super::*;
use crate::error::BoxError;
use crate::output::transmit::Transmit;
use crate::output::{FnProducer, IterProducer, Producer, PushError, noop_context};

mod lazy;
mod order;
#[cfg(feature = "std")]
mod pending;

const AMPLE: usize = 1 << 20;

/// Returns an endless producer and the number of times it has been asked.
fn endless(chunk: &'static [u8]) -> (impl Producer + Send + 'static, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let producer = FnProducer::new(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(Some(Bytes::from_static(chunk)))
    });
    (producer, asked)
}

fn failing() -> impl Producer + Send + 'static {
    FnProducer::new(|| Err(fmt::Error.into()))
}

fn queue_of(chunks: &[&'static str]) -> ProducerQueue {
    let mut queue = ProducerQueue::new();
    for chunk in chunks {
        queue.push(*chunk).unwrap();
    }
    queue
}

/// Returns the next chunk of a queue whose producers do not wait.
fn next_chunk(queue: &mut ProducerQueue) -> Result<Option<Bytes>, BoxError> {
    match queue.poll_next_chunk(&mut noop_context()) {
        Poll::Ready(chunk) => chunk,
        Poll::Pending => panic!("a producer is pending"),
    }
}

fn staged(queue: &mut ProducerQueue, budget: usize) -> Vec<u8> {
    queue.stage(&mut noop_context(), budget).unwrap().chunks().concat()
}

impl Transmit<'_> {
    /// All staged bytes, without consuming them.
    fn chunks(&self) -> Vec<&[u8]> {
        self.queue.staging.chunks().collect()
    }
}

#[test]
fn queue_drops_empty_pushes() {
    let mut queue = queue_of(&["", ""]);
    queue.push_slice(b"").unwrap();
    assert!(queue.is_empty());
    assert_eq!(queue.queued(), 0);
}

// O2, O4
#[test]
fn queue_push_is_refused_closing_then_closed() {
    let mut queue = queue_of(&["ab"]);
    queue.close_when_done();
    assert!(queue.is_closing() && !queue.is_closed());
    assert_eq!(queue.push("c"), Err(PushError::Closing));
    assert_eq!(queue.push(""), Err(PushError::Closing));
    assert_eq!(queue.push_slice(b"c"), Err(PushError::Closing));
    assert_eq!(queue.push_with_producer(failing()), Err(PushError::Closing));
    assert_eq!(staged(&mut queue, AMPLE), b"ab");
    queue.advance(1);
    assert_eq!(queue.push("c"), Err(PushError::Closing));
    queue.advance(1);
    assert!(queue.is_closed() && !queue.is_closing());
    assert_eq!(queue.push("c"), Err(PushError::Closed));
    assert_eq!(queue.push_slice(b"c"), Err(PushError::Closed));
    assert_eq!(queue.push_with_producer(failing()), Err(PushError::Closed));
    assert!(queue.is_empty());
}

// O4
#[test]
fn queue_empty_closes_at_once() {
    let mut queue = ProducerQueue::new();
    queue.close_when_done();
    assert!(queue.is_closed());
    assert_eq!(queue.push("a"), Err(PushError::Closed));
}

// O4
#[test]
fn queue_next_chunk_closes_when_none_left() {
    let mut queue = queue_of(&["a"]);
    queue.close_when_done();
    next_chunk(&mut queue).unwrap();
    assert_eq!(queue.push("b"), Err(PushError::Closing));
    assert_eq!(next_chunk(&mut queue).unwrap(), None);
    assert_eq!(queue.push("b"), Err(PushError::Closed));
}

// O4
#[test]
fn queue_close_when_done_ignores_exhausted_producer() {
    let mut queue = ProducerQueue::new();
    queue.push_with_producer(IterProducer::new([""; 3])).unwrap();
    queue.close_when_done();
    assert!(queue.is_closing());
    assert_eq!(queue.stage(&mut noop_context(), 0).unwrap().remaining(), 0);
    assert!(queue.is_closing(), "the producer was not asked: the budget was 0");
    assert_eq!(queue.stage(&mut noop_context(), 1).unwrap().remaining(), 0);
    assert!(queue.is_closed());
}

// O4
#[test]
fn queue_close_when_done_waits_for_entries() {
    let mut queue = queue_of(&["a", "b"]);
    queue.close_when_done();
    queue.stage(&mut noop_context(), 1).unwrap().advance(1);
    assert!(queue.is_closing());
    queue.stage(&mut noop_context(), 1).unwrap().advance(1);
    assert!(queue.is_closed());
}

// O5
#[test]
fn queue_discard_drops_everything_and_stays_open() {
    let held = Arc::new(());
    let holder = Arc::clone(&held);
    let mut queue = queue_of(&["staged", "queued"]);
    queue
        .push_with_producer(FnProducer::new(move || {
            let _held = &holder;
            Ok(None)
        }))
        .unwrap();
    queue.stage(&mut noop_context(), 1).unwrap().advance(3);
    queue.discard();
    assert_eq!(Arc::strong_count(&held), 1);
    assert!(queue.is_empty());
    assert_eq!((queue.queued(), queue.staged_len()), (0, 0));
    queue.push("new").unwrap();
    assert_eq!(staged(&mut queue, AMPLE), b"new");
}

// O5
#[test]
fn queue_discard_closes_closing_queue() {
    let mut queue = queue_of(&["a"]);
    queue.close_when_done();
    queue.discard();
    assert!(queue.is_closed());
}

#[test]
fn queue_advance_equals_advance_of_transmit() {
    let mut queue = queue_of(&["abcd"]);
    queue.stage(&mut noop_context(), AMPLE).unwrap().advance(1);
    queue.advance(1);
    assert_eq!(queue.staged_len(), 2);
    assert_eq!(staged(&mut queue, AMPLE), b"cd");
}

#[test]
#[should_panic = "cannot advance over 2 bytes: 1 are staged"]
fn queue_advance_over_unstaged_entries_panics() {
    let mut queue = queue_of(&["a", "b"]);
    queue.stage(&mut noop_context(), 1).unwrap();
    queue.advance(2);
}

#[test]
fn queue_stages_everything_with_largest_budget() {
    let mut queue = queue_of(&["a", "b"]);
    assert_eq!(queue.stage(&mut noop_context(), usize::MAX).unwrap().remaining(), 2);
}

#[test]
fn queue_drained_frees_slots() {
    let full = || queue_of(&["a"; 1000]);
    let drains: [fn(&mut ProducerQueue); 3] = [
        |queue| queue.stage(&mut noop_context(), AMPLE).unwrap().advance(1000),
        |queue| (0..1000).for_each(|_| drop(next_chunk(queue).unwrap())),
        ProducerQueue::discard,
    ];
    for drain in drains {
        let mut queue = full();
        assert!(queue.entries.capacity() >= 1000);
        drain(&mut queue);
        assert_eq!(queue.entries.capacity(), 0);
    }
}

#[test]
fn queue_is_small_and_send() {
    fn assert_send<T: Send>() {}
    assert_send::<ProducerQueue>();
    assert!(size_of::<ProducerQueue>() <= 192, "{}", size_of::<ProducerQueue>());
}

#[test]
fn queue_debug_shows_counts_and_no_contents() {
    let mut queue = queue_of(&["secret", "secret"]);
    queue.stage(&mut noop_context(), 1).unwrap();
    let shown = format!("{queue:?}");
    assert_eq!(shown, "ProducerQueue { state: Open, entries: 1, queued: 108, staged: 6, is_pending: false }");
}
