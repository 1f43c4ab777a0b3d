//! The allocations of core: almost always none.
//!
//! `allocation-counter` counts for each thread, so the tests can run in parallel. It replaces the allocator of the
//! binary that uses it, so these tests have a binary of their own.

use std::time::Duration;

use allocation_counter::{AllocationInfo, measure};
use asynchat_core::{BoxError, Channel, Chat, Config, Event, Framer, Frames, Handler, Input, Terminator};
use asynchat_tests::harness::mock::{DriverHarness, PollConnectionHarness};
use asynchat_tests::harness::noop_context;
use asynchat_tests::protocols::redis::{RedisHandler, Store};
use bytes::Buf;

/// The longest delimiter that is stored inline, without an allocation.
const MAX_INLINE_DELIMITER: usize = 16;

fn count_allocations(run: impl FnOnce()) -> u64 {
    measure(run).count_total
}

/// Feeds the chunks one by one, and returns how many frames ended.
fn drain<'i>(framer: &mut Framer, chunks: impl IntoIterator<Item = &'i [u8]>) -> usize {
    let mut frames = 0;
    for chunk in chunks {
        let mut input = Input::new(chunk);
        while let Some(event) = framer.next_event(&mut input) {
            frames += usize::from(event == Event::Terminator);
        }
    }
    frames
}

// F11
#[test]
fn framer_short_delimiter_allocates_nothing() {
    let mut framer = Framer::new(b"\n");
    let allocations = count_allocations(|| {
        for length in 1..=MAX_INLINE_DELIMITER {
            let Ok(terminator) = Terminator::try_from(&b"abcabcabcabcabca"[..length]) else { continue };
            framer.set_terminator(terminator);
            drain(&mut framer, [&b"xabcabcabcabcabcabcabcab"[..]]);
        }
        framer.set_terminator(b"--boundary--");
        framer = Framer::new(b"\r\n");
    });
    assert_eq!(allocations, 0);
    let longer = [b'x'; MAX_INLINE_DELIMITER + 1];
    assert!(count_allocations(|| framer.set_terminator(&longer)) > 0, "the counter works");
}

// F8
#[test]
fn framer_frees_a_replaced_terminator() {
    let kept = measure(|| {
        let Ok(set) = Terminator::any_of(["\n", "\r\n"]) else { return };
        let mut framer = Framer::new(&[b'x'; 40]);
        framer.set_terminator(set.clone());
        framer.set_terminator(b"\r\n");
        framer.set_terminator(set);
        framer.set_terminator(3u64);
        framer.set_terminator(&[b'y'; 40]);
        drain(&mut framer, [&b"yyy"[..]]);
        framer.set_terminator(&[b'z'; 40]);
        drain(&mut framer, [&b""[..], b"zz"]);
    });
    assert!(kept.count_total > 0, "the counter works");
    assert_eq!((kept.count_current, kept.bytes_current), (0, 0));
}

// F6
#[test]
fn framer_count_allocates_nothing() {
    let mut framer = Framer::new(b"\n");
    let allocations = count_allocations(|| {
        for counted in [0, 1, 1 << 20, u64::MAX - 1, u64::MAX] {
            framer.set_terminator(counted);
            drain(&mut framer, [&b"ab"[..], b"cd"]);
        }
    });
    assert_eq!(allocations, 0);
}

// F6, L3
#[test]
fn frames_allocate_received_bytes_not_the_count() {
    let mut frames = Frames::unlimited(u64::MAX);
    let taken = measure(|| assert_eq!(frames.next_frame(&mut Input::new(b"abc")), None));
    assert!(taken.bytes_total < 1024, "{taken:?}");
}

// F4, F8
#[test]
fn framer_holding_and_rereading_allocates_nothing() {
    let delimiter = [vec![b'a'; 8191], vec![b'b']].concat();
    let long = Terminator::try_from(delimiter.as_slice()).expect("it is not empty");
    let (mut framer, again) = (Framer::new(long.clone()), long);
    let allocations = count_allocations(|| {
        drain(&mut framer, delimiter[..8000].chunks(1));
        assert_eq!(framer.held(), 8000);
        framer.set_terminator(b"aab");
        drain(&mut framer, [&b""[..]]);
        framer.set_terminator(again);
        assert_eq!(drain(&mut framer, delimiter.chunks(1)), 1);
    });
    assert_eq!(allocations, 0);
}

// F4, F12
#[test]
fn framer_events_allocate_nothing() {
    let stream = b"a line\r\nanother\r\n\r\nand a longer one --boundary-of-20----boundary-of-20--\r\n".repeat(20);
    let set = Terminator::any_of(["\n", "\r\n", "--boundary-of-20--"]).expect("each can match");
    for (terminator, frames) in [
        (Terminator::from(b"\r\n"), 80),
        (Terminator::from(b"\n"), 80),
        (Terminator::from(b"--boundary-of-20--"), 40),
        (set, 120),
        (Terminator::None, 0),
    ] {
        for size in [1, 7, stream.len()] {
            let mut framer = Framer::new(terminator.clone());
            let allocations = count_allocations(|| assert_eq!(drain(&mut framer, stream.chunks(size)), frames));
            assert_eq!(allocations, 0, "{terminator:?} in chunks of {size}");
        }
    }
}

// F8, F11
#[test]
fn framer_terminator_changes_allocate_nothing() {
    let stream = b"$3\r\nabc\r\n".repeat(50);
    let mut framer = Framer::new(b"\r\n");
    let allocations = count_allocations(|| {
        for chunk in stream.chunks(4) {
            let mut input = Input::new(chunk);
            while let Some(event) = framer.next_event(&mut input) {
                if event != Event::Terminator {
                    continue;
                }
                match framer.terminator() {
                    Terminator::None => framer.set_terminator(b"\r\n"),
                    _ => framer.set_terminator(3u64),
                }
            }
        }
    });
    assert_eq!(allocations, 0);
}

// L4
#[test]
fn frames_within_one_input_allocate_nothing() {
    let stream = b"a frame\r\nanother one\r\n".repeat(50);
    let mut frames = Frames::new(b"\r\n");
    let mut input = Input::new(&stream);
    let allocations = count_allocations(|| while frames.next_frame(&mut input).is_some() {});
    assert_eq!(allocations, 0);
}

// L3
#[test]
fn frames_memory_is_bounded_by_the_limit() {
    /// Everything beside the frame's own bytes.
    const CONSTANT: i64 = 512;
    for max_len in [0, 1, 100, 1000, 70_000] {
        let mut frames = Frames::with_max_len(b"\r\n", max_len);
        let mut resident = 0;
        for chunk in [b'x'; 100_000].chunks(17) {
            let AllocationInfo { bytes_current, .. } = measure(|| {
                let mut input = Input::new(chunk);
                while frames.next_frame(&mut input).is_some() {}
            });
            resident += bytes_current;
            assert!(resident <= max_len as i64 + CONSTANT, "{resident} bytes for a limit of {max_len}");
        }
    }
}

// L3
#[test]
fn frames_reuse_one_buffer() {
    let stream = b"a frame that is cut by the ends of inputs\r\n".repeat(100);
    let mut frames = Frames::new(b"\r\n");
    let mut feed = || {
        for chunk in stream.chunks(10) {
            let mut input = Input::new(chunk);
            while frames.next_frame(&mut input).is_some() {}
        }
    };
    feed();
    assert_eq!(count_allocations(feed), 0);
}

// F11, L3
#[test]
fn frames_alternating_lines_and_counts_allocate_nothing() {
    let stream = b"$3\r\nabc\r\n".repeat(50);
    for size in [1, 4, 7, stream.len()] {
        let mut frames = Frames::new(b"\r\n");
        let mut ended = 0;
        let mut feed = || {
            for chunk in stream.chunks(size) {
                let mut input = Input::new(chunk);
                while let Some(frame) = frames.next_frame(&mut input) {
                    match frame {
                        Ok([b'$', ..]) => frames.set_terminator(3u64),
                        _ => frames.set_terminator(b"\r\n"),
                    }
                    ended += 1;
                }
            }
        };
        feed();
        assert_eq!(count_allocations(feed), 0, "in chunks of {size}");
        assert_eq!(ended, 2 * 150);
    }
}

/// Ignores every event.
struct IgnoringHandler;

impl Handler for IgnoringHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\r\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }
}

/// The most bytes that a connection may keep of the 100,000 bytes that it read, half a line included.
const MAX_KEPT: i64 = 1024;

#[test]
fn driver_keeps_none_of_the_bytes_read() {
    let mut harness = DriverHarness::new(IgnoringHandler, Config::default());
    assert!(harness.run().is_pending());
    harness.transport.send("warm\r\n");
    assert!(harness.run().is_pending());
    let taken = measure(|| {
        harness.transport.send("a line\r\nanother\r\n".repeat(6000));
        harness.transport.send("half a li");
        assert!(harness.run().is_pending());
    });
    assert!(taken.bytes_total > 100_000 && taken.bytes_current < MAX_KEPT, "{taken:?}");
}

#[test]
fn connection_keeps_none_of_the_bytes_returned() {
    let mut harness = PollConnectionHarness::new(b"\r\n", Config::default());
    assert!(harness.poll_frame().is_pending());
    let taken = measure(|| {
        harness.transport.send("a line\r\nanother\r\n".repeat(6000));
        harness.transport.send("half a li");
        // A connection that has given its turn away is woken, and goes on.
        while harness.poll_frame().is_ready() || harness.take_woken() {}
    });
    assert!(taken.bytes_total > 100_000 && taken.bytes_current < MAX_KEPT, "{taken:?}");
}

// O7
#[test]
fn chat_small_redis_requests_allocate_nothing() {
    let mut chat = Chat::new(RedisHandler::new(&Store::new()), Config::default());
    let mut serve = |requests: &[u8]| {
        assert_eq!(chat.handle_input(Duration::ZERO, &mut Input::new(requests)), Ok(()));
        let mut staged = chat.poll_transmit(&mut noop_context());
        let replies = staged.remaining();
        staged.advance(replies);
    };
    let requests = b"*1\r\n$4\r\nPING\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*2\r\n$4\r\nECHO\r\n$1\r\n!\r\n";
    serve(b"SET k v\r\n");
    let five = requests.repeat(5);
    serve(&five);
    assert_eq!(count_allocations(|| (0..1000).for_each(|_| serve(&five))), 0);
}
