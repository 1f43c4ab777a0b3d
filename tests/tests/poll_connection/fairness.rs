//! The length of a turn, over many calls, and the way in which it is given away.

use std::task::Poll;

use asynchat_core::Config;
use asynchat_tests::harness::mock::PollConnectionHarness;

/// The reads of the default size in a turn.
const READS_PER_TURN: usize = 4;

// C22
#[test]
fn connection_yields_between_frames_that_are_there() {
    let mut harness = PollConnectionHarness::new(b"\n", Config::default());
    harness.transport.send("a\n".repeat(32 * 1024));
    let (mut frames, mut yields) = (0, 0);
    while frames < 32 * 1024 {
        match harness.poll_frame() {
            Poll::Ready(frame) => {
                assert_eq!(frame, Ok(Some(b"a".to_vec())));
                frames += 1;
            }
            Poll::Pending => {
                assert!(harness.take_woken(), "it waits for its turn only");
                yields += 1;
            }
        }
    }
    assert_eq!(harness.transport.calls().yields, yields);
    assert!((4..=6).contains(&yields), "{yields}");
}

// C22
#[test]
fn connection_yields_between_events_that_are_there() {
    let mut harness = PollConnectionHarness::new(b"\n", Config::default());
    harness.transport.send_forever(b'x');
    for turn in 1..10 {
        while harness.poll_event().is_ready() {}
        assert!(harness.take_woken(), "it waits for its turn only");
        let calls = harness.transport.calls();
        assert_eq!((calls.reads, calls.yields), (turn * READS_PER_TURN, turn));
    }
}

// C22
#[test]
fn connection_flush_and_close_yield() {
    let mut harness = PollConnectionHarness::new(b"\n", Config::default());
    harness.transport.send_forever(b'x');
    harness.transport.set_write_window(0);
    assert_eq!(harness.connection.queue_mut().push("x"), Ok(()));
    assert!(harness.poll_flush().is_pending());
    assert!(harness.transport.calls().reads <= READS_PER_TURN + 1);
    harness.transport.set_write_window(usize::MAX);
    let before = harness.transport.calls().reads;
    assert!(harness.poll_close().is_pending());
    assert!(harness.transport.calls().reads <= before + READS_PER_TURN + 1);
}
