//! Output that is not there yet: deferred replies, and producers that wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use asynchat_core::{BoxError, Config, Deferred, Producer};
use asynchat_tests::harness::mock::PollConnectionHarness;
use bytes::Bytes;

fn harness() -> (PollConnectionHarness, Deferred) {
    let mut harness = PollConnectionHarness::new(b"\n", Config::default());
    let queue = harness.connection.queue_mut();
    assert_eq!(queue.push("before, "), Ok(()));
    let Ok(reply) = queue.push_deferred() else { panic!("the queue is open") };
    assert_eq!(queue.push(", behind"), Ok(()));
    (harness, reply)
}

// O8
#[test]
fn connection_flush_waits_for_deferred_reply() {
    let (mut harness, reply) = harness();
    assert!(harness.poll_flush().is_pending());
    assert_eq!(*harness.transport.written(), *b"before, ");
    assert!(!harness.take_woken());
    thread::spawn(|| reply.send("reply")).join().unwrap();
    assert!(harness.take_woken());
    assert_eq!(harness.poll_flush(), Poll::Ready(Ok(())));
    assert_eq!(*harness.transport.written(), *b"before, reply, behind");
}

// O8
#[test]
fn connection_reads_behind_deferred_reply() {
    let (mut harness, reply) = harness();
    assert!(harness.poll_frame().is_pending());
    harness.transport.send("a line\n");
    assert!(harness.take_woken());
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"a line".to_vec()))));
    assert!(harness.poll_frame().is_pending());
    reply.send("reply");
    assert!(harness.take_woken() && harness.poll_frame().is_pending(), "output is sent while input is awaited");
    assert_eq!(*harness.transport.written(), *b"before, reply, behind");
}

// O8, C6
#[test]
fn connection_blames_no_peer_for_pending_reply() {
    let (mut harness, reply) = harness();
    assert!(harness.poll_flush().is_pending());
    assert_eq!(harness.clock.alarm(), None);
    harness.clock.advance(Duration::from_secs(100_000));
    assert!(harness.poll_flush().is_pending());
    reply.send("reply");
    assert_eq!(harness.poll_flush(), Poll::Ready(Ok(())));
}

// O8, O4
#[test]
fn connection_close_waits_for_deferred_reply() {
    let (mut harness, reply) = harness();
    harness.transport.send_eof();
    assert!(harness.poll_close().is_pending());
    assert!(!harness.transport.is_shut_down());
    reply.send("reply");
    assert_eq!(harness.poll_close(), Poll::Ready(Ok(())));
    assert_eq!(*harness.transport.written(), *b"before, reply, behind");
}

// O8
#[test]
fn connection_asks_pending_producer_once_per_poll() {
    struct NeverReady(Arc<AtomicUsize>);
    impl Producer for NeverReady {
        fn poll_more(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Poll::Pending
        }
    }
    let asked = Arc::new(AtomicUsize::new(0));
    let mut harness = PollConnectionHarness::new(b"\n", Config::default());
    harness.connection.queue_mut().push_with_producer(NeverReady(Arc::clone(&asked))).unwrap();
    for polls in 1..5 {
        harness.transport.send("part of a line");
        assert!(harness.poll_frame().is_pending());
        assert_eq!(asked.load(Ordering::Relaxed), polls);
    }
}
