use alloc::sync::Arc;
use core::task::Context;
use std::thread;

use super::*;
use crate::error::Blame;
use crate::output::{IterProducer, noop_context};
use crate::sync::CountingWaker;

const fn assert_send_sync<T: Send + Sync>() {}
const _: () = assert_send_sync::<Deferred>();

// O8
#[test]
fn deferred_wakes_its_task_once() {
    let (woken, waker) = CountingWaker::new();
    let (reply, mut producer) = deferred();
    assert!(producer.poll_more(&mut noop_context()).is_pending());
    assert!(producer.poll_more(&mut Context::from_waker(&waker)).is_pending());
    thread::scope(|scope| scope.spawn(|| reply.send("late")).join()).unwrap();
    assert_eq!(woken.count(), 1);
    assert_eq!(producer.more_now().unwrap().unwrap(), "late");
    assert_eq!(producer.more_now().unwrap(), None);
}

// O8
#[test]
fn deferred_answers_before_it_is_asked() {
    let (reply, mut producer) = deferred();
    reply.send_producer(IterProducer::new(["a", "b"]));
    for expected in ["a", "b"] {
        assert_eq!(producer.more_now().unwrap().unwrap(), expected);
    }
    assert_eq!(producer.more_now().unwrap(), None);
}

// O8
#[test]
fn deferred_skipped_or_empty_sends_nothing() {
    for answer in [Deferred::skip, |reply: Deferred| reply.send("")] {
        let (reply, mut producer) = deferred();
        answer(reply);
        assert_eq!(producer.more_now().unwrap(), None);
    }
}

// O8, C4
#[test]
fn deferred_dropped_without_answer_blames_handler() {
    let (reply, mut producer) = deferred();
    drop(reply);
    let error = Error::producer(producer.more_now().unwrap_err());
    assert_eq!(error.blame(), Blame::Handler);
    assert_eq!(producer.more_now().unwrap(), None, "the error is returned once");
}

// O8
#[test]
fn deferred_closes_with_its_producer() {
    let (reply, producer) = deferred();
    assert!(!reply.is_closed());
    drop(producer);
    assert!(reply.is_closed());
    reply.send("to nobody");
}

// O8
#[test]
fn deferred_drops_answer_outside_its_lock() {
    /// Asks a reply for its state when it is dropped.
    struct Asks(Arc<Mutex<Option<Deferred>>>, &'static str);
    impl AsRef<[u8]> for Asks {
        fn as_ref(&self) -> &[u8] {
            self.1.as_bytes()
        }
    }
    impl Drop for Asks {
        fn drop(&mut self) {
            assert!(sync::lock(&self.0).as_ref().is_none_or(Deferred::is_closed));
        }
    }
    let other = Arc::new(Mutex::new(None));
    let (reply, producer) = deferred();
    let (unanswered, place) = deferred();
    *sync::lock(&other) = Some(unanswered);
    drop(place);
    reply.send(Bytes::from_owner(Asks(Arc::clone(&other), "dropped")));
    drop(producer);
}
