//! How asynchat goes through a stream.

use std::hint::black_box;

use asynchat_core::{Event, Framer, Frames, Input, Terminator};

use super::Seen;

/// Events, from inputs of so many bytes.
pub(super) fn events(terminator: &Terminator, stream: &[u8], input_size: usize) -> Seen {
    let mut seen = Seen::default();
    let mut framer = Framer::new(terminator.clone());
    for chunk in stream.chunks(input_size) {
        drain_events(&mut framer, chunk, &mut seen);
    }
    seen
}

/// Frames, from inputs of so many bytes.
pub(super) fn frames(terminator: &Terminator, stream: &[u8], input_size: usize) -> Seen {
    let mut seen = Seen::default();
    let mut frames = Frames::new(terminator.clone());
    for chunk in stream.chunks(input_size) {
        drain_frames(&mut frames, chunk, &mut seen);
    }
    seen
}

/// Events, from inputs of one byte. What is seen is the bytes that went in.
pub(super) fn one_by_one(terminator: &Terminator, stream: &[u8]) -> Seen {
    let mut framer = Framer::new(terminator.clone());
    let mut seen = Seen::default();
    for chunk in stream.chunks(1) {
        let mut input = Input::new(chunk);
        while let Some(event) = framer.next_event(&mut input) {
            black_box(event);
        }
        seen.bytes += chunk.len() as u64;
    }
    seen
}

/// Frames of at most one byte. Of each line the first byte is too long, and the rest is taken up to a semicolon.
pub(super) fn too_long(stream: &[u8], input_size: usize) -> Seen {
    let mut seen = Seen::default();
    let mut frames = Frames::with_max_len(b"\n", 1);
    for chunk in stream.chunks(input_size) {
        let mut input = Input::new(chunk);
        while let Some(frame) = frames.next_frame(&mut input) {
            match frame {
                Ok(frame) => {
                    seen.bytes += frame.len() as u64;
                    frames.set_terminator(b"\n");
                }
                Err(_) => {
                    seen.frames += 1;
                    frames.set_terminator(b";");
                }
            }
        }
    }
    seen
}

#[inline]
fn drain_events(framer: &mut Framer, chunk: &[u8], seen: &mut Seen) {
    let mut input = Input::new(chunk);
    while let Some(event) = framer.next_event(&mut input) {
        match event {
            Event::Data(data) => seen.bytes += data.len() as u64,
            Event::Terminator => seen.frames += 1,
        }
    }
}

#[inline]
fn drain_frames(frames: &mut Frames, chunk: &[u8], seen: &mut Seen) {
    let mut input = Input::new(chunk);
    while let Some(frame) = frames.next_frame(&mut input) {
        seen.frames += 1;
        seen.bytes += frame.map_or(0, <[u8]>::len) as u64;
    }
}
