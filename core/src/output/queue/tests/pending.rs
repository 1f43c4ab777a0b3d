//! Producers that are pending, and deferred replies.

use std::thread;

use super::*;
use crate::output::{Deferred, deferred};

// O8
#[test]
fn queue_pending_is_not_empty() {
    let mut queue = queue_of(&["before"]);
    let reply = queue.push_deferred().unwrap();
    queue.push("behind").unwrap();
    assert_eq!(staged(&mut queue, AMPLE), b"before");
    assert!(!queue.is_pending(), "there are bytes to send");
    queue.advance(6);
    assert!(queue.is_pending() && !queue.is_empty());
    assert_eq!(staged(&mut queue, AMPLE), b"");
    reply.send("reply");
    assert_eq!(staged(&mut queue, AMPLE), b"replybehind");
    assert!(!queue.is_pending());
}

// O8, O1
#[test]
fn queue_sends_replies_in_order_of_pushes() {
    let mut queue = ProducerQueue::new();
    let replies: Vec<Deferred> = (0..9).map(|_| queue.push_deferred().unwrap()).collect();
    let answer = || {
        for (number, reply) in replies.into_iter().enumerate().rev() {
            reply.send(format!("{number}"));
        }
    };
    thread::scope(|scope| scope.spawn(answer).join()).unwrap();
    assert_eq!(staged(&mut queue, AMPLE), b"012345678");
}

// O8
#[test]
fn queue_asks_pending_producer_once_per_stage() {
    let asked = Arc::new(AtomicUsize::new(0));
    let (_reply, mut producer) = deferred();
    struct Counting<P>(P, Arc<AtomicUsize>);
    impl<P: Producer> Producer for Counting<P> {
        fn poll_more(&mut self, cx: &mut core::task::Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.poll_more(cx)
        }
    }
    assert!(producer.poll_more(&mut noop_context()).is_pending());
    let mut queue = ProducerQueue::new();
    queue.push_with_producer(Counting(producer, Arc::clone(&asked))).unwrap();
    queue.push("behind").unwrap();
    for times in 1..4 {
        assert_eq!(staged(&mut queue, AMPLE), b"");
        assert_eq!(asked.load(Ordering::Relaxed), times);
    }
}

// O4, O8
#[test]
fn queue_closes_after_deferred_reply() {
    let mut queue = ProducerQueue::new();
    let reply = queue.push_deferred().unwrap();
    queue.close_when_done();
    assert!(staged(&mut queue, AMPLE).is_empty() && queue.is_closing());
    reply.skip();
    assert!(staged(&mut queue, AMPLE).is_empty() && queue.is_closed());
    assert_eq!(queue.push_deferred().unwrap_err(), PushError::Closed);
}

// O5, O8
#[test]
fn queue_discard_closes_deferred_replies() {
    let mut queue = ProducerQueue::new();
    let (waiting, answered) = (queue.push_deferred().unwrap(), queue.push_deferred().unwrap());
    answered.send("never sent");
    assert!(staged(&mut queue, AMPLE).is_empty() && queue.is_pending());
    queue.discard();
    assert!(waiting.is_closed() && !queue.is_pending());
    assert_eq!((queue.queued(), queue.is_empty()), (0, true));
    waiting.send("too late");
    queue.push("next").unwrap();
    assert_eq!(staged(&mut queue, AMPLE), b"next");
}

// O8, O9
#[test]
fn queue_counts_deferred_replies_and_answers() {
    const WAITING: usize = ProducerQueue::DEFERRED_COST;
    let mut queue = ProducerQueue::new();
    let first = queue.push_deferred().unwrap();
    let [second, third] = [0; 2].map(|_| queue.push_deferred().unwrap());
    assert_eq!(queue.queued(), 3 * WAITING);
    second.send(vec![b'x'; 5000]);
    third.send_producer(IterProducer::new(["a", "b"]));
    queue.stage(&mut noop_context(), AMPLE).unwrap();
    let answers = ProducerQueue::chunk_cost(5000) + ProducerQueue::PRODUCER_COST;
    assert_eq!(queue.queued(), 3 * WAITING + answers);
    first.skip();
    assert_eq!(next_chunk(&mut queue).unwrap().unwrap().len(), 5000);
    assert_eq!(queue.queued(), WAITING + ProducerQueue::PRODUCER_COST);
    assert_eq!(next_chunk(&mut queue).unwrap().unwrap(), "a");
    assert_eq!(queue.queued(), ProducerQueue::PRODUCER_COST);
    assert_eq!(next_chunk(&mut queue).unwrap().unwrap(), "b");
    assert_eq!(next_chunk(&mut queue).unwrap(), None);
    assert_eq!(queue.queued(), 0);
}

// O3, O8
#[test]
fn queue_fails_in_place_of_forgotten_reply() {
    let mut queue = queue_of(&["before"]);
    drop(queue.push_deferred().unwrap());
    let behind = queue.push_deferred().unwrap();
    assert_eq!(staged(&mut queue, AMPLE), b"before");
    assert!(behind.is_closed());
    queue.advance(6);
    assert!(queue.stage(&mut noop_context(), AMPLE).is_err());
}
