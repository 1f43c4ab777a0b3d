//! Producers in a queue: when they are asked and dropped, and where their errors appear.

use super::*;

// O3
#[test]
fn queue_asks_producer_only_below_budget() {
    let (producer, asked) = endless(b"0123456789");
    let mut queue = ProducerQueue::new();
    queue.push_with_producer(producer).unwrap();
    let asked = || asked.load(Ordering::Relaxed);
    assert_eq!(queue.stage(&mut noop_context(), 0).unwrap().remaining(), 0);
    assert_eq!(asked(), 0);
    assert_eq!(queue.stage(&mut noop_context(), 30).unwrap().remaining(), 30);
    assert_eq!(asked(), 3);
    queue.stage(&mut noop_context(), 30).unwrap().advance(0);
    assert_eq!(asked(), 3);
    queue.advance(1);
    assert_eq!(queue.stage(&mut noop_context(), 30).unwrap().remaining(), 39);
    assert_eq!(asked(), 4);
}

// O3
#[test]
fn queue_pushed_chunk_waits_for_room() {
    let mut queue = queue_of(&["ab", "cd", "ef"]);
    assert_eq!(queue.stage(&mut noop_context(), 2).unwrap().remaining(), 2);
    assert_eq!(queue.stage(&mut noop_context(), 3).unwrap().remaining(), 4);
    assert_eq!(queue.queued(), 4 + ProducerQueue::chunk_cost(2));
}

// O3
#[test]
fn queue_asks_no_producer_behind_staged_bytes() {
    let (producer, asked) = endless(b"x");
    let mut queue = queue_of(&["a"]);
    queue.push_with_producer(producer).unwrap();
    queue.stage(&mut noop_context(), 1).unwrap();
    assert_eq!(next_chunk(&mut queue).unwrap().unwrap(), "a");
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

// O3
#[test]
fn queue_drops_producer_in_pass_exhausting_it() {
    let held = Arc::new(());
    let holder = Arc::clone(&held);
    let chunks = ["a", "b"].map(Bytes::from).into_iter().inspect(move |_| drop(Arc::clone(&holder)));
    let mut queue = ProducerQueue::new();
    queue.push_with_producer(IterProducer::new(chunks)).unwrap();
    queue.stage(&mut noop_context(), 2).unwrap();
    assert_eq!(Arc::strong_count(&held), 2, "the producer has not returned None yet");
    queue.stage(&mut noop_context(), AMPLE).unwrap();
    assert_eq!(Arc::strong_count(&held), 1);
}

// O3
#[test]
fn queue_producer_error_comes_after_earlier_bytes() {
    let mut queue = queue_of(&["before"]);
    queue.push_with_producer(failing()).unwrap();
    queue.push("behind").unwrap();
    for _ in 0..2 {
        assert_eq!(staged(&mut queue, AMPLE), b"before");
    }
    assert_eq!(queue.queued(), 6);
    assert_eq!(queue.push("more"), Err(PushError::Closed));
    queue.advance(6);
    assert!(!queue.is_empty() && !queue.is_closed(), "the error has not been returned yet");
    assert!(queue.stage(&mut noop_context(), AMPLE).unwrap_err().is::<fmt::Error>());
    assert!(queue.is_empty() && queue.is_closed());
    for _ in 0..2 {
        assert_eq!(queue.stage(&mut noop_context(), 0).unwrap_err().to_string(), fmt::Error.to_string());
        assert_eq!(next_chunk(&mut queue).unwrap_err().to_string(), fmt::Error.to_string());
    }
    assert_eq!(queue.push("more"), Err(PushError::Closed));
    assert_eq!(queue.push_with_producer(failing()), Err(PushError::Closed));
}

// O3
#[test]
fn queue_next_chunk_returns_error_in_place() {
    let mut queue = queue_of(&["before"]);
    queue.push_with_producer(failing()).unwrap();
    queue.push("behind").unwrap();
    assert_eq!(next_chunk(&mut queue).unwrap().unwrap(), "before");
    assert!(next_chunk(&mut queue).unwrap_err().is::<fmt::Error>());
    assert!(!next_chunk(&mut queue).unwrap_err().is::<fmt::Error>());
}

// O3
#[test]
fn queue_producer_error_remains_after_close() {
    let mut queue = queue_of(&["before"]);
    queue.push_with_producer(failing()).unwrap();
    queue.close_when_done();
    assert_eq!(queue.stage(&mut noop_context(), AMPLE).unwrap().remaining(), 6);
    queue.discard();
    assert_eq!(queue.staged_len(), 0);
    assert!(queue.stage(&mut noop_context(), AMPLE).unwrap_err().is::<fmt::Error>());
}
