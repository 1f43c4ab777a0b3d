//! Output that is not there yet: deferred replies from other threads, and forwarded streams.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use asynchat_core::{BoxError, Channel, Config, Deferred, End, Error, Handler, MinRate, StreamProducer, deferred};
use smol::channel::{Sender as StreamSender, bounded};
use smol::stream::StreamExt as _;

use super::peer;
use crate::adapters::{Adapter, PullConnection};
use crate::harness::faulty::{FaultPlan, Faulty};

/// Defers the reply to each line, and hands it to another thread together with the line.
struct DeferringHandler {
    line: String,
    jobs: Sender<(String, Deferred)>,
    ended: Option<Sender<()>>,
}

impl DeferringHandler {
    fn new(jobs: Sender<(String, Deferred)>) -> Self {
        Self { line: String::new(), jobs, ended: None }
    }
}

impl Handler for DeferringHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(channel.push("ready\n")?)
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.push_str(std::str::from_utf8(data)?);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let reply = channel.push_deferred()?;
        self.jobs.send((std::mem::take(&mut self.line), reply))?;
        Ok(())
    }

    // `handle_eof` has its default, except that a test may wait for it.
    fn handle_eof(&mut self, end: End, channel: &mut Channel) -> Result<(), BoxError> {
        struct Default;
        impl Handler for Default {
            fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
                Ok(())
            }
            fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
                Ok(())
            }
        }
        drop(self.ended.take());
        Default.handle_eof(end, channel)
    }
}

/// Each reply comes from another thread, in the reverse order. They arrive in the order of the requests.
// O8, O1
pub fn server_sends_deferred_replies_in_order<A: Adapter>() {
    const COUNT: usize = 100;
    let (jobs, requests) = channel();
    let serving = A::serve(Config::default(), 1, move |_| DeferringHandler::new(jobs.clone()));
    let stream = peer::connect(serving.address());
    let lines: String = (0..COUNT).map(|number| format!("{number}\n")).collect();
    peer::send_in_pieces(&stream, [lines.as_bytes()]);
    let answerer = thread::spawn(move || {
        let waiting: Vec<(String, Deferred)> = requests.iter().take(COUNT).collect();
        for (line, reply) in waiting.into_iter().rev() {
            reply.send(line + "\n");
        }
    });
    let expected = format!("ready\n{lines}");
    assert_eq!(String::from_utf8(peer::read_exactly(&stream, expected.len())).unwrap(), expected);
    answerer.join().unwrap();
    drop(stream);
    serving.stop();
}

/// A request behind one that waits is read: it is what the first reply waits for.
// O8
pub fn server_reads_behind_a_pending_reply<A: Adapter>() {
    let (jobs, requests) = channel();
    let serving = A::serve(Config::default(), 1, move |_| DeferringHandler::new(jobs.clone()));
    let stream = peer::connect(serving.address());
    peer::send_in_pieces(&stream, [&b"first\n"[..]]);
    let (_, first) = requests.recv().unwrap();
    assert_eq!(peer::read_exactly(&stream, 6), b"ready\n");
    peer::send_in_pieces(&stream, [&b"second\n"[..]]);
    let (line, second) = requests.recv().unwrap();
    assert_eq!(line, "second");
    second.send("2\n");
    first.send("1\n");
    assert_eq!(peer::read_exactly(&stream, 4), b"1\n2\n");
    drop(stream);
    serving.stop();
}

/// A peer that waits for its reply is not timed out, however long that takes. An idle peer that came later is the clock.
// O8, C6, C11
pub fn server_times_out_no_peer_that_waits_for_a_reply<A: Adapter>() {
    const TIMEOUT: Duration = Duration::from_millis(300);
    let rate = MinRate::new(1_000_000, TIMEOUT);
    let config = Config::default().with_min_output_rate(rate).with_idle_timeout(TIMEOUT);
    let (jobs, requests) = channel();
    let serving = A::serve(config, 2, move |_| DeferringHandler::new(jobs.clone()));
    let stream = peer::connect(serving.address());
    peer::send_in_pieces(&stream, [&b"slow\n"[..]]);
    let (_, reply) = requests.recv().unwrap();
    assert_eq!(peer::read_exactly(&stream, 6), b"ready\n");
    // Ends when the server has timed out the idle peer.
    assert_eq!(peer::read_to_end(&peer::connect(serving.address())), b"ready\n");
    reply.send("at last\n");
    assert_eq!(peer::read_exactly(&stream, 8), b"at last\n");
    drop(stream);
    serving.stop();
}

/// The default of `handle_eof` closes after the reply that another thread sends later, and its wake-up reaches a
/// connection that has nothing else to wait for.
// O8, O4, C3
pub fn drive_waits_for_a_deferred_reply_after_eof<A: Adapter>() {
    let (stream, socket) = peer::pair();
    let (jobs, requests) = channel();
    let (ended, at_end) = channel::<()>();
    let answerer = thread::spawn(move || answer_after(&requests, &at_end, "late\n"));
    let peer = thread::spawn(move || {
        peer::send_in_pieces(&stream, [&b"a line\n"[..]]);
        peer::half_close(&stream);
        peer::read_to_end(&stream)
    });
    let handler = DeferringHandler { ended: Some(ended), ..DeferringHandler::new(jobs) };
    assert_eq!(A::drive(socket, handler, Config::default()), Ok(()));
    assert_eq!(peer.join().unwrap(), b"ready\nlate\n");
    answerer.join().unwrap();
}

/// The same over a stream that is no socket.
// O8, O4, C3
pub fn drive_waits_for_a_deferred_reply_over_any_stream<A: Adapter>() {
    let (stream, log) = Faulty::new(FaultPlan::new(b"a line\n", usize::MAX));
    let (jobs, requests) = channel();
    let (ended, at_end) = channel::<()>();
    let answerer = thread::spawn(move || answer_after(&requests, &at_end, "late\n"));
    let handler = DeferringHandler { ended: Some(ended), ..DeferringHandler::new(jobs) };
    assert_eq!(A::drive_faulty(stream, handler, Config::default()), Ok(()));
    assert_eq!(log.snapshot().written.escape_ascii().to_string(), "ready\\nlate\\n");
    answerer.join().unwrap();
}

/// Takes one request, waits until the handler was told of the end, and answers.
fn answer_after(requests: &Receiver<(String, Deferred)>, at_end: &Receiver<()>, answer: &'static str) {
    let (_, reply) = requests.recv().unwrap();
    assert!(at_end.recv().is_err(), "nothing is sent: the sender is dropped");
    reply.send(answer);
}

/// A reply that the handler forgets ends the connection in its place.
// O8, C4
pub fn drive_blames_the_handler_for_a_forgotten_reply<A: Adapter>() {
    let (stream, log) = Faulty::new(FaultPlan::new(b"a line\n", usize::MAX));
    let (jobs, requests) = channel();
    let forgetful = thread::spawn(move || drop(requests.recv().unwrap()));
    let outcome = A::drive_faulty(stream, DeferringHandler::new(jobs), Config::default());
    assert!(matches!(outcome, Err(Error::Handler(_))), "{outcome:?}");
    assert_eq!(log.snapshot().written, b"ready\n");
    forgetful.join().unwrap();
}

/// `flush` returns when the reply of another thread is sent, and what was pushed behind it.
// O8
pub fn connection_flush_waits_for_a_deferred_reply<A: Adapter>() {
    let (stream, socket) = peer::pair();
    let mut connection = A::connect(socket, b"\n", Config::default());
    let (reply, producer) = deferred();
    connection.push("before, ").unwrap();
    connection.push_with_producer(producer).unwrap();
    connection.push(", behind\n").unwrap();
    let peer = thread::spawn(move || {
        let before = peer::read_exactly(&stream, 8);
        // It was sent by the flush, which now waits for the reply.
        reply.send("reply");
        [before, peer::read_exactly(&stream, 14)].concat()
    });
    connection.flush().unwrap();
    assert_eq!(connection.queued(), 0);
    assert_eq!(peer.join().unwrap(), b"before, reply, behind\n");
}

/// A slow peer holds back the source of a stream that is forwarded to it: a bounded channel, as a proxy has it.
// O3, O8
pub fn server_holds_back_the_source_of_a_stream<A: Adapter>() {
    const CHUNK: usize = 64 * 1024;
    /// Far more than the buffers of two sockets.
    const CHUNKS: usize = 1024;
    /// After so many refusals in a row the connection has had its turn.
    const TURNS: usize = 10_000;
    let (sources, from_handler) = channel();
    let serving = A::serve(Config::default(), 1, move |_| ForwardingHandler { sources: sources.clone() });
    let stream = peer::connect(serving.address());
    let source = from_handler.recv().unwrap();
    let mut sent = 0;
    let mut refused = 0;
    while refused < TURNS && sent < CHUNKS {
        match source.try_send(vec![b'x'; CHUNK]) {
            Ok(()) => (sent, refused) = (sent + 1, 0),
            Err(_) => refused += 1,
        }
        thread::yield_now();
    }
    assert!(sent < CHUNKS, "the channel takes everything, though nobody reads");
    let feeding = thread::spawn(move || {
        for _ in sent..CHUNKS {
            source.send_blocking(vec![b'x'; CHUNK]).unwrap();
        }
    });
    assert_eq!(peer::read_to_end(&stream).len(), CHUNKS * CHUNK);
    feeding.join().unwrap();
    drop(stream);
    serving.stop();
}

/// Sends what comes out of a bounded channel, and closes when its source is gone.
struct ForwardingHandler {
    sources: Sender<StreamSender<Vec<u8>>>,
}

impl Handler for ForwardingHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let (source, stream) = bounded(2);
        channel.push_with_producer(StreamProducer::new(stream.map(Ok::<_, BoxError>)))?;
        channel.close_when_done();
        self.sources.send(source)?;
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }
}
