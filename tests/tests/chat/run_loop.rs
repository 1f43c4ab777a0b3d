//! One peer and three loops: `Driver`, the loop on the page of `Chat`, and that of `core/examples/run_loop.rs`.
//!
//! The peer sends half a line at 0 ms. Its deadline is then at 5 ms, and the loop waits. The rest of the line is in the
//! socket at 4 ms, but the task runs late: at 6 ms.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::cell::Cell;
use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use asynchat_core::drive::{Clock, Driver, Transport};
use asynchat_core::{Chat, Config, Error, Input, MinRate};
use asynchat_tests::harness::mock::{CountingWaker, ManualClock, MockTransport, RecordingHandler};
use bytes::Buf;

use crate::example;

/// An act of the peer while the loop waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    /// It sends the rest of the line, and closes.
    Punctual,
    /// It sends nothing more.
    Silent,
}

const HALF: &str = "half";
const REST: &str = " a line\n";

/// The outcome, and what the handler recorded.
type Story = (Result<(), Error>, Vec<String>);

const SERVED: [&str; 4] = ["connect", "half a line", "Clean", "closed"];

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Runs a loop over a chat that answers each line.
fn tell(run: impl FnOnce(Chat<RecordingHandler>) -> Result<(), Error>) -> Story {
    let handler = RecordingHandler::new(|_, channel| Ok(channel.push_slice(b"ok\n")?));
    let log = handler.log();
    let rate = Some(MinRate::default().with_grace(millis(5)));
    let outcome = run(Chat::new(handler, Config::default().with_min_input_rate(rate)));
    (outcome, log.take())
}

/// A transport, a clock and a peer, for a loop whose wait is a function of the test.
struct World {
    transport: MockTransport,
    clock: ManualClock,
    peer: Option<Peer>,
}

impl World {
    fn new(peer: Peer) -> Self {
        Self { transport: MockTransport::default(), clock: ManualClock::default(), peer: Some(peer) }
    }

    fn run(&mut self, run: impl FnOnce(Chat<RecordingHandler>, &mut Self) -> Result<(), Error>) -> Story {
        self.transport.send(HALF);
        tell(|chat| run(chat, self))
    }

    /// The first wait is that of the story. After it the peer does nothing, so that the deadline ends the wait.
    fn wait(&mut self, deadline: Option<Duration>) {
        let deadline = deadline.expect("it waits forever");
        let Some(peer) = self.peer.take() else {
            return self.clock.advance(deadline.saturating_sub(self.clock.now()));
        };
        assert_eq!(deadline, millis(5));
        self.clock.advance(millis(4));
        if peer == Peer::Punctual {
            self.transport.send(REST);
            self.transport.send_eof();
        }
        self.clock.advance(millis(2));
    }
}

fn driver(peer: Peer) -> Story {
    let mut world = World::new(peer);
    world.run(|chat, world| {
        let mut driver = Driver::new(world.clock.clone(), chat);
        let (wakes, waker) = CountingWaker::new();
        let mut cx = Context::from_waker(&waker);
        loop {
            if let Poll::Ready(outcome) = driver.poll(&mut cx, &mut world.transport, &mut Vec::new()) {
                return outcome.map(drop);
            }
            // Woken by itself, it has only given its turn away.
            if !wakes.take_woken() {
                world.wait(world.clock.alarm());
            }
        }
    })
}

/// The place of `handle_timeout` in the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judges {
    AfterTheRead,
    BeforeTheRead,
}

fn page(peer: Peer, judges: Judges) -> Story {
    let mut world = World::new(peer);
    world.run(|mut chat, world| {
        let (mut transport, clock) = (world.transport.clone(), world.clock.clone());
        let mut cx = Context::from_waker(Waker::noop());
        let mut buffer = [0; 64];
        let mut left_over = Vec::new();
        loop {
            // 1. now = the current time, before the transport is asked for anything
            let now = clock.now();
            let mut made_progress = false;
            if judges == Judges::BeforeTheRead {
                let _ = chat.handle_timeout(now);
            }
            // 2. handle_connect(now), handle_wake(now)
            let _ = chat.handle_connect(now);
            chat.handle_wake(now);
            // 3. wants_resume? handle_input(now, the input that was left over, or an empty one)
            if chat.wants_resume() {
                let mut input = Input::new(&left_over);
                let _ = chat.handle_input(now, &mut input);
                left_over = input.remaining().to_vec();
            }
            // 4. wants_write? poll_transmit, write unless it is empty, advance by the bytes that were written; then flush
            if chat.wants_write() {
                let mut output = chat.poll_transmit(&mut cx);
                if output.has_remaining()
                    && let Poll::Ready(written) = transport.poll_write(&mut cx, &output)
                {
                    output.advance(written.unwrap());
                    made_progress = true;
                }
            }
            // 5. wants_shutdown? once flushed, shut down the write side, handle_shutdown(the current time)
            if chat.wants_shutdown() && transport.poll_shutdown(&mut cx).is_ready() {
                chat.handle_shutdown(clock.now());
            }
            //    wants_upgrade? handle_upgrade(the input that was left over)
            if chat.handle_upgrade(&left_over).is_some() {
                return Ok(());
            }
            // 6. wants_read, and no input is left over? read, then handle_input(the current time, the bytes), and keep
            //    what is left over; at the end of the stream handle_eof(the current time)
            if chat.wants_read()
                && left_over.is_empty()
                && let Poll::Ready(length) = transport.poll_read(&mut cx, &mut buffer)
            {
                made_progress = true;
                let _ = match length.unwrap() {
                    0 => chat.handle_eof(clock.now()),
                    length => {
                        let mut input = Input::new(&buffer[..length]);
                        let result = chat.handle_input(clock.now(), &mut input);
                        left_over = input.remaining().to_vec();
                        result
                    }
                };
            }
            // 7. handle_timeout(now)
            if judges == Judges::AfterTheRead {
                let _ = chat.handle_timeout(now);
            }
            // 8. outcome? the connection has ended
            if let Some(outcome) = chat.outcome() {
                return outcome.map_err(Clone::clone);
            }
            // 9. nothing to do? wait until the transport is ready, until the waker is woken, or until poll_timeout
            if !made_progress {
                world.wait(chat.poll_timeout());
            }
        }
    })
}

/// Over a real socket. Its wait ends by the real deadline, 5 ms after its begin; the clock is put forward by hand.
fn example(peer: Peer) -> Story {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut peers_end = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (socket, _) = listener.accept().unwrap();
    peers_end.write_all(HALF.as_bytes()).unwrap();
    readable(&socket);
    let late = Cell::new(false);
    let clock = || {
        // The loop sets a timeout to wait, so this is the first call after a wait.
        if !late.get() && socket.read_timeout().unwrap().is_some() {
            late.set(true);
            if peer == Peer::Punctual {
                (&peers_end).write_all(REST.as_bytes()).unwrap();
                peers_end.shutdown(Shutdown::Write).unwrap();
                readable(&socket);
            }
        }
        millis(if late.get() { 6 } else { 0 })
    };
    tell(|chat| example::run_loop(&socket, chat, clock))
}

/// Waits until the socket has input, and leaves it there.
fn readable(socket: &TcpStream) {
    socket.set_nonblocking(false).unwrap();
    let timeout = socket.read_timeout().unwrap();
    socket.set_read_timeout(None).unwrap();
    socket.peek(&mut [0]).unwrap();
    socket.set_read_timeout(timeout).unwrap();
    socket.set_nonblocking(true).unwrap();
}

/// The three loops, by name.
fn loops(peer: Peer) -> [(&'static str, Story); 3] {
    [("Driver", driver(peer)), ("page", page(peer, Judges::AfterTheRead)), ("example", example(peer))]
}

// C6, C21
#[test]
fn run_loops_serve_a_punctual_peer_though_late() {
    for (name, story) in loops(Peer::Punctual) {
        assert_eq!(story, (Ok(()), SERVED.map(str::to_owned).to_vec()), "{name}");
    }
}

// C6, C21
#[test]
fn run_loops_cut_off_a_silent_peer() {
    for (name, story) in loops(Peer::Silent) {
        assert_eq!(story.0, Err(Error::SentTooSlowly), "{name}");
    }
}

// C21
#[test]
fn run_loop_judging_first_fails_a_punctual_peer() {
    assert_eq!(page(Peer::Punctual, Judges::BeforeTheRead).0, Err(Error::SentTooSlowly));
}
