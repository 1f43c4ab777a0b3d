use alloc::string::String;

use super::*;

// L4
#[test]
fn frames_whole_in_one_input_are_borrowed() {
    let stream = b"one\r\ntwo\r\n";
    let mut frames = Frames::new(b"\r\n");
    let mut input = Input::new(stream);
    for at in [0, 5] {
        let frame = frames.next_frame(&mut input).unwrap().unwrap();
        assert!(core::ptr::eq(frame, &stream[at..at + 3]));
    }
    assert_eq!(frames.buffer.capacity(), 0);
}

// L3
#[test]
fn frames_buffer_never_grows_beyond_the_limit() {
    let mut frames = Frames::with_max_len(b"\n", 1000);
    for _ in 0..1000 {
        assert!(frames.next_frame(&mut Input::new(b"x")).is_none());
        assert!(frames.buffer.capacity() <= 1000);
    }
    assert_eq!(frames.next_frame(&mut Input::new(b"x")), Some(Err(FrameTooLong::new(1000))));
    assert!(frames.buffer.capacity() <= 1000);
    assert!(frames.next_frame(&mut Input::new(b"x")).is_none());
    assert_eq!(frames.buffer.capacity(), 0);
}

// L3
#[test]
fn frames_buffer_is_freed_between_frames() {
    let mut frames = Frames::new(b"\n");
    assert!(frames.next_frame(&mut Input::new(&[b'x'; 60_000])).is_none());
    let mut input = Input::new(b"\n");
    assert_eq!(frames.next_frame(&mut input).unwrap().unwrap().len(), 60_000);
    assert!(frames.next_frame(&mut input).is_none());
    assert_eq!(frames.buffer.capacity(), 0);
}

#[test]
fn frames_give_a_head_and_stream_its_body() {
    let mut frames = Frames::new(b"\r\n");
    assert_eq!(frames.next_frame(&mut Input::new(b"par")), None);
    let mut input = Input::new(b"t\r\n");
    let mut text = String::new();
    while let Some(event) = frames.next_event(&mut input) {
        match event {
            Event::Data(data) => text.push_str(core::str::from_utf8(data).unwrap()),
            Event::Terminator => text.push('.'),
        }
        text.push(' ');
    }
    assert_eq!(text, "par t . ");
}

// F8
#[test]
fn frames_discard_under_none_forgets_the_frame() {
    let mut frames = Frames::with_max_len(b"\n", 1);
    let mut input = Input::new(b"long");
    assert_eq!(frames.next_frame(&mut input), Some(Err(FrameTooLong::new(1))));
    assert_eq!(frames.next_frame(&mut input), None);
    frames.set_terminator(Terminator::None);
    frames.discard_input(&mut Input::new(b""));
    frames.set_terminator(b"\n");
    frames.discard_input(&mut Input::new(b""));
    assert_eq!(frames.next_frame(&mut Input::new(b"a\n")), Some(Ok(&b"a"[..])));
}

// F14, L7
#[test]
fn frames_refused_count_leaves_no_lf() {
    let mut frames = Frames::with_max_len(Terminator::UniversalNewline, 1);
    assert_eq!(frames.next_frame(&mut Input::new(b"a\r")), Some(Ok(&b"a"[..])));
    frames.set_terminator(2u64);
    let mut input = Input::new(b"\nbc");
    assert_eq!(frames.next_frame(&mut input), Some(Err(FrameTooLong::new(1))));
    assert_eq!(input.remaining(), b"bc");
}
