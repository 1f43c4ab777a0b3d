//! The stream, read by asynchat: by the faces of the adapter, and by the framer alone.

use asynchat_tokio::{BoxError, Channel, Config, Connection, Event, Framer, Handler, Input, Terminator, drive};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::io::{Join, Sink, join, sink};

use crate::measure::Seen;
use crate::repeated::{Repeated, TIMES};

/// The size of an input of the framer, in bytes: that of a read.
const INPUT_SIZE: usize = 64 * 1024;

type InMemory = Join<Repeated, Sink>;

fn in_memory(stream: Bytes) -> InMemory {
    join(Repeated::new(stream), sink())
}

fn connection(stream: Bytes) -> Connection<InMemory> {
    Connection::new(in_memory(stream), b"\r\n")
}

// A failure ends a loop early: the counts are then too low, and the comparison of the runners fails.
pub(crate) async fn frames(stream: Bytes) -> Seen {
    let mut seen = Seen::default();
    let mut connection = connection(stream);
    while let Ok(Some(frame)) = connection.next_frame().await {
        count(&mut seen, frame);
    }
    seen
}

pub(crate) async fn events(stream: Bytes) -> Seen {
    let mut seen = Seen::default();
    let mut connection = connection(stream);
    while let Ok(Some(event)) = connection.next_event().await {
        count_event(&mut seen, &event);
    }
    seen
}

pub(crate) async fn owned_frames(stream: Bytes) -> Seen {
    let mut seen = Seen::default();
    let mut connection = connection(stream);
    while let Ok(Some(frame)) = connection.next_frame_owned().await {
        count(&mut seen, &frame);
    }
    seen
}

pub(crate) async fn stream(stream: Bytes) -> Seen {
    let mut seen = Seen::default();
    let mut connection = connection(stream);
    while let Some(Ok(frame)) = connection.next().await {
        count(&mut seen, &frame);
    }
    seen
}

pub(crate) async fn split_frames(stream: Bytes) -> Seen {
    let mut seen = Seen::default();
    let (mut reader, _writer) = connection(stream).into_split();
    while let Ok(Some(frame)) = reader.next_frame().await {
        count(&mut seen, frame);
    }
    seen
}

pub(crate) async fn handler_calls(stream: Bytes) -> Seen {
    let mut handler = Counting::default();
    match drive(in_memory(stream), &mut handler, Config::default()).await {
        Ok(_) => handler.0,
        Err(_) => Seen::default(),
    }
}

/// Reads events with a framer and no I/O, in inputs of the size that a connection reads.
pub(crate) fn framer(terminator: &Terminator, stream: &[u8]) -> Seen {
    let mut seen = Seen::default();
    let mut framer = Framer::new(terminator.clone());
    for chunk in (0..TIMES).flat_map(|_| stream.chunks(INPUT_SIZE)) {
        let mut input = Input::new(chunk);
        while let Some(event) = framer.next_event(&mut input) {
            count_event(&mut seen, &event);
        }
    }
    seen
}

fn count(seen: &mut Seen, frame: &[u8]) {
    seen.frames += 1;
    seen.bytes += frame.len() as u64;
}

fn count_event(seen: &mut Seen, event: &Event<'_>) {
    match event {
        Event::Data(data) => seen.bytes += data.len() as u64,
        Event::Terminator => seen.frames += 1,
    }
}

/// Counts, and pushes nothing.
#[derive(Default)]
struct Counting(Seen);

impl Handler for Counting {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\r\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.0.bytes += data.len() as u64;
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        self.0.frames += 1;
        Ok(())
    }
}
