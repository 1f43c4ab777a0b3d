//! The ends that this side decides: the end of its output, an abort, and the requests of a handle.

use std::sync::{Arc, Mutex};
use std::task::Poll;

use asynchat_core::drive::{
    ConnectionHandle, ConnectionInfo, Connections, MailboxError, Observer, ServedBy, ServerOptions, Traffic,
};
use asynchat_core::{Config, Error, PushError};
use asynchat_tests::harness::mock::{CountingWaker, PollConnectionHarness};

fn harness() -> PollConnectionHarness {
    PollConnectionHarness::new(b"\n", Config::default())
}

// C18
#[test]
fn connection_finish_ends_output_and_reads_on() {
    let mut harness = harness();
    harness.connection.queue_mut().push("b\na\n").unwrap();
    assert_eq!(harness.poll_finish(), Poll::Ready(Ok(())));
    assert_eq!(*harness.transport.written(), *b"b\na\n");
    assert!(harness.transport.is_shut_down());
    assert_eq!(harness.connection.queue_mut().push("c\n"), Err(PushError::Closed));
    assert!(harness.poll_frame().is_pending());
    harness.transport.send("a\nb\n");
    harness.transport.send_eof();
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"a".to_vec()))));
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"b".to_vec()))));
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(None)));
    assert_eq!(harness.poll_finish(), Poll::Ready(Ok(())), "again");
}

// C18, C8, O1
#[test]
fn connection_finish_waits_for_output_and_shutdown() {
    let mut harness = harness();
    harness.transport.set_write_window(2);
    harness.transport.block_shutdown(true);
    harness.connection.queue_mut().push("last").unwrap();
    assert!(harness.poll_finish().is_pending());
    // An abandoned finish is still wanted: waiting for input goes on with it.
    harness.transport.set_write_window(usize::MAX);
    assert!(harness.take_woken() && harness.poll_frame().is_pending());
    assert_eq!(*harness.transport.written(), *b"last");
    harness.transport.block_shutdown(false);
    assert!(harness.take_woken() && harness.poll_frame().is_pending());
    assert!(harness.transport.is_shut_down());
}

// C16
#[test]
fn connection_abort_drops_output_and_input() {
    let mut harness = harness();
    harness.transport.send("one\ntwo\n");
    harness.transport.set_write_window(2);
    harness.connection.queue_mut().push("unsent").unwrap();
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"one".to_vec()))));
    assert!(harness.poll_flush().is_pending());
    harness.connection.abort();
    assert!(harness.transport.was_reset());
    assert_eq!(harness.connection.queue().queued(), 0);
    assert_eq!(harness.poll_frame(), Poll::Ready(Err(Error::Aborted)));
    assert_eq!(harness.poll_event(), Poll::Ready(Err(Error::Aborted)));
    assert_eq!(harness.poll_flush(), Poll::Ready(Err(Error::Aborted)));
    assert_eq!(harness.poll_finish(), Poll::Ready(Err(Error::Aborted)));
    assert_eq!(harness.poll_close(), Poll::Ready(Err(Error::Aborted)));
    let debug = format!("{:?}", harness.connection);
    assert!(debug.contains("dropped: 4"), "{debug}");
}

// C16
#[test]
fn connection_abort_without_unsent_output_resets_nothing() {
    let mut harness = harness();
    harness.connection.queue_mut().push("all").unwrap();
    assert_eq!(harness.poll_flush(), Poll::Ready(Ok(())));
    harness.connection.abort();
    assert!(!harness.transport.was_reset());

    let mut harness = self::harness();
    harness.transport.set_unacknowledged(3);
    harness.connection.queue_mut().push("all").unwrap();
    assert_eq!(harness.poll_flush(), Poll::Ready(Ok(())));
    harness.connection.abort();
    assert!(harness.transport.was_reset(), "the peer has not taken it");
}

#[test]
fn connection_debug_shows_unsent_output() {
    let mut harness = harness();
    harness.connection.queue_mut().push_slice(b"12345").unwrap();
    let debug = format!("{:?}", harness.connection);
    assert!(debug.contains("queued: 5"), "{debug}");
    harness.transport.reset();
    assert!(matches!(harness.poll_flush(), Poll::Ready(Err(_))));
    let debug = format!("{:?}", harness.connection);
    assert!(debug.contains("queued: 0") && debug.contains("dropped: 5"), "{debug}");
}

// O2
#[test]
fn handle_push_wakes_a_waiting_connection() {
    for poll_waiting in [PollConnectionHarness::poll_frame, PollConnectionHarness::poll_event] {
        let mut harness = harness();
        let handle = harness.connection.handle();
        assert_eq!(handle, harness.connection.handle());
        assert!(poll_waiting(&mut harness).is_pending());
        handle.push("news\n").unwrap();
        assert!(harness.take_woken() && poll_waiting(&mut harness).is_pending());
        assert_eq!(*harness.transport.written(), *b"news\n");
    }
}

// O1
#[test]
fn handle_pushes_are_sent_before_the_output_ends() {
    type End = fn(&mut PollConnectionHarness) -> Poll<Result<(), Error>>;
    for end in [PollConnectionHarness::poll_finish as End, PollConnectionHarness::poll_close] {
        let mut harness = PollConnectionHarness::new(b"\n", Config::default().with_low_water(0));
        let handle = harness.connection.handle();
        harness.transport.send_eof();
        harness.connection.queue_mut().push("own ").unwrap();
        (0..10).for_each(|_| handle.push("more ").unwrap());
        assert_eq!(end(&mut harness), Poll::Ready(Ok(())));
        assert_eq!(*harness.transport.written(), *["own ", &"more ".repeat(10)].concat().as_bytes());
        assert_eq!(handle.push("late"), Err(MailboxError::Closed));
    }
}

// O6, O9
#[test]
fn handle_pushes_fill_the_queue_to_the_low_mark() {
    let config = Config::default().with_low_water(1000).with_mailbox_capacity(100_000);
    let mut harness = PollConnectionHarness::new(b"\n", config);
    let handle = harness.connection.handle();
    harness.transport.set_write_window(0);
    (0..100).for_each(|_| handle.push(vec![b'x'; 500]).unwrap());
    assert!(harness.poll_frame().is_pending());
    assert!(harness.connection.queue().queued() <= 1000 + 600);
    harness.transport.set_write_window(usize::MAX);
    while harness.take_woken() {
        assert!(harness.poll_frame().is_pending());
    }
    assert_eq!(harness.transport.written().len(), 50_000);
}

// C2, C7
#[test]
fn handle_close_delivers_its_last_word_and_no_frame() {
    let mut harness = harness();
    let handle = harness.connection.handle();
    harness.transport.send("one\ntwo\n");
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"one".to_vec()))));
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"two".to_vec()))));
    assert!(harness.poll_frame().is_pending());
    harness.transport.set_write_window(2);
    handle.close_with("bye\n").unwrap();
    harness.transport.send("three\n");
    assert!(harness.take_woken() && harness.poll_frame().is_pending(), "it is not sent yet");
    harness.transport.set_write_window(usize::MAX);
    assert!(harness.take_woken());
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(None)));
    assert_eq!(*harness.transport.written(), *b"bye\n");
    assert!(harness.transport.is_shut_down());
    assert_eq!(harness.poll_event(), Poll::Ready(Ok(None)));
}

// C2, C16
#[test]
fn handle_ends_input_that_was_read_before() {
    type End = fn(&ConnectionHandle);
    let close_with: End = |handle| handle.close_with("bye\n").unwrap();
    for (end, found, last_word) in [
        (ConnectionHandle::close_when_done as End, Ok(None), &b""[..]),
        (close_with, Ok(None), b"bye\n"),
        (ConnectionHandle::abort, Err(Error::Aborted), b""),
    ] {
        for poll_waiting in [PollConnectionHarness::poll_frame, PollConnectionHarness::poll_event] {
            let mut harness = harness();
            let handle = harness.connection.handle();
            harness.transport.send("one\ntwo\nthree\n");
            assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"one".to_vec()))));
            assert_eq!(harness.connection.find_ready_frame(), Some(Ok(())));
            end(&handle);
            assert_eq!(harness.connection.find_ready_frame(), None);
            assert_eq!(harness.connection.find_ready_event(), None);
            assert_eq!(poll_waiting(&mut harness), Poll::Ready(found.clone()));
            assert_eq!(*harness.transport.written(), *last_word);
        }
    }
}

// C16
#[test]
fn handle_abort_ends_every_wait() {
    type Wait = fn(&mut PollConnectionHarness) -> Poll<Result<(), Error>>;
    let frame: Wait = |harness| harness.poll_frame().map_ok(drop);
    let event: Wait = |harness| harness.poll_event().map_ok(drop);
    for wait in [frame, event, PollConnectionHarness::poll_flush, PollConnectionHarness::poll_close] {
        for window in [0, usize::MAX] {
            let mut harness = harness();
            let handle = harness.connection.handle();
            harness.transport.set_write_window(window);
            harness.connection.queue_mut().push("x").unwrap();
            if wait(&mut harness).is_ready() {
                continue;
            }
            handle.abort();
            assert!(harness.take_woken());
            assert_eq!(wait(&mut harness), Poll::Ready(Err(Error::Aborted)));
            assert_eq!(harness.transport.was_reset(), window == 0);
        }
    }
}

// C5
#[test]
fn connection_into_parts_has_the_pushes_of_handles() {
    let mut harness = harness();
    let handle = harness.connection.handle();
    handle.push("unsent").unwrap();
    assert_eq!(harness.connection.into_parts().unsent.unsent_len(), 6);
    assert!(handle.is_closed());
}

// C16, C17
#[test]
fn connection_of_a_server_is_reset_by_its_abort() {
    for has_unsent in [true, false] {
        let accepted = ServerOptions::new(1).connections::<()>().accept((), (), ServedBy::Code);
        let mut harness = harness();
        harness.connection.attach(&accepted.mailbox);
        if has_unsent {
            harness.transport.set_write_window(2);
            harness.connection.queue_mut().push("unsent").unwrap();
        }
        assert!(harness.poll_frame().is_pending());
        accepted.handle.abort();
        // A task is polled once more, and a thread is woken.
        assert_eq!(harness.poll_frame(), Poll::Ready(Err(Error::Aborted)));
        assert_eq!(harness.transport.was_reset(), has_unsent);
        assert_eq!(harness.poll_flush(), Poll::Ready(Err(Error::Aborted)));
    }
}

// C17: halves of a connection may wait in other tasks than the one that waits for the end.
#[test]
fn connection_waits_apart_from_the_wait_for_its_end() {
    type End = fn(&mut Connections<(), ()>, &ConnectionHandle);
    let ends: [End; 3] = [
        |connections, _| connections.request_shutdown(),
        |_, handle| handle.close_when_done(),
        |_, handle| handle.abort(),
    ];
    for (end, closing_is_last) in ends.into_iter().flat_map(|end| [(end, false), (end, true)]) {
        let mut connections = ServerOptions::new(1).connections::<()>();
        let accepted = connections.accept((), (), ServedBy::Code);
        connections.insert(accepted.guard.number(), accepted.handle.clone(), ());
        let (mut mailbox, handle) = (accepted.mailbox, accepted.handle);
        let mut harness = harness();
        harness.connection.attach(&mailbox);
        let (closing, waker) = CountingWaker::new();
        if !closing_is_last {
            assert!(mailbox.poll_closing(&waker).is_pending());
        }
        assert!(harness.poll_frame().is_pending());
        if closing_is_last {
            assert!(mailbox.poll_closing(&waker).is_pending());
        }
        handle.push("a\n").unwrap();
        assert!(harness.take_woken() && !closing.take_woken(), "a push is the business of the connection");
        assert!(harness.poll_frame().is_pending());
        assert_eq!(*harness.transport.written(), *b"a\n");
        end(&mut connections, &handle);
        assert!(closing.take_woken());
        assert!(mailbox.poll_closing(&waker).is_ready() && mailbox.poll_closing(&waker).is_ready());
    }
}

/// Keeps the traffic of the last connection that has ended.
#[derive(Default)]
struct LastTraffic(Mutex<Option<Traffic>>);

impl Observer for LastTraffic {
    fn closed(&self, _: &ConnectionInfo, _: Result<(), &Error>, traffic: Traffic) {
        if let Ok(mut last) = self.0.lock() {
            *last = Some(traffic);
        }
    }
}

// C23
#[test]
fn connection_tells_what_was_dropped_unsent() {
    // It is dropped, aborted, or taken apart, which drops nothing.
    let ends: [fn(PollConnectionHarness); 3] =
        [drop, |mut harness| harness.connection.abort(), |harness| drop(harness.connection.into_parts())];
    for (end, unsent) in ends.into_iter().zip([10, 10, 0]) {
        let observer = Arc::new(LastTraffic::default());
        let mut options = ServerOptions::new(1);
        options.set_observer(Arc::clone(&observer));
        let accepted = options.connections::<()>().accept((), (), ServedBy::Code);
        let mut harness = harness();
        harness.connection.attach(&accepted.mailbox);
        harness.transport.send("a line\n");
        harness.transport.set_write_window(4);
        harness.connection.queue_mut().push("sent+part").unwrap();
        assert!(harness.poll_flush().is_pending());
        harness.connection.queue_mut().push("later").unwrap();
        end(harness);
        drop(accepted.guard);
        let traffic = observer.0.lock().unwrap().take().unwrap();
        assert_eq!((traffic.received, traffic.sent, traffic.unsent), (7, 4, unsent));
    }
}
