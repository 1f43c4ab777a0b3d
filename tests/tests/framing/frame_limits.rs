//! Frames that are too long: their end, their beginning, and a limit that changes. The last frame of a stream.

use asynchat_core::{End, Event, FrameTooLong, Frames, Input};
use asynchat_tests::harness::cuts::every_cut;
use asynchat_tests::harness::frames_lockstep::FramesLockstep;
use asynchat_tests::oracle::TerminatorSpec;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::strategies::{cases, pieces, spec, stream};

/// A call on `Frames` and their oracle.
#[derive(Clone, Debug)]
enum Call {
    Next,
    SkipFrame,
    SetTerminator(Index),
    SetMaxFrameLen(usize),
    SetEofEndsFrame(bool),
    /// Drops the present input, with the bytes that are left in it.
    NextInput,
    DiscardInput,
    Finish,
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        8 => Just(Call::Next),
        3 => Just(Call::SkipFrame),
        4 => any::<Index>().prop_map(Call::SetTerminator),
        3 => (0_usize..20).prop_map(Call::SetMaxFrameLen),
        1 => any::<bool>().prop_map(Call::SetEofEndsFrame),
        4 => Just(Call::NextInput),
        2 => Just(Call::DiscardInput),
        1 => Just(Call::Finish),
    ]
}

proptest! {
    #![proptest_config(cases(1500))]

    // F13, L1, L2, L6, L7, L8, L9
    #[test]
    fn frames_answer_any_order_of_calls(
        specs in vec(spec(), 1..5),
        max_len in 0_usize..20,
        inputs in vec(pieces(), 1..8),
        calls in vec(call(), 0..60),
    ) {
        let in_play: Vec<&TerminatorSpec> = specs.iter().collect();
        let inputs: Vec<Vec<u8>> = inputs.iter().map(|pieces| stream(pieces, &in_play)).collect();
        let mut inputs = inputs.iter();
        let mut input = Input::new(b"");
        let mut frames = FramesLockstep::new(&specs[0], max_len);
        for call in calls {
            match call {
                Call::Next => drop(frames.next_frame(&mut input)),
                Call::SkipFrame => frames.skip_frame(&mut input),
                Call::SetTerminator(which) => frames.set_terminator(which.get(&specs)),
                Call::SetMaxFrameLen(max_len) => frames.set_max_frame_len(max_len),
                Call::SetEofEndsFrame(eof_ends_frame) => frames.set_eof_ends_frame(eof_ends_frame),
                Call::NextInput => input = inputs.next().map_or(Input::new(b""), |bytes| Input::new(bytes)),
                Call::DiscardInput => frames.discard_input(&mut input),
                Call::Finish => frames.finish(),
            }
        }
    }
}

/// Reads commands, and a mail of at most 8 bytes after `DATA`: the protocol of the example in the issue.
#[derive(Debug)]
struct MailReader {
    frames: Frames,
    skipping: bool,
    seen: Vec<String>,
}

impl MailReader {
    fn new() -> Self {
        Self { frames: Frames::with_max_len(b"\r\n", 8), skipping: false, seen: Vec::new() }
    }

    fn read(&mut self, mut input: Input<'_>) {
        loop {
            if self.skipping {
                let Some(length) = self.frames.skip_frame(&mut input) else { return };
                self.skipping = false;
                self.seen.push(format!("a mail of {length}"));
                self.frames.set_terminator(b"\r\n");
            }
            match self.frames.next_frame(&mut input) {
                None => return,
                Some(Ok(b"DATA")) => self.frames.set_terminator(b"\r\n.\r\n"),
                Some(Ok(line)) => self.seen.push(line.escape_ascii().to_string()),
                Some(Err(_)) => {
                    self.seen.push(self.frames.partial().escape_ascii().to_string());
                    self.skipping = true;
                }
            }
        }
    }
}

// L6, L8
#[test]
fn frames_run_commands_behind_an_overlong_mail() {
    let stream = b"DATA\r\nSubject: RSET\r\nRSET\r\n.\r\nRSET\r\nQUIT\r\n";
    for cut in every_cut(stream.len()) {
        let mut reader = MailReader::new();
        cut.chunks(0, stream).into_iter().for_each(|chunk| reader.read(Input::new(chunk)));
        assert_eq!(reader.seen, ["Subject:", "a mail of 19", "RSET", "QUIT"], "{cut:?}");
    }
}

// L6
#[test]
fn frames_skip_a_frame_that_is_not_wanted() {
    let mut frames = Frames::new(b"\n");
    let mut input = Input::new(b"unwanted\n\nnext\nunw");
    assert_eq!((frames.skip_frame(&mut input), frames.skip_frame(&mut input)), (Some(8), Some(0)));
    assert_eq!(frames.next_frame(&mut input), Some(Ok(&b"next"[..])));
    assert_eq!(frames.next_frame(&mut input), None);
    assert_eq!(frames.skip_frame(&mut Input::new(b"anted")), None);
    assert_eq!(frames.partial(), b"");
    let mut input = Input::new(b"\nlast\n");
    assert_eq!(frames.skip_frame(&mut input), Some(8));
    assert_eq!(frames.next_frame(&mut input), Some(Ok(&b"last"[..])));
}

// L7
#[test]
fn frames_refuse_a_count_before_its_bytes() {
    let refused = Frames::with_max_len(12u64, 8);
    let too_long = |error: FrameTooLong| (error.max_len(), error.skipped_len());
    let is_refused = |frames: &mut Frames| {
        frames.next_frame(&mut Input::new(b"")).map(|frame| frame.map(<[u8]>::len).map_err(too_long))
    };
    assert_eq!(is_refused(&mut refused.clone()), Some(Err((8, None))));
    assert_eq!(is_refused(&mut Frames::with_max_len(8u64, 8)), None);
    let mut input = Input::new(b"AAAAAAAAAAAA\r\nPING\r\n");

    let mut skipped = refused.clone();
    assert!(is_refused(&mut skipped).is_some());
    let mut skipped_input = input.clone();
    assert_eq!(
        skipped.next_frame(&mut skipped_input).map(|end| end.map(<[u8]>::len).map_err(too_long)),
        Some(Err((8, Some(12))))
    );
    assert_eq!(skipped_input.remaining(), b"\r\nPING\r\n");

    let mut raised = refused.clone();
    assert!(is_refused(&mut raised).is_some());
    raised.set_max_frame_len(12);
    assert_eq!(raised.next_frame(&mut input.clone()), Some(Ok(&b"AAAAAAAAAAAA"[..])));

    let mut streamed = refused;
    assert!(is_refused(&mut streamed).is_some());
    assert_eq!(streamed.next_event(&mut input), Some(Event::Data(b"AAAAAAAAAAAA")));
    assert_eq!(streamed.next_event(&mut input), Some(Event::Terminator));
}

// L7
#[test]
fn frames_limit_may_change_in_mid_frame() {
    let mut frames = Frames::with_max_len(b"\n", 4);
    assert_eq!(frames.next_frame(&mut Input::new(b"abc")), None);
    frames.set_max_frame_len(6);
    assert_eq!(frames.next_frame(&mut Input::new(b"def")), None);
    frames.set_max_frame_len(2);
    let mut input = Input::new(b"\nabc\n");
    assert_eq!(frames.next_frame(&mut input), Some(Ok(&b"abcdef"[..])), "no further byte of it came");
    assert!(frames.next_frame(&mut input).is_some_and(|frame| frame.is_err()));
    assert_eq!((frames.partial(), frames.max_len()), (&b"ab"[..], 2));
}

// L9
#[test]
fn frames_end_of_stream_may_end_last_line() {
    for (stream, expected) in [("a\nb", "b"), ("a\n", ""), ("a\n\r", "\r"), ("", "")] {
        for (eof_ends_frame, end) in [(true, End::Clean), (false, End::MidFrame)] {
            let mut frames = Frames::new(b"\n");
            frames.set_eof_ends_frame(eof_ends_frame);
            let mut input = Input::new(stream.as_bytes());
            while frames.next_frame(&mut input).is_some() {}
            let end = if expected.is_empty() { End::Clean } else { end };
            assert_eq!(frames.finish(), (expected.as_bytes(), end), "{stream:?}");
        }
    }
    let mut short = Frames::new(5u64);
    short.set_eof_ends_frame(true);
    assert_eq!(short.finish(), (&b""[..], End::Short { missing: 5 }));
}
