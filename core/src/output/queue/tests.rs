use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};

use bytes::Buf;

use super::*;
use crate::output::transmit::Transmit;
use crate::output::{FnProducer, IterProducer};

mod lazy;
mod order;

const AMPLE: usize = 1 << 20;

/// A producer without end, and how often it has been asked.
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

fn staged(queue: &mut ProducerQueue, budget: usize) -> Vec<u8> {
    queue.stage(budget).unwrap().pieces().concat()
}

impl Transmit<'_> {
    /// All that is staged, without taking it.
    fn pieces(&self) -> Vec<&[u8]> {
        self.queue.staging.pieces().collect()
    }
}

#[test]
fn an_empty_push_leaves_the_queue_empty() {
    let mut queue = queue_of(&["", ""]);
    queue.push_slice(b"").unwrap();
    assert!(queue.is_empty());
    assert_eq!(queue.queued(), 0);
}

// O2, O4
#[test]
fn pushes_are_refused_as_closing_until_the_last_byte_has_gone_and_then_as_closed() {
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
fn an_empty_queue_closes_at_once() {
    let mut queue = ProducerQueue::new();
    queue.close_when_done();
    assert!(queue.is_closed());
    assert_eq!(queue.push("a"), Err(PushError::Closed));
}

// O4
#[test]
fn a_queue_taken_chunk_by_chunk_closes_when_it_says_there_is_no_more() {
    let mut queue = queue_of(&["a"]);
    queue.close_when_done();
    queue.next_chunk().unwrap();
    assert_eq!(queue.push("b"), Err(PushError::Closing));
    assert_eq!(queue.next_chunk().unwrap(), None);
    assert_eq!(queue.push("b"), Err(PushError::Closed));
}

// O4
#[test]
fn a_producer_that_turns_out_exhausted_does_not_hold_up_the_close() {
    let mut queue = ProducerQueue::new();
    queue.push_with_producer(IterProducer::new([""; 3])).unwrap();
    queue.close_when_done();
    assert!(queue.is_closing());
    assert_eq!(queue.stage(0).unwrap().remaining(), 0);
    assert!(queue.is_closing(), "without a budget it was not asked");
    assert_eq!(queue.stage(1).unwrap().remaining(), 0);
    assert!(queue.is_closed());
}

// O4
#[test]
fn a_drained_view_does_not_close_what_has_entries_left() {
    let mut queue = queue_of(&["a", "b"]);
    queue.close_when_done();
    queue.stage(1).unwrap().advance(1);
    assert!(queue.is_closing());
    queue.stage(1).unwrap().advance(1);
    assert!(queue.is_closed());
}

// O5
#[test]
fn discard_drops_chunks_producers_and_staged_bytes_and_leaves_the_queue_open() {
    let held = Arc::new(());
    let holder = Arc::clone(&held);
    let mut queue = queue_of(&["staged", "queued"]);
    queue
        .push_with_producer(FnProducer::new(move || {
            let _held = &holder;
            Ok(None)
        }))
        .unwrap();
    queue.stage(1).unwrap().advance(3);
    queue.discard();
    assert_eq!(Arc::strong_count(&held), 1);
    assert!(queue.is_empty());
    assert_eq!((queue.queued(), queue.staged_len()), (0, 0));
    queue.push("new").unwrap();
    assert_eq!(staged(&mut queue, AMPLE), b"new");
}

// O5
#[test]
fn discard_closes_a_queue_that_was_closing() {
    let mut queue = queue_of(&["a"]);
    queue.close_when_done();
    queue.discard();
    assert!(queue.is_closed());
}

#[test]
fn both_ways_to_advance_are_one() {
    let mut queue = queue_of(&["abcd"]);
    queue.stage(AMPLE).unwrap().advance(1);
    queue.advance(1);
    assert_eq!(queue.staged_len(), 2);
    assert_eq!(staged(&mut queue, AMPLE), b"cd");
}

#[test]
#[should_panic = "cannot advance over 2 bytes: 1 are staged"]
fn advancing_over_entries_that_are_not_staged_panics() {
    let mut queue = queue_of(&["a", "b"]);
    queue.stage(1).unwrap();
    queue.advance(2);
}

#[test]
fn a_budget_beyond_all_bounds_stages_everything() {
    let mut queue = queue_of(&["a", "b"]);
    assert_eq!(queue.stage(usize::MAX).unwrap().remaining(), 2);
}

#[test]
fn a_queue_that_is_drained_in_any_way_gives_its_slots_back() {
    let full = || queue_of(&["a"; 1000]);
    let drains: [fn(&mut ProducerQueue); 3] = [
        |queue| queue.stage(AMPLE).unwrap().advance(1000),
        |queue| (0..1000).for_each(|_| drop(queue.next_chunk().unwrap())),
        ProducerQueue::discard,
    ];
    for drain in drains {
        let mut queue = full();
        assert!(queue.entries.slots() >= 1000);
        drain(&mut queue);
        assert_eq!(queue.entries.slots(), 0);
    }
}

#[test]
fn a_queue_is_small_and_can_be_sent_to_another_thread() {
    fn assert_send<T: Send>() {}
    assert_send::<ProducerQueue>();
    assert!(size_of::<ProducerQueue>() <= 192, "{}", size_of::<ProducerQueue>());
}

#[test]
fn debug_shows_counts_and_no_contents() {
    let mut queue = queue_of(&["secret", "secret"]);
    queue.stage(1).unwrap();
    let shown = format!("{queue:?}");
    assert_eq!(shown, "ProducerQueue { state: Open, entries: 1, queued: 12, staged: 6 }");
}
