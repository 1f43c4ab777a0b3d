//! Two tasks wait for one connection.

use std::task::Poll;
use std::time::Duration;

use asynchat_core::{Config, Error, MinRate};
use asynchat_tests::harness::mock::MockTransport;

use crate::harness::Halves;

/// The transport remembers one waker for each direction, or one for both, as TLS may.
fn transports() -> [MockTransport; 2] {
    let of_one_waker = MockTransport::default();
    of_one_waker.keep_one_waker();
    [MockTransport::default(), of_one_waker]
}

// C9
#[test]
fn halves_wait_at_the_same_time() {
    for transport in transports() {
        for reader_is_last in [true, false] {
            let halves = Halves::with_transport(transport.clone(), Config::default());
            transport.set_write_window(0);
            halves.push("x");
            if reader_is_last {
                assert!(halves.poll_flush().is_pending() && halves.poll_frame().is_pending());
            } else {
                assert!(halves.poll_frame().is_pending() && halves.poll_flush().is_pending());
            }
            transport.send("a\n");
            assert!(halves.reader.take_woken());
            assert_eq!(halves.poll_frame(), Poll::Ready(Ok(Some(b"a".to_vec()))));
            transport.set_write_window(1);
            // It may have been woken by the input too, and be waiting again.
            assert!(halves.writer.take_woken());
            assert_eq!(halves.poll_flush(), Poll::Ready(Ok(())));
        }
    }
}

// C9, C8
#[test]
fn half_wakes_the_other_when_it_does_its_work() {
    for transport in transports() {
        let halves = Halves::with_transport(transport.clone(), Config::default());
        transport.set_write_window(0);
        halves.push("x");
        assert!(halves.poll_flush().is_pending() && halves.poll_frame().is_pending());
        // The reader is woken alone, as if the writer's wake-up were still on its way, and sends everything.
        transport.set_write_window(1);
        let _ = halves.writer.take_woken();
        assert!(halves.poll_frame().is_pending());
        assert_eq!(*transport.written(), *b"x");
        assert_eq!(halves.poll_flush(), Poll::Ready(Ok(())));

        // The writer reads what the reader waits for.
        transport.set_write_window(0);
        halves.push("y");
        assert!(halves.poll_frame().is_pending());
        transport.send("a\n");
        let _ = halves.reader.take_woken();
        assert!(halves.poll_flush().is_pending());
        assert_eq!(halves.poll_frame(), Poll::Ready(Ok(Some(b"a".to_vec()))));
        transport.set_write_window(usize::MAX);
        assert_eq!(halves.poll_flush(), Poll::Ready(Ok(())));
    }
}

// C8
#[test]
fn half_that_is_abandoned_costs_the_other_no_wakeup() {
    for transport in transports() {
        let halves = Halves::with_transport(transport.clone(), Config::default());
        transport.set_write_window(0);
        halves.push("x");
        assert!(halves.poll_flush().is_pending());
        // This wait is abandoned: its task is woken for something else, and polls no more.
        assert!(halves.poll_frame().is_pending());
        transport.set_write_window(1);
        assert!(halves.writer.take_woken());
        assert_eq!(halves.poll_flush(), Poll::Ready(Ok(())));
    }
}

// C18
#[test]
fn half_that_finishes_is_woken_by_the_shutdown() {
    let halves = Halves::new(Config::default());
    halves.transport.block_shutdown(true);
    assert!(halves.poll_finish().is_pending() && halves.poll_frame().is_pending());
    halves.transport.block_shutdown(false);
    assert!(halves.poll_frame().is_pending() && halves.transport.is_shut_down());
    assert!(halves.writer.take_woken());
    assert_eq!(halves.poll_finish(), Poll::Ready(Ok(())));
}

// C6
#[test]
fn halves_both_find_a_peer_that_reads_too_slowly() {
    let rate = MinRate::new(240, Duration::from_secs(30));
    let halves = Halves::new(Config::default().with_min_output_rate(rate));
    halves.transport.set_write_window(0);
    halves.push("x");
    assert!(halves.poll_flush().is_pending() && halves.poll_frame().is_pending());
    halves.clock.advance(Duration::from_secs(30));
    let outcome = loop {
        if let Poll::Ready(outcome) = halves.poll_frame() {
            break outcome;
        }
        assert!(halves.reader.take_woken());
    };
    assert_eq!(outcome, Err(Error::ReadTooSlowly));
    assert!(halves.writer.take_woken());
    assert_eq!(halves.poll_flush(), Poll::Ready(Err(Error::ReadTooSlowly)));
}

// C7
#[test]
fn half_that_lingers_keeps_its_alarm() {
    let halves = Halves::new(Config::default());
    halves.transport.block_shutdown(true);
    assert!(halves.poll_close().is_pending() && halves.poll_frame().is_pending());
    halves.transport.block_shutdown(false);
    assert!(halves.writer.take_woken() && halves.poll_close().is_pending());
    assert_eq!(halves.poll_frame(), Poll::Ready(Ok(None)), "there is no further frame");
    assert_eq!(halves.clock.alarm(), Some(Duration::from_secs(2)));
    halves.clock.advance(Duration::from_secs(2));
    assert!(halves.writer.take_woken());
    assert_eq!(halves.poll_close(), Poll::Ready(Ok(())));
}

// O2
#[test]
fn half_that_waits_learns_of_a_new_handle() {
    let halves = Halves::new(Config::default());
    assert!(halves.poll_frame().is_pending());
    let handle = halves.shared.handle();
    assert!(halves.reader.take_woken() && halves.poll_frame().is_pending());
    handle.push("news\n").unwrap();
    assert!(halves.reader.take_woken() && halves.poll_frame().is_pending());
    assert_eq!(*halves.transport.written(), *b"news\n");
}
