//! Requests in the protocol of Redis: a line, a count, a line.

use asynchat_core::{Event, Framer, Frames, Input};
use memchr::memchr;

use super::{Runner, Seen, Workload, streams};

/// The size of an input, in bytes.
const INPUT_SIZE: usize = 64 * 1024;

pub(super) fn workloads() -> Vec<Workload> {
    let long = "x".repeat(1000);
    let cases = [
        ("redis-benchmark", streams::redis()),
        ("PING", streams::requests(&["PING"])),
        ("SET-of-3B", streams::requests(&["SET", "key:000000000042", "xxx"])),
        ("SET-of-1000B", streams::requests(&["SET", "key:000000000042", &long])),
    ];
    cases
        .into_iter()
        .map(|(case, stream)| {
            let units = stream.iter().filter(|&&byte| byte == b'*').count() as u64;
            let runners = vec![
                Runner::new("next_event", &stream, events),
                Runner::new("next_frame", &stream, frames),
                Runner::new("next_event, CRLF counted", &stream, events_with_crlf),
                Runner::new("next_frame, CRLF counted", &stream, frames_with_crlf),
                Runner::new("by hand", &stream, by_hand_with_memchr),
                Runner::new("by hand by digit", &stream, |stream| by_hand(stream, line_by_digit)),
            ];
            Workload {
                group: "resp",
                case: case.into(),
                unit: "request",
                units,
                length: None,
                size: stream.len(),
                runners,
            }
        })
        .collect()
}

/// The next element of a request.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) enum Next {
    #[default]
    Line,
    Argument,
    EndOfArgument,
}

pub(super) fn events(stream: &[u8]) -> Seen {
    let mut seen = Seen::default();
    let mut framer = Framer::new(b"\r\n");
    let mut next = Next::Line;
    let (mut kind, mut number) = (0, 0);
    for chunk in stream.chunks(INPUT_SIZE) {
        let mut input = Input::new(chunk);
        while let Some(event) = framer.next_event(&mut input) {
            match (event, next) {
                (Event::Data(data), Next::Line) => {
                    let mut digits = data;
                    if kind == 0
                        && let [first, rest @ ..] = data
                    {
                        (kind, digits) = (*first, rest);
                    }
                    number = digits.iter().fold(number, with_digit);
                }
                (Event::Data(data), Next::Argument) => seen.bytes += data.len() as u64,
                (Event::Data(_), Next::EndOfArgument) => return seen,
                (Event::Terminator, Next::Line) => {
                    if kind == b'$' {
                        framer.set_terminator(number);
                        next = Next::Argument;
                    } else {
                        seen.frames += 1;
                    }
                    (kind, number) = (0, 0);
                }
                (Event::Terminator, Next::Argument) => {
                    framer.set_terminator(b"\r\n");
                    next = Next::EndOfArgument;
                }
                (Event::Terminator, Next::EndOfArgument) => next = Next::Line,
            }
        }
    }
    seen
}

fn frames(stream: &[u8]) -> Seen {
    let mut seen = Seen::default();
    let mut frames = Frames::new(b"\r\n");
    let mut next = Next::Line;
    for chunk in stream.chunks(INPUT_SIZE) {
        let mut input = Input::new(chunk);
        while let Some(frame) = frames.next_frame(&mut input) {
            match (frame, next) {
                (Ok([b'$', digits @ ..]), Next::Line) => {
                    let number: u64 = digits.iter().fold(0, with_digit);
                    frames.set_terminator(number);
                    next = Next::Argument;
                }
                (Ok([_, digits @ ..]), Next::Line) => {
                    std::hint::black_box(digits.iter().fold(0, with_digit));
                    seen.frames += 1;
                }
                (Ok(argument), Next::Argument) => {
                    seen.bytes += argument.len() as u64;
                    frames.set_terminator(b"\r\n");
                    next = Next::EndOfArgument;
                }
                (Ok([]), Next::EndOfArgument) => next = Next::Line,
                _ => return seen,
            }
        }
    }
    seen
}

/// As [`events`], but the count includes the CRLF behind the argument, as redis_server has it.
fn events_with_crlf(stream: &[u8]) -> Seen {
    let mut seen = Seen::default();
    let mut framer = Framer::new(b"\r\n");
    let mut is_line = true;
    let (mut kind, mut number) = (0, 0);
    for chunk in stream.chunks(INPUT_SIZE) {
        let mut input = Input::new(chunk);
        while let Some(event) = framer.next_event(&mut input) {
            match (event, is_line) {
                (Event::Data(data), true) => {
                    let mut digits = data;
                    if kind == 0
                        && let [first, rest @ ..] = data
                    {
                        (kind, digits) = (*first, rest);
                    }
                    number = digits.iter().fold(number, with_digit);
                }
                // A cut argument has several parts: the two bytes are taken off at its end.
                (Event::Data(data), false) => seen.bytes += data.len() as u64,
                (Event::Terminator, true) => {
                    if kind == b'$' {
                        framer.set_terminator(number + 2);
                        is_line = false;
                    } else {
                        seen.frames += 1;
                    }
                    (kind, number) = (0, 0);
                }
                (Event::Terminator, false) => {
                    seen.bytes -= 2;
                    framer.set_terminator(b"\r\n");
                    is_line = true;
                }
            }
        }
    }
    seen
}

/// As [`frames`], but the count includes the CRLF behind the argument, as redis_server has it.
fn frames_with_crlf(stream: &[u8]) -> Seen {
    let mut seen = Seen::default();
    let mut frames = Frames::new(b"\r\n");
    let mut is_line = true;
    for chunk in stream.chunks(INPUT_SIZE) {
        let mut input = Input::new(chunk);
        while let Some(frame) = frames.next_frame(&mut input) {
            match (frame, is_line) {
                (Ok([b'$', digits @ ..]), true) => {
                    let number: u64 = digits.iter().fold(0, with_digit);
                    frames.set_terminator(number + 2);
                    is_line = false;
                }
                (Ok([_, digits @ ..]), true) => {
                    std::hint::black_box(digits.iter().fold(0, with_digit));
                    seen.frames += 1;
                }
                (Ok([argument @ .., b'\r', b'\n']), false) => {
                    seen.bytes += argument.len() as u64;
                    frames.set_terminator(b"\r\n");
                    is_line = true;
                }
                _ => return seen,
            }
        }
    }
    seen
}

pub(super) fn by_hand_with_memchr(stream: &[u8]) -> Seen {
    by_hand(stream, line_by_memchr)
}

/// A parser written by hand. It has the whole stream, so it never handles a cut request.
fn by_hand(stream: &[u8], line: impl Fn(&[u8]) -> Option<(u8, u64, &[u8])>) -> Seen {
    let mut seen = Seen::default();
    let mut rest = stream;
    while let Some((kind, number, after)) = line(rest) {
        rest = after;
        if kind != b'$' {
            seen.frames += 1;
            continue;
        }
        let Some((argument, after)) = rest.split_at_checked(number as usize) else { return seen };
        let Some(after) = after.strip_prefix(b"\r\n") else { return seen };
        seen.bytes += argument.len() as u64;
        rest = after;
    }
    seen
}

/// Finds the end of the line first, as redis-server does.
fn line_by_memchr(rest: &[u8]) -> Option<(u8, u64, &[u8])> {
    let end = memchr(b'\r', rest)?;
    let (line, after) = rest.split_at_checked(end)?;
    let [kind, digits @ ..] = line else { return None };
    Some((*kind, digits.iter().fold(0, with_digit), after.strip_prefix(b"\r\n")?))
}

/// Takes one digit after the other until there is none: faster, and enough for a line that is only a number.
fn line_by_digit(rest: &[u8]) -> Option<(u8, u64, &[u8])> {
    let (kind, mut rest) = rest.split_first()?;
    let mut number = 0;
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        number = with_digit(number, digit);
        rest = after;
    }
    Some((*kind, number, rest.strip_prefix(b"\r\n")?))
}

pub(super) fn with_digit(number: u64, digit: &u8) -> u64 {
    number.wrapping_mul(10).wrapping_add(u64::from(digit.wrapping_sub(b'0')))
}
