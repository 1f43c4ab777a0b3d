//! A run loop of one's own: a `Chat` over a socket of `std::net`, without an adapter and without a runtime.
//!
//! It serves an echo of lines, to one connection at a time:
//!
//! ```text
//! cargo run -p asynchat-core --example run_loop -- 127.0.0.1:7000
//! nc 127.0.0.1 7000
//! ```
//!
//! `run_loop` is the loop on the page of `Chat`, step by step and with the same numbers. A server with many connections
//! would wait for all of them at once, with epoll or a runtime; each of them has this loop.

#![cfg_attr(
    not(test),
    expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "core has no socket and no clock: this has")
)]

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, Instant};

use asynchat_core::{BoxError, Channel, Chat, Config, Error, Handler, Input};
use bytes::Buf;

/// Drives one connection from connect to close, and returns its outcome. `clock` returns the time since any fixed
/// origin.
pub(crate) fn run_loop<H: Handler>(
    mut socket: &TcpStream,
    mut chat: Chat<H>,
    clock: impl Fn() -> Duration,
) -> Result<(), Error> {
    socket.set_nonblocking(true)?;
    let mut buffer = vec![0; chat.config().read_size];
    let mut unread = Vec::new();
    loop {
        // 1. The time before the socket is asked for anything: all that has arrived by now is read before step 7.
        let now = clock();
        let mut made_progress = false;
        // 2. No result is used here or below: the chat keeps the first error, and step 8 returns it.
        let _ = chat.handle_connect(now);
        // Each round asks a producer that was pending once more, so its waker has nothing to do.
        chat.handle_wake(now);
        // 3. The input that was left over above the high-water mark comes first.
        if chat.wants_resume() {
            let mut input = Input::new(&unread);
            let _ = chat.handle_input(now, &mut input);
            unread = input.remaining().to_vec();
        }
        // The socket is borrowed, so that it cannot be handed over as step 5 would: before output is sent, this is refused.
        let _ = chat.refuse_upgrade();
        // 4. A TCP socket has no buffer of its own to flush.
        if chat.wants_write() {
            let mut output = chat.poll_transmit(&mut Context::from_waker(Waker::noop()));
            match socket.write(output.chunk()) {
                // A producer is pending, or had no more.
                Ok(_) if !output.has_remaining() => {}
                Ok(written) => {
                    output.advance(written);
                    made_progress = true;
                }
                Err(error) if is_pending(&error) => {}
                // Input that has arrived is still delivered, in step 3 of the next round or in step 6.
                Err(error) => {
                    let _ = chat.handle_write_error(clock(), error);
                    made_progress = true;
                }
            }
        }
        // 5. All output was sent, so a peer that is gone by now is no failure: a chat that closes lingers then.
        if chat.wants_shutdown() {
            let result = socket.shutdown(Shutdown::Write);
            chat.handle_shutdown(clock());
            if let Err(error) = result {
                let _ = chat.handle_write_error(clock(), error);
            }
        }
        // 6. The loop does not read while input is left over. The time is asked again: the round may have taken long.
        if chat.wants_read() && unread.is_empty() {
            match socket.read(&mut buffer) {
                Ok(0) => drop(chat.handle_eof(clock())),
                Ok(length) => {
                    let mut input = Input::new(&buffer[..length]);
                    let _ = chat.handle_input(clock(), &mut input);
                    unread = input.remaining().to_vec();
                    made_progress = true;
                }
                Err(error) if is_pending(&error) => {}
                Err(error) => drop(chat.handle_transport_error(error)),
            }
        }
        // 7. Only now the peer is judged, and by the time of step 1.
        let _ = chat.handle_timeout(now);
        // 8. The handler knows the outcome already. std has no stable call to reset a socket, as `wants_reset` asks.
        if let Some(outcome) = chat.outcome() {
            return outcome.map_err(Clone::clone);
        }
        // 9. No step could be done.
        if !made_progress {
            wait(socket, &mut chat, now)?;
        }
    }
}

/// Waits until the socket has input, or until the deadline. `std::net` cannot wait for input and for room to write at
/// once, nor for another thread, so a pending write or producer is tried again after a moment.
fn wait<H: Handler>(socket: &TcpStream, chat: &mut Chat<H>, now: Duration) -> io::Result<()> {
    const MOMENT: Duration = Duration::from_millis(1);
    // The handler may have asked to close when a timeout came.
    let waits_for_output = chat.wants_write() || chat.is_output_pending() || chat.wants_shutdown();
    if waits_for_output || !chat.wants_read() || chat.wants_resume() {
        thread::sleep(MOMENT);
        return Ok(());
    }
    // A socket refuses a timeout of zero.
    socket.set_read_timeout(chat.poll_timeout().map(|at| at.saturating_sub(now).max(MOMENT)))?;
    socket.set_nonblocking(false)?;
    // The read of the next round sees the same bytes, the same end or the same error.
    let _ = socket.peek(&mut [0]);
    socket.set_nonblocking(true)
}

fn is_pending(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Sends each line back.
struct Echo;

impl Handler for Echo {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push_slice(data)?)
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push_slice(b"\n")?)
    }
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    let start = Instant::now();
    loop {
        let (socket, peer) = listener.accept()?;
        match run_loop(&socket, Chat::new(Echo, Config::default()), || start.elapsed()) {
            Ok(()) => println!("{peer}: closed"),
            Err(error) => println!("{peer}: {error}"),
        }
    }
}
