//! A whole `Chat`: input goes in, calls of a handler come out.
//!
//! The handler counts and pushes nothing, so that the figure is the cost of the path from bytes to calls: the framer,
//! the frame limit, the high-water mark and the call itself. `next_event` on the same bytes is the framer alone.

use std::rc::Rc;
use std::time::Duration;

use asynchat_core::{BoxError, Channel, Chat, Config, Event, Framer, Handler, Input, Terminator};

use super::resp::Next;
use super::{Runner, Seen, Workload, ours, peers, resp, streams};

/// The size of an input, in bytes.
const INPUT_SIZE: usize = 64 * 1024;

/// The size of a counted frame, in bytes.
const COUNT: usize = 64;

pub(super) fn workloads() -> Vec<Workload> {
    let mut found: Vec<_> = [8, 64, 1024].into_iter().map(lines).collect();
    found.push(counts());
    found.extend(either());
    found.push(requests());
    found
}

fn lines(length: usize) -> Workload {
    let stream = streams::lines(length);
    let crlf = Terminator::from(b"\r\n");
    let same = crlf.clone();
    let runners = vec![
        Runner::new("handle_input", &stream, move |stream| chat(Counting::new(&crlf), stream).seen),
        Runner::new("next_event", &stream, move |stream| ours::events(&same, stream, INPUT_SIZE)),
        Runner::with_buffer("LinesCodec", &stream, peers::tokio_lines),
    ];
    workload(format!("{length}B"), "line", stream.len() / (length + 2), &stream, runners)
}

/// Counted frames, one after the other: each end sets the next count.
fn counts() -> Workload {
    let stream: Rc<[u8]> = streams::text(streams::SIZE / COUNT * COUNT).into();
    let runners = vec![
        Runner::new("handle_input", &stream, |stream| chat(CountingCounts::default(), stream).0),
        Runner::new("next_event", &stream, count_events),
    ];
    workload(format!("count-of-{COUNT}B"), "frame", stream.len() / COUNT, &stream, runners)
}

/// Lines that end in CRLF and in LF, in turn.
fn either() -> Option<Workload> {
    let set = Terminator::any_of(["\r\n", "\n"]).ok()?;
    let same = set.clone();
    let line = streams::text(64);
    let stream = streams::frames(&[&line, &b"\r\n"[..], &line].concat(), b"\n");
    let runners = vec![
        Runner::new("handle_input", &stream, move |stream| chat(Counting::new(&set), stream).seen),
        Runner::new("next_event", &stream, move |stream| ours::events(&same, stream, INPUT_SIZE)),
        Runner::with_buffer("LinesCodec", &stream, peers::tokio_lines),
    ];
    let units = stream.len() / (2 * line.len() + 3) * 2;
    Some(workload("crlf-or-lf-64B".into(), "line", units, &stream, runners))
}

fn requests() -> Workload {
    let stream = streams::redis();
    let runners = vec![
        Runner::new("handle_input", &stream, |stream| chat(CountingRequests::default(), stream).seen),
        Runner::new("next_event", &stream, resp::events),
        Runner::new("by hand", &stream, resp::by_hand_with_memchr),
    ];
    let units = stream.iter().filter(|&&byte| byte == b'*').count();
    workload("redis-benchmark".into(), "request", units, &stream, runners)
}

/// Passes a whole stream to a chat, and returns its handler.
fn chat<H: Handler + Default>(handler: H, stream: &[u8]) -> H {
    let mut chat = Chat::new(handler, Config::default());
    for chunk in stream.chunks(INPUT_SIZE) {
        // After a failure the counts are too low, and the comparison of the runners fails.
        let _ = chat.handle_input(Duration::ZERO, &mut Input::new(chunk));
    }
    core::mem::take(chat.handler_mut())
}

fn count_events(stream: &[u8]) -> Seen {
    let mut seen = Seen::default();
    let mut framer = Framer::new(COUNT as u64);
    for chunk in stream.chunks(INPUT_SIZE) {
        let mut input = Input::new(chunk);
        while let Some(event) = framer.next_event(&mut input) {
            match event {
                Event::Data(data) => seen.bytes += data.len() as u64,
                Event::Terminator => {
                    seen.frames += 1;
                    framer.set_terminator(COUNT as u64);
                }
            }
        }
    }
    seen
}

/// Counts frames under one terminator.
#[derive(Default)]
struct Counting {
    terminator: Option<Terminator>,
    seen: Seen,
}

impl Counting {
    fn new(terminator: &Terminator) -> Self {
        Self { terminator: Some(terminator.clone()), seen: Seen::default() }
    }
}

impl Handler for Counting {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        if let Some(terminator) = self.terminator.take() {
            channel.set_terminator(terminator);
        }
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.seen.bytes += data.len() as u64;
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        self.seen.frames += 1;
        Ok(())
    }
}

/// Counts counted frames, and sets the next count at the end of each.
#[derive(Default)]
struct CountingCounts(Seen);

impl Handler for CountingCounts {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(COUNT as u64);
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.0.bytes += data.len() as u64;
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.0.frames += 1;
        channel.set_terminator(COUNT as u64);
        Ok(())
    }
}

/// Counts requests to Redis: line, count, line, as [`resp::events`] does.
#[derive(Default)]
struct CountingRequests {
    next: Next,
    kind: u8,
    number: u64,
    seen: Seen,
}

impl Handler for CountingRequests {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\r\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        match self.next {
            Next::Line => {
                let mut digits = data;
                if self.kind == 0
                    && let [first, rest @ ..] = data
                {
                    (self.kind, digits) = (*first, rest);
                }
                self.number = digits.iter().fold(self.number, resp::with_digit);
            }
            Next::Argument => self.seen.bytes += data.len() as u64,
            Next::EndOfArgument => return Err("an argument has more bytes than its count".into()),
        }
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        match self.next {
            Next::Line => {
                if self.kind == b'$' {
                    channel.set_terminator(self.number);
                    self.next = Next::Argument;
                } else {
                    self.seen.frames += 1;
                }
                (self.kind, self.number) = (0, 0);
            }
            Next::Argument => {
                channel.set_terminator(b"\r\n");
                self.next = Next::EndOfArgument;
            }
            Next::EndOfArgument => self.next = Next::Line,
        }
        Ok(())
    }
}

fn workload(case: String, unit: &'static str, units: usize, stream: &Rc<[u8]>, runners: Vec<Runner>) -> Workload {
    Workload { group: "chat", case, unit, units: units as u64, length: None, size: stream.len(), runners }
}
