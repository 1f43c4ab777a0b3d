//! The end of a conversation: the order of the calls, the end of the stream, lingering.

use std::io::Write;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use asynchat_core::{Blame, BoxError, Channel, Config, End, Error, FnProducer, Handler, Terminator};

use super::conversation::{EchoHandler, INPUTS, expected};
use super::{is_full_run, peer};
use crate::adapters::{Adapter, PullConnection};

/// `handle_connect` is first; `handle_close` is last and is called once, whether the peer half-closes, resets the
/// connection, or is asked to leave.
// C1
pub fn drive_calls_the_handler_in_order<A: Adapter>() {
    for input in [&b""[..], b"one\r\ntw", b"quit\r\nmore\r\n"] {
        let (client, server) = peer::pair();
        let (handler, call_log) = EchoHandler::new();
        let client_thread = thread::spawn(move || {
            peer::send_in_pieces(&client, [input]);
            if input.is_empty() {
                peer::reset(client);
            } else {
                peer::half_close(&client);
                peer::read_to_end(&client);
            }
        });
        let outcome = A::drive(server, handler, Config::default());
        client_thread.join().unwrap();
        let call_log = call_log.lock().unwrap().clone();
        assert_eq!(outcome.is_err(), input.is_empty());
        assert_eq!((call_log.closes, call_log.out_of_order), (vec![outcome], vec![]));
    }
}

/// Not even a frame that arrived in the same read is delivered after `close_when_done`.
// C2
pub fn drive_delivers_no_event_after_close_when_done<A: Adapter>() {
    let (client, server) = peer::pair();
    let (handler, call_log) = EchoHandler::new();
    peer::send_in_pieces(&client, [&b"one\r\nquit\r\ntwo\r\nthree"[..]]);
    let reader = thread::spawn(move || peer::read_to_end(&client));
    assert_eq!(A::drive(server, handler, Config::default()), Ok(()));
    assert_eq!(reader.join().unwrap(), b"hello|one|quit|");
    assert_eq!(call_log.lock().unwrap().events, b"one|quit|");
}

/// Everything that arrived before the end is delivered, and the handler can still write.
// C3, F9
pub fn server_delivers_eof_at_every_byte<A: Adapter>() {
    let serving = A::serve(Config::default(), 16, |_| EchoHandler::new().0);
    for input in INPUTS {
        for len in 0..=input.len() {
            let input = input.get(..len).unwrap();
            let client = peer::connect(serving.address());
            peer::send_in_pieces(&client, [input]);
            peer::half_close(&client);
            assert_eq!(peer::read_to_end(&client), expected(input, true).1, "{}", input.escape_ascii());
        }
    }
    serving.stop();

    let much = peer::pattern(3_000_000);
    let serving = A::serve(Config::default(), 16, |_| AnswersAtEof);
    let client = peer::connect(serving.address());
    peer::send_in_pieces(&client, [&b"x"[..]]);
    peer::half_close(&client);
    assert_eq!(peer::read_to_end(&client), much);
    serving.stop();
}

/// Begins to write when the peer has ended its stream.
struct AnswersAtEof;

impl Handler for AnswersAtEof {
    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_eof(&mut self, _: End, channel: &mut Channel) -> Result<(), BoxError> {
        let mut chunks = peer::pattern(3_000_000).chunks(9_999).map(<[u8]>::to_vec).collect::<Vec<_>>().into_iter();
        channel.push_with_producer(FnProducer::new(move || Ok(chunks.next().map(Into::into))))?;
        channel.close_when_done();
        Ok(())
    }
}

/// Answers the first line with a large chunk, and closes.
struct AnswersFirstLine {
    answer: bytes::Bytes,
    closed: Option<Sender<Result<(), Error>>>,
}

impl Handler for AnswersFirstLine {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(Terminator::None);
        channel.push(self.answer.clone())?;
        channel.close_when_done();
        Ok(())
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        if let Some(closed) = self.closed.take() {
            closed.send(outcome.map_err(Clone::clone)).unwrap();
        }
    }
}

/// The peer has sent data that nobody will read, and keeps sending. It still gets the whole answer, most of which is on
/// the server's side when the handler closes. If the server closed the socket at once, the system would discard that
/// part and reset the connection.
// C7, O4
pub fn server_close_loses_no_output<A: Adapter>() {
    const ANSWER: usize = 300_000;
    let closes = if is_full_run() { 10_000 } else { 1_000 };
    let answer = bytes::Bytes::from(peer::pattern(ANSWER));
    let serving = {
        let answer = answer.clone();
        A::serve(Config::default(), 64, move |_| AnswersFirstLine { answer: answer.clone(), closed: None })
    };
    let address = serving.address();
    let flight = [&b"go\n"[..], &[b'x'; 20_000]].concat();
    let clients = [0, 1, 2, 3].map(|_| {
        let (answer, flight) = (answer.clone(), flight.clone());
        thread::spawn(move || {
            for _ in 0..closes / 4 {
                let client = peer::connect_with_small_buffer(address, 32 * 1024);
                peer::send_in_pieces(&client, [&flight[..]]);
                let head = peer::read_exactly(&client, 1);
                peer::send_in_pieces(&client, [&flight[..]]);
                let rest = peer::read_to_end(&client);
                assert!([head, rest].concat() == answer, "the whole answer");
            }
        })
    });
    for client in clients {
        client.join().unwrap();
    }
    serving.stop();
}

/// A peer that never stops sending is cut off when the linger time is over. It has all output by then.
// C7
pub fn drive_lingers_for_a_bounded_time<A: Adapter>() {
    let config = Config::default().with_linger(Duration::from_millis(200));
    let (closed, outcomes) = channel();
    let (mut client, server) = peer::pair();
    let answer = bytes::Bytes::from(peer::pattern(100_000));
    let reader = {
        let client = client.try_clone().unwrap();
        thread::spawn(move || peer::read_exactly(&client, 100_000))
    };
    let sender = thread::spawn(move || {
        client.write_all(b"go\n").unwrap();
        // Until the other end has closed the socket.
        while client.write_all(&[b'x'; 1000]).is_ok() {}
    });
    let started = Instant::now();
    let outcome = A::drive(server, AnswersFirstLine { answer: answer.clone(), closed: Some(closed) }, config);
    let elapsed = started.elapsed();
    assert_eq!((outcome, outcomes.recv().unwrap()), (Ok(()), Ok(())));
    assert!(elapsed >= Duration::from_millis(200), "it lingers: {elapsed:?}");
    assert!(elapsed < Duration::from_secs(10), "the linger time is bounded: {elapsed:?}");
    assert!(reader.join().unwrap() == answer);
    sender.join().unwrap();
}

/// Sends lines and ends its output; collects the answer.
#[derive(Default)]
struct Sort {
    answer: Vec<u8>,
    log: Vec<String>,
}

impl Handler for Sort {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push("b\na\n")?;
        channel.finish();
        self.log.push(format!("{:?}", channel.push("c\n")));
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.answer.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_eof(&mut self, end: End, _: &mut Channel) -> Result<(), BoxError> {
        // It does not close: both directions have ended.
        self.log.push(format!("{end:?}"));
        Ok(())
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        self.log.push(format!("{outcome:?}"));
    }
}

/// The peer answers when it has read to the end of its input, as `sort` does.
// C18
pub fn drive_finish_reads_the_answer<A: Adapter>() {
    let (client, server) = peer::pair();
    let sorting = thread::spawn(move || {
        let input = peer::read_to_end(&client);
        let mut lines: Vec<&[u8]> = input.split_inclusive(|byte| *byte == b'\n').collect();
        lines.sort_unstable();
        peer::send_in_pieces(&client, lines);
    });
    let mut sort = Sort::default();
    assert_eq!(A::drive(server, &mut sort, Config::default()), Ok(()));
    sorting.join().unwrap();
    assert_eq!(sort.answer, b"a\nb\n");
    assert_eq!(sort.log, ["Err(Closing)", "Clean", "Ok(())"]);
}

/// The linger time also bounds a close when the peer neither sends nor half-closes.
// C7
pub fn connection_close_lingers_for_a_bounded_time<A: Adapter>() {
    let linger = Duration::from_millis(200);
    let (client, server) = peer::pair();
    let mut connection = A::connect(server, b"\n", Config::default().with_linger(linger));
    connection.push("bye").unwrap();
    let started = Instant::now();
    assert_eq!(connection.close(), Ok(()));
    let elapsed = started.elapsed();
    assert!(elapsed >= linger && elapsed < Duration::from_secs(10), "{elapsed:?}");
    assert_eq!(connection.close(), Ok(()), "it is already closed");
    assert_eq!(peer::read_to_end(&client), b"bye");

    let (client, server) = peer::pair();
    let mut connection = A::connect(server, b"\n", Config::default().with_linger(Duration::from_secs(30)));
    peer::half_close(&client);
    let started = Instant::now();
    assert_eq!(connection.close(), Ok(()));
    assert!(started.elapsed() < Duration::from_secs(10), "the peer has ended its stream, so there is no linger");
}

/// Stays open after the end of the peer's stream, and reports both ends.
struct StaysOpen(Sender<Result<(), Error>>);

impl Handler for StaysOpen {
    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_eof(&mut self, _: End, _: &mut Channel) -> Result<(), BoxError> {
        Ok(self.0.send(Ok(()))?)
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        let _ = self.0.send(outcome.map_err(Clone::clone));
    }
}

/// A peer ends its stream, and later resets the connection. No call reads or writes then.
// C4, C10
pub fn server_notices_a_reset_after_eof<A: Adapter>() {
    let (sender, ends) = channel();
    let config = Config::default().with_idle_timeout(None);
    let serving = A::serve(config, 8, move |_| StaysOpen(sender.clone()));
    for _ in 0..2 {
        let client = peer::connect(serving.address());
        peer::half_close(&client);
        assert_eq!(ends.recv().unwrap(), Ok(()));
        peer::reset(client);
        assert_eq!(ends.recv().unwrap().map_err(|error| error.blame()), Err(Blame::Transport));
    }
    serving.stop();
}
