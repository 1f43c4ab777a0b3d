//! The number of writes that the output takes (each is a system call), and the copies of its data.

use asynchat_core::{BoxError, Channel, Config, End, Handler};
use bytes::Bytes;

use crate::adapters::{Adapter, PullConnection};
use crate::harness::faulty::{FaultPlan, Faulty, Slice};

/// Longer than the chunks that are copied together.
const LARGE: usize = 5000;

/// A handler that pushes small pieces, in answer to pipelined requests.
// O7
pub fn drive_coalesces_small_pushes_into_one_write<A: Adapter>() {
    let (stream, log) = Faulty::new(FaultPlan::new(&b"PING\r\n".repeat(64), usize::MAX));
    assert_eq!(A::drive_faulty(stream, PongHandler, Config::default()), Ok(()));
    let record = log.snapshot();
    let all = [&b"+OK ready\r\n"[..], &b"+PONG\r\n".repeat(64), b"+OK bye\r\n"].concat();
    assert_eq!(record.written.escape_ascii().to_string(), all.escape_ascii().to_string());
    // The greeting, all answers, the farewell. Each is one slice, so it does not even need a vectored write.
    let lengths: Vec<Vec<usize>> =
        record.writes.iter().map(|slices| slices.iter().map(|slice| slice.length).collect()).collect();
    assert_eq!(lengths, [[11], [64 * 7], [9]]);
}

/// Everything leaves in one vectored write, with the large chunks from the handler's own memory.
// O2, O7
pub fn drive_writes_large_pushes_without_copying<A: Adapter>() {
    let (one, other) = (Bytes::from(vec![b'x'; LARGE]), Bytes::from(vec![b'y'; LARGE]));
    let (stream, log) = Faulty::new(FaultPlan::new(b"", usize::MAX));
    let document = DocumentHandler([one.clone(), other.clone()]);
    assert_eq!(A::drive_faulty(stream, document, Config::default()), Ok(()));
    let record = log.snapshot();
    assert_eq!(record.written, [b"head, ", &one[..], b", between, ", &other, b", end"].concat());
    let [slices] = record.writes.as_slice() else { panic!("expected one write, got {:?}", record.writes) };
    assert_eq!(slices.len(), 5, "adjacent small chunks are one slice");
    assert_eq!([slices[1], slices[3]], [Slice::of(&one), Slice::of(&other)], "large chunks are not copied");
}

/// The pushes of a `Connection` wait for the flush.
// O2, O7
pub fn connection_pushes_leave_in_one_vectored_write<A: Adapter>() {
    let large = Bytes::from(vec![b'x'; LARGE]);
    let (stream, log) = Faulty::new(FaultPlan::new(b"", usize::MAX));
    let mut connection = A::connect_faulty(stream, b"\r\n", Config::default());
    for _ in 0..100 {
        connection.push("small ").unwrap();
    }
    connection.push(large.clone()).unwrap();
    assert_eq!(log.snapshot().writes, [[]; 0], "a push only queues");
    connection.flush().unwrap();
    let record = log.snapshot();
    let [slices] = record.writes.as_slice() else { panic!("expected one write, got {:?}", record.writes) };
    assert_eq!(slices.len(), 2);
    assert_eq!((slices[0].length, slices[1]), (600, Slice::of(&large)));

    connection.push("more").unwrap();
    connection.flush().unwrap();
    assert_eq!(log.snapshot().writes.len(), 2);
}

/// Answers each line in three pieces.
struct PongHandler;

impl Handler for PongHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\r\n");
        channel.push("+OK ")?;
        channel.push("ready\r\n")?;
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        for piece in ["+", "PONG", "\r\n"] {
            channel.push(piece)?;
        }
        Ok(())
    }

    fn handle_eof(&mut self, _: End, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push("+OK ")?;
        channel.push("bye\r\n")?;
        channel.close_when_done();
        Ok(())
    }
}

/// Pushes large chunks among small ones, and closes.
struct DocumentHandler([Bytes; 2]);

impl Handler for DocumentHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let [one, other] = &self.0;
        channel.push("head, ")?;
        channel.push(one.clone())?;
        channel.push(", ")?;
        channel.push("between")?;
        channel.push(", ")?;
        channel.push(other.clone())?;
        channel.push(", end")?;
        channel.close_when_done();
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }
}
