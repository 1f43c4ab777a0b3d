//! Faulty streams, with the fault at every operation. Before the fault, no byte is lost, doubled or reordered; after it
//! comes the right error, once.

use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asynchat_core::{Blame, Config, Error, Frames, Input, MinRate, Terminator};

use super::conversation::{CallLog, EchoHandler, INPUTS, expected, expected_before_failure};
use crate::adapters::{Adapter, OwnedEvent, PullConnection};
use crate::harness::faulty::{Fault, FaultPlan, Faulty, Log, Operation, Record, Times};

/// The most bytes that one read or write moves: one, a few, all.
const CUTS: [usize; 3] = [1, 3, usize::MAX];

/// Every fault, once and always. `WouldBlock` and `Interrupted` occur only once: no adapter can recover from them if
/// they never end.
fn faults() -> impl Iterator<Item = (Fault, Times)> {
    let all = Fault::ALL.into_iter().flat_map(|fault| [(fault, Times::Once), (fault, Times::Always)]);
    all.filter(|&(fault, times)| times == Times::Once || !matches!(fault, Fault::WouldBlock | Fault::Interrupted))
}

/// Runs with every plan that has a fault, until the fault would come after the last operation.
fn with_fault_at_every_operation(input: &[u8], mut run: impl FnMut(&FaultPlan) -> Record) {
    for cut in CUTS {
        for (fault, times) in faults() {
            for at in 0.. {
                let record = run(&FaultPlan::new(input, cut).with_fault(fault, at, times));
                if record.fault_hit.is_none() {
                    break;
                }
            }
        }
    }
}

fn config() -> Config {
    Config::default().with_min_input_rate(None).with_min_output_rate(None).with_linger(Duration::from_secs(30))
}

/// A handler, with `drive`.
// C1, C4, C10, O1, F1, F9
pub fn drive_survives_or_fails_once_per_fault<A: Adapter>() {
    for input in INPUTS {
        with_fault_at_every_operation(input, |plan| {
            let (stream, log) = Faulty::new(plan.clone());
            let (handler, call_log) = EchoHandler::new();
            let outcome = A::drive_faulty(stream, handler, config());
            check_conversation::<A>(plan, &log, &call_log, outcome);
            log.snapshot()
        });
    }
}

fn check_conversation<A: Adapter>(
    plan: &FaultPlan,
    log: &Log,
    call_log: &Arc<Mutex<CallLog>>,
    outcome: Result<(), Error>,
) {
    let (record, call_log) = (log.snapshot(), call_log.lock().unwrap().clone());
    let input = plan.input.get(..record.read).unwrap();
    let (mut events, output) = expected(input, record.eof_read);
    if fatal_error(plan, &record).is_some() && (!record.eof_read || is_end_a_reset(plan, &record)) {
        // Held bytes are delivered before the error.
        events = expected_before_failure(input);
    }
    assert_eq!(call_log.events.escape_ascii().to_string(), events.escape_ascii().to_string(), "{plan:?}");
    assert_eq!(call_log.out_of_order, [""; 0], "{plan:?}");
    assert_eq!(call_log.closes, std::slice::from_ref(&outcome), "{plan:?}");
    match fatal_error(plan, &record) {
        None => {
            assert_eq!(outcome, Ok(()), "{plan:?}");
            assert_eq!(record.written.escape_ascii().to_string(), output.escape_ascii().to_string(), "{plan:?}");
            assert_eq!(record.flushed, record.written.len(), "{plan:?}");
            assert!(record.shut_down == is_shut_down_expected::<A>(plan, &record) && record.eof_read, "{plan:?}");
        }
        Some(kind) => {
            let error = outcome.expect_err(&format!("{plan:?} is fatal"));
            assert_eq!(error.blame(), Blame::Transport, "{plan:?}");
            assert_eq!(io::Error::from(error).kind(), kind, "{plan:?}");
            assert!(output.starts_with(&record.written), "{plan:?}: {}", record.written.escape_ascii());
            // After a write has failed, what has arrived is still read.
            let reads = if record.fault_hit == Some(Operation::Read) { 0 } else { record.reads_after_fault };
            assert_eq!(record.operations_after_fault, reads, "{plan:?}: a failed stream is not used again");
        }
    }
    if record.eof_read && fatal_error(plan, &record).is_none() {
        assert_eq!(record.reads_after_eof, 0, "{plan:?}: the end is read once");
    }
}

/// Returns the error that ends the conversation, if the fault hit. After all output is written, it does not matter how
/// the peer's stream ends, nor whether the shutdown succeeds.
fn fatal_error(plan: &FaultPlan, record: &Record) -> Option<ErrorKind> {
    if record.fault_after_shutdown || record.fault_hit == Some(Operation::Shutdown) {
        return None;
    }
    fault_error(plan, record)
}

/// Returns whether a write was told of a reset before the end of the stream was read: then that end is the reset.
fn is_end_a_reset(plan: &FaultPlan, record: &Record) -> bool {
    let was_told = record.fault_hit.is_some_and(|operation| operation != Operation::Read);
    matches!(plan.fault, Some((Fault::Reset, ..))) && was_told && record.reads_after_fault > 0
}

/// Returns whether the write side is shut down at the end of a whole conversation: if the adapter can do so, and the fault
/// allows it.
fn is_shut_down_expected<A: Adapter>(plan: &FaultPlan, record: &Record) -> bool {
    A::ENDS_FAULTY && !(record.fault_hit == Some(Operation::Shutdown) && fault_error(plan, record).is_some())
}

/// Returns the error of the operation that the fault hit.
fn fault_error(plan: &FaultPlan, record: &Record) -> Option<ErrorKind> {
    let (fault, ..) = plan.fault.filter(|_| record.fault_hit.is_some())?;
    match fault {
        Fault::WouldBlock | Fault::Interrupted | Fault::End => None,
        Fault::Reset => Some(ErrorKind::ConnectionReset),
        Fault::BrokenPipe => Some(ErrorKind::BrokenPipe),
        Fault::WriteZero => Some(ErrorKind::WriteZero),
    }
}

/// From some operation on, the stream is pending and wakes nobody. A timeout ends every call of the adapter.
// C6
pub fn drive_times_out_on_a_stalled_stream<A: Adapter>() {
    let grace = Duration::from_millis(2);
    let rate = MinRate::new(u32::MAX, grace);
    let config = Config::default().with_min_input_rate(rate).with_min_output_rate(rate).with_linger(grace);
    let [_, input, _] = INPUTS;
    for at in 0.. {
        let (stream, log) = Faulty::new(FaultPlan::new(input, 4).with_fault(Fault::WouldBlock, at, Times::Always));
        let (handler, call_log) = EchoHandler::new();
        let outcome = A::drive_faulty(stream, handler, config.clone());
        let (record, call_log) = (log.snapshot(), call_log.lock().unwrap().clone());
        assert_eq!(call_log.closes, std::slice::from_ref(&outcome), "at {at}");
        assert!(expected(input, true).0.starts_with(&call_log.events), "at {at}");
        assert!(expected(input, true).1.starts_with(&record.written), "at {at}");
        match outcome {
            Ok(()) => assert_eq!(record.shut_down, A::ENDS_FAULTY, "at {at}"),
            // On a machine as slow as the stream, it may be cut off earlier, but only for being too slow.
            Err(error) => assert!(matches!(error, Error::SentTooSlowly | Error::ReadTooSlowly), "at {at}: {error}"),
        }
        if record.fault_hit.is_none() && record.written == expected(input, true).1 {
            break;
        }
    }
}

/// A `Connection`.
// C4, O1, F1, L1
pub fn connection_survives_or_fails_once_per_fault<A: Adapter>() {
    for input in INPUTS {
        with_fault_at_every_operation(input, |plan| {
            let (stream, log) = Faulty::new(plan.clone());
            let mut connection = A::connect_faulty(stream, b"\r\n", config());
            let received = converse(&mut connection);
            let record = log.snapshot();
            check_connection::<A>(plan, &record, &received);
            record
        });
    }
}

/// The bytes that a client received, and the failure of each direction.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ConnectionLog {
    pub(super) frames: Vec<Vec<u8>>,
    pub(super) partial: Option<Vec<u8>>,
    pub(super) rest: Vec<u8>,
    pub(super) read_error: Option<Error>,
    pub(super) write_error: Option<Error>,
}

/// Sends each frame back with its length in front. A frame that is a number makes that many bytes the next frame.
pub(super) fn converse<P: PullConnection>(connection: &mut P) -> ConnectionLog {
    let mut received = ConnectionLog::default();
    let mut counting = false;
    loop {
        match connection.next_frame() {
            Ok(Some(frame)) => {
                let pushed = connection.push(answer(&frame));
                assert_eq!(
                    pushed.is_err(),
                    received.write_error.is_some(),
                    "a push is refused exactly after a write error"
                );
                flush(connection, &mut received);
                set_next_terminator(&frame, &mut counting, |terminator| connection.set_terminator(terminator));
                received.frames.push(frame);
            }
            Ok(None) => break,
            Err(Error::Truncated(end)) => {
                assert_eq!(connection.end(), Some(end));
                received.partial = Some(connection.partial());
            }
            Err(error) => {
                assert_eq!(connection.next_frame(), Err(error.clone()), "the same error on every call");
                // The data of a partial frame is not lost; after it, the error is the same.
                assert_eq!(read_rest_until_error(connection, &mut received.rest), error);
                assert_eq!(connection.next_frame(), Err(error.clone()), "the same error for frames after events");
                received.read_error = Some(error);
                break;
            }
        }
    }
    let closed = connection.close();
    match &received.write_error {
        Some(error) => assert_eq!(closed, Err(error.clone())),
        None => received.write_error = closed.err(),
    }
    assert!(connection.push("late").is_err());
    received
}

/// Collects the remaining data, and returns the error after it.
fn read_rest_until_error<P: PullConnection>(connection: &mut P, rest: &mut Vec<u8>) -> Error {
    loop {
        match connection.next_event() {
            Ok(Some(OwnedEvent::Data(data))) => rest.extend(data),
            Ok(event) => panic!("no frame was complete when the stream failed: {event:?}"),
            Err(error) => return error,
        }
    }
}

fn flush<P: PullConnection>(connection: &mut P, received: &mut ConnectionLog) {
    match (connection.flush(), &received.write_error) {
        (Ok(()), None) => assert_eq!(connection.queued(), 0),
        (Ok(()), Some(error)) => panic!("a flush succeeds after {error}"),
        (Err(error), None) => received.write_error = Some(error),
        (Err(error), Some(first)) => assert_eq!(&error, first),
    }
}

fn answer(frame: &[u8]) -> Vec<u8> {
    [frame.len().to_string().as_bytes(), b":", frame, b";"].concat()
}

fn set_next_terminator(frame: &[u8], counting: &mut bool, set: impl FnOnce(Terminator)) {
    if std::mem::take(counting) {
        set(b"\r\n".into());
    } else if let Some(count) = std::str::from_utf8(frame).ok().and_then(|line| line.parse::<u64>().ok()) {
        *counting = true;
        set(count.into());
    }
}

/// Runs core alone on an input: returns its frames, the answers to them, and the partial frame at the end.
pub(super) fn expected_frames(input: &[u8]) -> (Vec<Vec<u8>>, Vec<u8>, Vec<u8>) {
    let (mut frames, mut input) = (Frames::new(b"\r\n"), Input::new(input));
    let (mut found, mut output, mut counting) = (Vec::new(), Vec::new(), false);
    while let Some(frame) = frames.next_frame(&mut input) {
        let frame = frame.unwrap().to_vec();
        output.extend(answer(&frame));
        set_next_terminator(&frame, &mut counting, |terminator| frames.set_terminator(terminator));
        found.push(frame);
    }
    let rest = frames.finish().0.to_vec();
    (found, output, rest)
}

fn check_connection<A: Adapter>(plan: &FaultPlan, record: &Record, received: &ConnectionLog) {
    let (frames, output, rest) = expected_frames(plan.input.get(..record.read).unwrap());
    // A close drops the input that arrived during the last flush and the close.
    assert!(frames.starts_with(&received.frames), "{plan:?}: {received:?}");
    assert!(output.starts_with(&record.written), "{plan:?}: {}", record.written.escape_ascii());
    if received.read_error.is_some() {
        // Everything but the bytes that are held back as a prefix of the delimiter.
        let shown = rest.strip_suffix(b"\r").unwrap_or(&rest);
        assert!(received.rest == rest || received.rest == shown, "{plan:?}: {received:?}");
        assert_eq!(received.frames, frames, "{plan:?}");
    } else {
        assert_eq!(received.frames, frames, "{plan:?}");
    }
    if received.read_error.is_none() && received.write_error.is_none() {
        assert!(record.shut_down == is_shut_down_expected::<A>(plan, record) && record.written == output, "{plan:?}");
    }
    let errors = [&received.read_error, &received.write_error].map(Clone::clone).into_iter().flatten();
    let kinds: Vec<_> = errors.map(|error| (error.blame(), io::Error::from(error).kind())).collect();
    match fatal_error(plan, record) {
        None => assert_eq!(kinds, [], "{plan:?}"),
        Some(kind) => {
            assert!(!kinds.is_empty(), "{plan:?}");
            assert!(kinds.iter().all(|&found| found == (Blame::Transport, kind)), "{plan:?}: {kinds:?}");
        }
    }
    if let Some((_, _, Times::Once)) = plan.fault {
        let sides = if is_end_a_reset(plan, record) { 2 } else { 1 };
        assert!(kinds.len() <= sides, "{plan:?}: one fault gives one error, and a reset one on each side");
    }
}
