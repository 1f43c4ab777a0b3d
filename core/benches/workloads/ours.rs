//! The streams, read by asynchat.

use std::hint::black_box;

use asynchat_core::{Event, Framer, Frames, Input, Terminator};

use super::Seen;

/// Reads events from inputs of `input_size` bytes.
pub(super) fn events(terminator: &Terminator, stream: &[u8], input_size: usize) -> Seen {
    let mut seen = Seen::default();
    let mut framer = Framer::new(terminator.clone());
    for chunk in stream.chunks(input_size) {
        drain_events(&mut framer, chunk, &mut seen);
    }
    seen
}

/// Reads frames from inputs of `input_size` bytes.
pub(super) fn frames(terminator: &Terminator, stream: &[u8], input_size: usize) -> Seen {
    let mut seen = Seen::default();
    let mut frames = Frames::new(terminator.clone());
    for chunk in stream.chunks(input_size) {
        drain_frames(&mut frames, chunk, &mut seen);
    }
    seen
}

/// Reads events from inputs of one byte. Counts the bytes of the inputs, since the delimiters differ between runners.
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

/// Reads frames of at most one byte. Each frame is too long at its second byte; its rest is skipped up to a semicolon.
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
