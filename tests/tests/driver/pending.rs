//! Output that is not there yet: deferred replies, and producers that wait.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use asynchat_core::drive::mailbox;
use asynchat_core::{
    Blame, BoxError, Config, Deferred, Error, MinRate, Producer, ProducerQueue, StreamProducer, deferred,
};
use asynchat_tests::harness::mock::{DriverHarness, RecordingHandler};
use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use smol::stream::Stream;

use crate::{count_entries, seconds};

type Replies = Rc<RefCell<Vec<Deferred>>>;

/// A handler that defers the reply to each line, and the replies.
fn deferring_handler() -> (RecordingHandler, Replies) {
    let replies = Replies::default();
    let deferring = Rc::clone(&replies);
    let handler = RecordingHandler::new(move |_, channel| {
        deferring.borrow_mut().push(channel.push_deferred()?);
        Ok(())
    });
    (handler, replies)
}

fn take(replies: &Replies, which: usize) -> Deferred {
    replies.borrow_mut().remove(which)
}

/// A producer that is pending until it is dropped, and counts how often it is asked.
struct NeverReady(Arc<AtomicUsize>);

impl Producer for NeverReady {
    fn poll_more(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Poll::Pending
    }
}

// O8
#[test]
fn driver_sends_deferred_replies_in_order() {
    let (handler, replies) = deferring_handler();
    let log = handler.log();
    let mut harness = DriverHarness::new(handler, Config::default());
    harness.transport.send("a\nb\n");
    assert!(harness.run().is_pending());
    take(&replies, 1).send("second");
    assert!(harness.run().is_pending());
    harness.transport.send("third\n");
    assert!(harness.run().is_pending());
    assert_eq!(count_entries(&log, "third"), 1, "input is delivered behind a pending reply");
    assert_eq!(*harness.transport.written(), *b"");
    let first = take(&replies, 0);
    thread::spawn(|| first.send("first, ")).join().unwrap();
    assert!(harness.run().is_pending());
    assert_eq!(*harness.transport.written(), *b"first, second");
}

// O8
#[test]
fn driver_neither_spins_nor_polls_while_pending() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let handler = RecordingHandler::new(move |_, channel| {
        channel.push("before")?;
        channel.push_with_producer(NeverReady(Arc::clone(&counter)))?;
        Ok(channel.push("behind")?)
    });
    let mut harness = DriverHarness::new(handler, Config::default());
    harness.transport.send("a\n");
    assert!(harness.run().is_pending());
    assert_eq!(*harness.transport.written(), *b"before");
    for wakes in 0..5 {
        assert!(harness.poll().is_pending(), "a spurious wake-up");
        let calls = harness.transport.calls();
        assert!(harness.poll().is_pending());
        assert_eq!(harness.transport.calls().sum() - calls.sum(), 1, "it reads, and writes nothing");
        assert_eq!(asked.load(Ordering::Relaxed), 1 + 2 * (wakes + 1), "once in each poll");
    }
    assert!(!harness.take_woken());
}

// O8, C6, C11
#[test]
fn driver_blames_no_peer_for_pending_reply() {
    let (handler, replies) = deferring_handler();
    let mut harness = DriverHarness::new(handler, Config::default());
    harness.transport.send("a\n");
    assert!(harness.run().is_pending());
    assert_eq!(harness.clock.alarm(), None);
    assert!(harness.advance(seconds(100_000)).is_pending());
    take(&replies, 0).send("at last");
    assert!(harness.run().is_pending());
    assert_eq!(*harness.transport.written(), *b"at last");
    assert!(harness.advance(seconds(299)).is_pending(), "it is idle from now on");
    assert_eq!(harness.advance(seconds(2)), Poll::Ready(Err(Error::Idle)));
}

// O8, C11
#[test]
fn driver_is_idle_after_skipped_reply() {
    let (handler, replies) = deferring_handler();
    let mut harness = DriverHarness::new(handler, Config::default());
    harness.transport.send("a\n");
    assert!(harness.run().is_pending());
    assert!(harness.advance(seconds(1000)).is_pending());
    take(&replies, 0).skip();
    assert!(harness.run().is_pending());
    assert_eq!(harness.clock.alarm(), Some(seconds(1300)));
}

// O8, C6
#[test]
fn driver_holds_peer_to_output_before_pending_reply() {
    let handler = RecordingHandler::new(|_, channel| {
        channel.push("not taken")?;
        Ok(channel.push_with_producer(NeverReady(Arc::default()))?)
    });
    let mut harness = DriverHarness::new(handler, Config::default());
    harness.transport.set_write_window(0);
    harness.transport.send("a\n");
    assert!(harness.run().is_pending());
    assert_eq!(harness.advance(seconds(60)), Poll::Ready(Err(Error::ReadTooSlowly)));
}

// O8, C6
#[test]
fn driver_gives_grace_after_pending_reply() {
    let rate = MinRate { grace: seconds(5), bytes_per_second: 240 };
    let config = Config { min_output_rate: Some(rate), ..Config::default() };
    let (handler, replies) = deferring_handler();
    let mut harness = DriverHarness::new(handler, config);
    harness.transport.set_write_window(0);
    harness.transport.send("a\n");
    assert!(harness.run().is_pending());
    assert!(harness.advance(seconds(100)).is_pending());
    take(&replies, 0).send("reply");
    assert!(harness.run().is_pending());
    assert_eq!(harness.clock.alarm(), Some(seconds(105)));
}

// O8, O4, C3
#[test]
fn driver_closes_after_deferred_replies() {
    let (handler, replies) = deferring_handler();
    let log = handler.log();
    let mut harness = DriverHarness::new(handler, Config::default());
    harness.transport.send("a\n");
    harness.transport.send_eof();
    assert!(harness.run().is_pending());
    assert!(log.borrow().len() > 2, "the handler closes when all is sent: {log:?}");
    assert!(!harness.transport.is_shut_down());
    take(&replies, 0).send("reply");
    assert_eq!(harness.run(), Poll::Ready(Ok(())));
    assert_eq!(*harness.transport.written(), *b"reply");
}

// O8, C4
#[test]
fn driver_fails_in_place_of_forgotten_reply() {
    let handler = RecordingHandler::new(|_, channel| {
        channel.push("before")?;
        drop(channel.push_deferred()?);
        Ok(channel.push("behind")?)
    });
    let mut harness = DriverHarness::new(handler, Config::default());
    harness.transport.send("a\n");
    let Poll::Ready(Err(error)) = harness.run() else { panic!("the connection goes on") };
    assert_eq!(error.blame(), Blame::Handler);
    assert_eq!(*harness.transport.written(), *b"before");
}

// O8, C16
#[test]
fn driver_abort_ends_wait_for_reply() {
    let (handler, replies) = deferring_handler();
    let (peer, mailbox) = mailbox(1000);
    let mut harness = DriverHarness::with_mailbox(handler, Config::default(), mailbox);
    harness.transport.send("a\n");
    assert!(harness.run().is_pending());
    assert!(!replies.borrow()[0].is_closed());
    peer.abort();
    assert_eq!(harness.run(), Poll::Ready(Err(Error::Aborted)));
    assert!(replies.borrow()[0].is_closed());
    take(&replies, 0).send("to nobody");
}

// O8, C10
#[test]
fn driver_notices_reset_while_reply_is_pending() {
    let (handler, _replies) = deferring_handler();
    let mut harness = DriverHarness::new(handler, Config::default());
    harness.transport.send("a\n");
    harness.transport.send_eof();
    assert!(harness.run().is_pending());
    harness.transport.reset();
    assert!(matches!(harness.run(), Poll::Ready(Err(Error::Transport(_)))));
}

// O6, O8, O9
#[test]
fn driver_holds_back_peer_that_pipelines_deferred() {
    const COMMANDS: usize = 100_000;
    let (handler, replies) = deferring_handler();
    let log = handler.log();
    let config = Config::default();
    let most = config.high_water / ProducerQueue::DEFERRED_COST + 1;
    let mut harness = DriverHarness::new(handler, config);
    harness.transport.send("a\n".repeat(COMMANDS));
    harness.transport.send_eof();
    let mut answered = 0;
    loop {
        let outcome = harness.run();
        let waiting = replies.borrow_mut().split_off(0);
        assert!(waiting.len() <= most, "{} replies wait", waiting.len());
        if outcome.is_ready() {
            assert_eq!(outcome, Poll::Ready(Ok(())));
            break;
        }
        assert!(harness.transport.unread_len() > 0 || !waiting.is_empty());
        for reply in waiting {
            reply.send(format!("{answered}\n"));
            answered += 1;
        }
    }
    assert_eq!((answered, count_entries(&log, "a")), (COMMANDS, COMMANDS));
    let expected: String = (0..COMMANDS).map(|number| format!("{number}\n")).collect();
    assert!(*harness.transport.written() == *expected.as_bytes());
}

// O6, O8, O9
#[test]
fn driver_counts_answers_that_peer_does_not_take() {
    let replied = Rc::new(Cell::new(0));
    let counter = Rc::clone(&replied);
    let handler = RecordingHandler::new(move |_, channel| {
        counter.set(counter.get() + 1);
        channel.push_deferred()?.send(vec![b'x'; 64 * 1024]);
        Ok(())
    });
    let mut harness = DriverHarness::new(handler, Config::default());
    harness.transport.set_write_window(0);
    for _ in 0..1000 {
        harness.transport.send("a\n");
        assert!(harness.run().is_pending());
    }
    assert!(replied.get() < 10, "{} answers of 64 KiB are below a mark of 256 KiB", replied.get());
}

/// An endless stream, which counts how often it is polled.
struct Counted(Arc<AtomicUsize>);

impl Stream for Counted {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Bytes::from_static(&[b'x'; 1000]))))
    }
}

// O3, O8
#[test]
fn driver_polls_no_stream_for_slow_reader() {
    let polled = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&polled);
    let handler = RecordingHandler::new(move |_, channel| {
        Ok(channel.push_with_producer(StreamProducer::new(Counted(Arc::clone(&counter))))?)
    });
    let config = Config { min_output_rate: None, write_size: 10_000, ..Config::default() };
    let mut harness = DriverHarness::new(handler, config);
    harness.transport.set_write_window(0);
    harness.transport.send("a\n");
    assert!(harness.run().is_pending());
    for _ in 0..100 {
        assert!(harness.poll().is_pending());
    }
    assert_eq!(polled.load(Ordering::Relaxed), 10, "one write is staged");
    harness.transport.set_write_window(3000);
    assert!(harness.run().is_pending());
    assert_eq!(polled.load(Ordering::Relaxed), 13);
}

proptest! {
    // O1, O8
    #[test]
    fn driver_sends_randomly_answered_replies_in_order(
        answers in vec((0_usize..100, 0_usize..3000, any::<bool>()), 1..40),
        writes in vec(0_usize..2000, 1..40),
    ) {
        let (handler, replies) = deferring_handler();
        let mut harness = DriverHarness::new(handler, Config::default());
        harness.transport.send("a\n".repeat(answers.len()));
        harness.transport.set_write_window(0);
        prop_assert!(harness.run().is_pending());
        let mut waiting: Vec<(usize, Deferred)> = replies.borrow_mut().drain(..).enumerate().collect();
        let mut expected = vec![Vec::new(); waiting.len()];
        let mut windows = writes.iter().cycle();
        for (which, len, runs) in answers {
            let (number, reply) = waiting.remove(which % waiting.len());
            expected[number] = vec![number as u8; len];
            reply.send(expected[number].clone());
            harness.transport.set_write_window(*windows.next().unwrap_or(&0));
            if runs {
                prop_assert!(harness.run().is_pending());
            }
        }
        harness.transport.set_write_window(usize::MAX);
        prop_assert!(harness.run().is_pending());
        prop_assert!(*harness.transport.written() == *expected.concat());
    }
}

// O8
#[test]
fn driver_wraps_deferred_reply() {
    let replies = Replies::default();
    let deferring = Rc::clone(&replies);
    let handler = RecordingHandler::new(move |_, channel| {
        let (reply, producer) = deferred();
        deferring.borrow_mut().push(reply);
        Ok(channel.push_with_producer(producer.map_chunks(|chunk| [Bytes::from("<"), chunk]).with_tail(">"))?)
    });
    let mut harness = DriverHarness::new(handler, Config { idle_timeout: Some(Duration::MAX), ..Config::default() });
    harness.transport.send("a\n");
    assert!(harness.run().is_pending());
    assert_eq!(*harness.transport.written(), *b"");
    take(&replies, 0).send("reply");
    assert!(harness.run().is_pending());
    assert_eq!(*harness.transport.written(), *b"<reply>");
}

// O3
#[test]
fn driver_clamps_write_size_of_endless_producer() {
    let polled = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&polled);
    let handler = RecordingHandler::new(move |_, channel| {
        Ok(channel.push_with_producer(StreamProducer::new(Counted(Arc::clone(&counter))))?)
    });
    let mut harness = DriverHarness::new(handler, Config { write_size: usize::MAX, ..Config::default() });
    harness.transport.set_write_window(0);
    harness.transport.send("a\n");
    assert!(harness.run().is_pending());
    assert_eq!(polled.load(Ordering::Relaxed), 1049, "1 MiB in chunks of 1,000 bytes");
}
