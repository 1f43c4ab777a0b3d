use alloc::string::ToString;

use super::*;
use crate::error::Error;

// L1, L2, L4
#[test]
fn receive_buffer_lends_frames_under_every_cut() {
    let stream = b"one\r\nmuch too long\r\n\r\ntwo\r\n";
    for size in 1..=stream.len() {
        let mut received = ReceiveBuffer::with_max_len(b"\r\n", 8);
        let mut seen = Vec::new();
        for bytes in stream.chunks(size) {
            received.extend_from_slice(bytes);
            while let Some(frame) = received.next_frame() {
                seen.push(frame.map_or_else(|error| error.to_string().into_bytes(), <[u8]>::to_vec));
            }
        }
        let too_long = FrameTooLong::new(8).to_string().into_bytes();
        assert_eq!(seen, [&b"one"[..], &too_long, b"", b"two"], "inputs of {size}");
        assert_eq!((received.unread(), received.finish()), (0, (&b""[..], End::Clean)));
    }
}

// F8
#[test]
fn receive_buffer_rereads_under_a_new_terminator() {
    let mut received = ReceiveBuffer::new(b"\r\n");
    received.extend_from_slice(b"3\r\nabc\r");
    assert_eq!(received.next_frame(), Some(Ok(&b"3"[..])));
    received.set_terminator(4u64);
    assert_eq!(received.next_event(), Some(Event::Data(b"abc\r")));
    assert_eq!(received.next_event(), Some(Event::Terminator));
    assert_eq!(received.next_event(), None);
    assert_eq!(received.terminator(), &Terminator::None);
}

// F15, F6
#[test]
fn receive_buffer_stops_a_loop_over_empty_frames() {
    type Find = fn(&mut ReceiveBuffer) -> Result<bool, Error>;
    for find in [ReceiveBuffer::find_frame as Find, ReceiveBuffer::find_event] {
        let mut received = ReceiveBuffer::new(0u64);
        received.extend_from_slice(b"x");
        let error = (0..10_000).find_map(|_| {
            received.set_terminator(0u64);
            find(&mut received).err()
        });
        assert_eq!(error.map(|error| error.blame()), Some(crate::error::Blame::Handler));
        // With a byte between them, any number of them is allowed.
        for _ in 0..5_000 {
            received.extend_from_slice(b"\n");
            received.set_terminator(b"\n");
            while received.waiting() > 0 {
                assert_eq!(find(&mut received), Ok(true));
            }
            received.set_terminator(0u64);
            assert_eq!(find(&mut received), Ok(true));
        }
    }
}

// L6, L7
#[test]
fn receive_buffer_goes_on_behind_a_refused_count() {
    let stream = b"$12\r\nAAAAAAAAAAAA\r\nPING\r\n";
    for size in 1..=stream.len() {
        let (mut received, mut seen) = (ReceiveBuffer::with_max_len(b"\r\n", 8), Vec::new());
        let mut skipping = false;
        for bytes in stream.chunks(size) {
            received.extend_from_slice(bytes);
            loop {
                if skipping {
                    let Some(len) = received.skip_frame() else { break };
                    seen.push(alloc::format!("skipped {len}"));
                    skipping = false;
                    received.set_terminator(b"\r\n");
                }
                match received.next_frame() {
                    Some(Ok(b"$12")) => received.set_terminator(12u64),
                    Some(Ok(line)) => seen.push(line.escape_ascii().to_string()),
                    Some(Err(_)) => skipping = true,
                    None => break,
                }
            }
        }
        assert_eq!(seen, ["skipped 12", "", "PING"], "inputs of {size}");
    }
}

// L7
#[test]
fn receive_buffer_refuses_a_count_at_once() {
    let mut received = ReceiveBuffer::with_max_len(12u64, 8);
    assert_eq!(received.next_frame(), Some(Err(FrameTooLong::new(8))));
    received.set_max_frame_len(12);
    received.extend_from_slice(b"AAAAAAAAAAAA");
    assert_eq!(received.next_frame(), Some(Ok(&b"AAAAAAAAAAAA"[..])));
}

// L8
#[test]
fn receive_buffer_shows_what_has_come() {
    let mut received = ReceiveBuffer::with_max_len(b"\n", 4);
    received.extend_from_slice(b"abc");
    assert_eq!(received.next_frame(), None);
    assert_eq!(received.partial(), b"abc");
    received.extend_from_slice(b"defghi");
    assert!(received.next_frame().is_some_and(|frame| frame.is_err()));
    assert_eq!((received.partial(), received.frame()), (&b"abcd"[..], &b"abcd"[..]));
    assert_eq!(received.next_frame(), None);
    assert_eq!(received.partial(), b"");
}

// L9, L1
#[test]
fn receive_buffer_end_of_stream_ends_the_last_line() {
    for (bytes, found) in [("two", Ok(true)), ("", Ok(false)), ("toobi\r", Err(FrameTooLong::new(5)))] {
        let mut received = ReceiveBuffer::with_max_len(b"\r\n", 5);
        received.set_eof_ends_frame(true);
        received.extend_from_slice(bytes.as_bytes());
        assert_eq!(received.find_frame(), Ok(false));
        received.received_end();
        assert_eq!(received.find_frame(), found.map_err(Error::from));
        assert_eq!((received.frame(), received.end()), (bytes.as_bytes(), Some(End::Clean)));
        assert_eq!(received.find_frame(), Ok(false));
    }
}

// F9
#[test]
fn receive_buffer_end_before_an_announced_body_is_short() {
    let mut received = ReceiveBuffer::new(b"\r\n");
    received.extend_from_slice(b"$5\r\n");
    assert_eq!(received.find_frame(), Ok(true));
    received.set_terminator(5u64);
    received.received_end();
    assert_eq!(received.find_frame(), Err(Error::Truncated(End::Short { missing: 5 })));
    assert_eq!(received.find_frame(), Ok(false));
}

// L6
#[test]
fn receive_buffer_skip_ends_with_the_stream() {
    for (eof_ends_frame, found) in [(false, Err(Error::Truncated(End::MidFrame))), (true, Ok(Some(3)))] {
        let mut received = ReceiveBuffer::with_max_len(b"\n", 2);
        received.set_eof_ends_frame(eof_ends_frame);
        received.extend_from_slice(b"abc");
        assert_eq!(received.find_frame(), Err(Error::from(FrameTooLong::new(2))));
        assert_eq!(received.find_skipped(), Ok(None));
        received.received_end();
        assert_eq!(received.find_skipped(), found);
        assert_eq!(received.find_skipped(), Ok(None));
    }
}

#[test]
fn receive_buffer_discards_input_up_to_a_frame() {
    let stream = b"a\r\nb\r\nc\r\n";
    for cut in 0..=stream.len() {
        let mut received = ReceiveBuffer::new(b"\r\n");
        let (stale, fresh) = stream.split_at(cut);
        received.extend_from_slice(stale);
        received.discard_input();
        assert_eq!(received.waiting(), 0);
        received.extend_from_slice(fresh);
        // The frame that was cut is not returned, and those behind it are.
        let mut frames = 0;
        while let Some(frame) = received.next_frame() {
            frames += 1;
            assert_eq!(frame.unwrap().len(), 1, "cut at {cut}");
        }
        assert_eq!(frames, (stream.len() - cut) / 3, "cut at {cut}");
    }
}

#[test]
fn receive_buffer_forgets_what_it_discards() {
    let mut received = ReceiveBuffer::new(b"\n");
    received.extend_from_slice(b"cut");
    assert_eq!(received.next_frame(), None);
    received.extend_from_slice(b"off\n");
    assert_eq!(received.unread(), 7);
    received.discard();
    assert_eq!((received.unread(), received.next_frame()), (0, None));
    received.extend_from_slice(b"next\n");
    assert_eq!(received.next_frame(), Some(Ok(&b"next"[..])));
    assert_eq!(alloc::format!("{received:?}").matches("next").count(), 0, "it shows no byte of the peer's");
}

/// A buffer that has read these bytes, in reads of 64 KiB.
fn received(bytes: &[u8]) -> ReceiveBuffer {
    let mut received = ReceiveBuffer::new(b"\n");
    received.space(64 * 1024)[..bytes.len()].copy_from_slice(bytes);
    received.advance(bytes.len());
    received
}

#[test]
fn receive_buffer_shares_large_owned_frames() {
    let line = [&[b'x'; 8 * 1024][..], b"\nabc\nrest"].concat();
    let mut received = received(&line);
    let memory = received.space(0).as_ptr() as usize - line.len();
    let large = received.next_frame_owned().unwrap().unwrap();
    assert_eq!((large.as_ptr() as usize, large.len()), (memory, 8 * 1024));
    assert_eq!(received.next_frame().unwrap().unwrap(), b"abc");
    assert_eq!(received.unread(), 4);

    // Another buffer is read into while the frame is alive.
    received.extend_from_slice(b" of it\n");
    assert_ne!(received.next_frame().unwrap().unwrap().as_ptr() as usize & !0xffff, memory & !0xffff);
    assert!(large.iter().all(|&byte| byte == b'x'));
}

#[test]
fn receive_buffer_is_its_own_again_after_drop() {
    let line = [&[b'x'; 8 * 1024][..], b"\nrest"].concat();
    let mut received = received(&line);
    let memory = received.space(0).as_ptr() as usize - line.len();
    let large = received.next_frame_owned().unwrap().unwrap();
    let same = large.slice(1..);
    drop((large, same));
    received.extend_from_slice(b" of it\n");
    let rest = received.next_frame().unwrap().unwrap();
    assert_eq!((rest, rest.as_ptr() as usize), (&b"rest of it"[..], memory + 8 * 1024 + 1));
}

#[test]
fn receive_buffer_copies_small_owned_frames() {
    let line = [&[b'x'; 8 * 1024 - 1][..], b"\nabc\n"].concat();
    let mut received = received(&line);
    let memory = received.space(0).as_ptr() as usize - line.len();
    for len in [8 * 1024 - 1, 3] {
        let small = received.next_frame_owned().unwrap().unwrap();
        assert_eq!(small.len(), len);
        assert!(!(memory..memory + 64 * 1024).contains(&(small.as_ptr() as usize)));
    }
}

#[test]
fn receive_buffer_shares_no_memory_it_grew_by() {
    let line = [&[b'x'; 10 * 1024][..], b"\n"].concat();
    let mut received = received(&line);
    // The buffer doubles, although little more is asked for: then it has 128 KiB.
    received.space(64 * 1024);
    let memory = received.space(0).as_ptr() as usize - line.len();
    let copied = received.next_frame_owned().unwrap().unwrap();
    assert_eq!(copied.len(), 10 * 1024);
    assert!(!(memory..memory + 128 * 1024).contains(&(copied.as_ptr() as usize)));
}

#[test]
fn receive_buffer_gives_away_frames_in_parts() {
    let mut received = ReceiveBuffer::new(b"\n");
    received.extend_from_slice(&[b'x'; 40_000]);
    assert!(received.next_frame_owned().is_none());
    let memory = received.partial().as_ptr();
    received.extend_from_slice(b"y\nz");
    let frame = received.next_frame_owned().unwrap().unwrap();
    assert_eq!((frame.len(), frame.as_ptr()), (40_001, memory));
    assert_eq!(received.partial(), b"", "the frame was taken");
    received.extend_from_slice(b"\n");
    assert_eq!(received.next_frame_owned().unwrap().unwrap(), "z");
}
