//! A peer that does not take the output: backpressure, and the minimum rate.

use std::task::Poll;
use std::time::Duration;

use asynchat_core::drive::Clock;
use asynchat_core::{Config, Error, MinRate};
use asynchat_tests::harness::mock::PollConnectionHarness;

const RATE: MinRate = MinRate::new(240, Duration::from_secs(30));

/// A connection to a peer that reads nothing, with this many bytes of output.
fn harness(bytes: usize) -> PollConnectionHarness {
    let mut harness = PollConnectionHarness::new(b"\n", Config::default().with_min_output_rate(RATE));
    harness.transport.set_write_window(0);
    assert_eq!(harness.connection.queue_mut().push(vec![b'x'; bytes]), Ok(()));
    harness
}

/// Polls for as long as it is woken, and lets each alarm go off, until the time is over or a poll is ready.
fn poll_for<R>(
    harness: &mut PollConnectionHarness,
    time: Duration,
    mut poll: impl FnMut(&mut PollConnectionHarness) -> Poll<R>,
) -> Poll<R> {
    let until = harness.clock.now() + time;
    loop {
        let polled = poll(harness);
        if polled.is_ready() {
            return polled;
        }
        if harness.take_woken() {
            continue;
        }
        let at = harness.clock.alarm().filter(|at| *at <= until).unwrap_or(until);
        if at == harness.clock.now() {
            return polled;
        }
        harness.clock.advance(at - harness.clock.now());
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

// C6
#[test]
fn connection_flush_cuts_off_a_slow_reader() {
    let mut harness = harness(1000);
    assert!(poll_for(&mut harness, seconds(29), PollConnectionHarness::poll_flush).is_pending());
    for _ in 0..2 {
        let outcome = poll_for(&mut harness, seconds(2), PollConnectionHarness::poll_flush);
        assert_eq!(outcome, Poll::Ready(Err(Error::ReadTooSlowly)));
    }
    assert!(harness.transport.was_reset());
}

// C6
#[test]
fn connection_close_cuts_off_a_slow_reader() {
    let mut harness = harness(1000);
    let outcome = poll_for(&mut harness, seconds(31), PollConnectionHarness::poll_close);
    assert_eq!(outcome, Poll::Ready(Err(Error::ReadTooSlowly)));
}

// C6
#[test]
fn connection_waiting_for_input_cuts_off_a_slow_reader() {
    for poll in [PollConnectionHarness::poll_frame, PollConnectionHarness::poll_event] {
        let mut harness = harness(1000);
        assert!(poll_for(&mut harness, seconds(29), poll).is_pending());
        assert_eq!(poll_for(&mut harness, seconds(2), poll), Poll::Ready(Err(Error::ReadTooSlowly)));
        assert_eq!(harness.poll_flush(), Poll::Ready(Err(Error::ReadTooSlowly)));
    }
}

// C6
#[test]
fn connection_cuts_off_a_reader_that_sends_without_pause() {
    let mut harness = harness(1000);
    harness.transport.send_forever(b'\n');
    for _ in 0..4_000_000 {
        match harness.poll_frame() {
            Poll::Ready(Err(error)) => {
                assert_eq!(error, Error::ReadTooSlowly);
                assert!(harness.clock.now() < seconds(36));
                return;
            }
            Poll::Ready(Ok(_)) => {}
            Poll::Pending => harness.clock.advance(Duration::from_millis(200)),
        }
    }
    panic!("it is never cut off");
}

// C6
#[test]
fn connection_keeps_a_reader_at_twice_the_rate() {
    let mut harness = harness(100_000);
    for _ in 0..200 {
        harness.transport.set_write_window(480);
        assert!(poll_for(&mut harness, seconds(1), PollConnectionHarness::poll_flush).is_pending());
    }
}

// C6
#[test]
fn connection_counts_what_the_system_holds() {
    let mut harness = harness(100_000);
    harness.transport.set_write_window(usize::MAX);
    harness.transport.set_unacknowledged(100_000);
    assert_eq!(poll_for(&mut harness, seconds(1), PollConnectionHarness::poll_flush), Poll::Ready(Ok(())));
    assert!(poll_for(&mut harness, seconds(29), PollConnectionHarness::poll_frame).is_pending());
    let outcome = poll_for(&mut harness, seconds(2), PollConnectionHarness::poll_frame);
    assert_eq!(outcome, Poll::Ready(Err(Error::ReadTooSlowly)));
}

// C6
#[test]
fn connection_without_output_has_no_alarm() {
    let mut harness = harness(10);
    harness.transport.set_write_window(usize::MAX);
    assert!(harness.poll_frame().is_pending());
    assert_eq!(harness.clock.alarm(), None);
}

// C7
#[test]
fn connection_lingers_from_the_last_acknowledgement() {
    let mut harness = harness(100_000);
    harness.transport.set_write_window(usize::MAX);
    for second in 0..10 {
        harness.transport.set_unacknowledged(100_000 - second * 10_000);
        assert!(poll_for(&mut harness, seconds(2), PollConnectionHarness::poll_close).is_pending());
    }
    harness.transport.set_unacknowledged(0);
    assert_eq!(poll_for(&mut harness, seconds(4), PollConnectionHarness::poll_close), Poll::Ready(Ok(())));
}

// O6, C6
#[test]
fn connection_pushing_above_high_water_sends_first() {
    for poll in [PollConnectionHarness::poll_frame, PollConnectionHarness::poll_event] {
        let mut harness = harness(1000);
        harness.transport.send_forever(b'\n');
        let high_water = harness.connection.config().high_water;
        let mut frames = 0;
        for _ in 0..20_000 {
            if poll(&mut harness).is_ready() {
                let _ = harness.connection.queue_mut().push(vec![b'x'; 1000]);
                frames += 1;
            }
        }
        assert!(frames < 400 && harness.connection.queue().queued() <= high_water + 2000, "{frames} frames");
        harness.transport.set_write_window(usize::MAX);
        assert!(poll_for(&mut harness, seconds(1), poll).is_ready());
        assert!(harness.connection.queue().queued() <= harness.connection.config().low_water);
    }
}

// C9
#[test]
fn connection_above_high_water_still_reads() {
    let mut harness = harness(8 << 20);
    harness.transport.send("one\ntwo\n");
    for line in ["one", "two"] {
        assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(line.into()))));
    }
}
