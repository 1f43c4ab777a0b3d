//! Core alone over `mio`: one thread, many connections, each a `Chat`.
//!
//! ```text
//! cargo run -p asynchat-tests --example mio -- 127.0.0.1:7000
//! nc 127.0.0.1 7000
//! ```

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::task::{Context, Waker};
use std::time::Instant;

use asynchat_core::{BoxError, Channel, Chat, Config, Handler, Input};
use bytes::Buf;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

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

struct Connection {
    socket: TcpStream,
    chat: Chat<Echo>,
    /// Input above the high-water mark.
    unread: Vec<u8>,
}

impl Connection {
    /// Does what can be done without waiting: the steps on the page of `Chat`, which explains them.
    fn advance(&mut self, start: Instant, buffer: &mut [u8]) {
        let Self { socket, chat, unread } = self;
        let now = start.elapsed();
        let _ = chat.handle_connect(now);
        loop {
            let mut made_progress = false;
            if chat.wants_resume() {
                let mut input = Input::new(unread);
                let _ = chat.handle_input(now, &mut input);
                *unread = input.remaining().to_vec();
            }
            if chat.wants_write() {
                let mut output = chat.poll_transmit(&mut Context::from_waker(Waker::noop()));
                match socket.write(output.chunk()) {
                    Ok(written) => {
                        made_progress = written > 0;
                        output.advance(written);
                    }
                    Err(error) if is_pending(&error) => {}
                    Err(error) => drop(chat.handle_write_error(start.elapsed(), error)),
                }
            }
            if chat.wants_shutdown() {
                let _ = socket.shutdown(std::net::Shutdown::Write);
                chat.handle_shutdown(start.elapsed());
            }
            if chat.wants_read() && unread.is_empty() {
                match socket.read(buffer) {
                    Ok(0) => drop(chat.handle_eof(start.elapsed())),
                    Ok(len) => {
                        let mut input = Input::new(&buffer[..len]);
                        let _ = chat.handle_input(start.elapsed(), &mut input);
                        *unread = input.remaining().to_vec();
                        made_progress = true;
                    }
                    Err(error) if is_pending(&error) => {}
                    Err(error) => drop(chat.handle_transport_error(error)),
                }
            }
            // mio reports an event once, so everything is done now. A server would give others a turn.
            if !(made_progress || chat.wants_resume() || chat.wants_shutdown()) {
                let _ = chat.handle_timeout(now);
                return;
            }
        }
    }
}

fn is_pending(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Serves until `until` connections have ended.
fn serve(mut listener: TcpListener, until: usize) -> io::Result<()> {
    const LISTENER: Token = Token(usize::MAX);
    let (mut poll, mut events, start) = (Poll::new()?, Events::with_capacity(64), Instant::now());
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let (mut connections, mut next, mut ended, mut buffer) = (HashMap::new(), 0, 0, vec![0; 64 * 1024]);
    while ended < until {
        // The earliest deadline of all: idle connections, slow peers, timers.
        let deadlines =
            connections.values_mut().filter_map(|connection: &mut Connection| connection.chat.poll_timeout());
        let timeout = deadlines.min().map(|at| at.saturating_sub(start.elapsed()));
        match poll.poll(&mut events, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => result?,
        }
        if events.iter().any(|event| event.token() == LISTENER) {
            while let Ok((mut socket, _)) = listener.accept() {
                poll.registry().register(&mut socket, Token(next), Interest::READABLE | Interest::WRITABLE)?;
                connections
                    .insert(next, Connection { socket, chat: Chat::new(Echo, Config::default()), unread: Vec::new() });
                next += 1;
            }
        }
        // A server with many connections would advance those alone that have an event or whose deadline has passed.
        for connection in connections.values_mut() {
            connection.advance(start, &mut buffer);
        }
        let open = connections.len();
        connections.retain(|_, connection| !connection.chat.is_closed());
        ended += open - connections.len();
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address.parse().map_err(io::Error::other)?)?;
    println!("listening on {}", listener.local_addr()?);
    serve(listener, usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::net;
    use std::thread;

    use super::*;

    #[test]
    fn mio_loop_echoes_lines_of_many_clients() {
        const CLIENTS: usize = 20;
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                thread::spawn(move || {
                    let lines = format!("client {client}\n").repeat(20_000);
                    let mut socket = net::TcpStream::connect(address).unwrap();
                    let mut reader = socket.try_clone().unwrap();
                    let sent = lines.clone();
                    let writing = thread::spawn(move || {
                        socket.write_all(sent.as_bytes()).unwrap();
                        socket.shutdown(net::Shutdown::Write).unwrap();
                    });
                    let mut echoed = String::new();
                    reader.read_to_string(&mut echoed).unwrap();
                    writing.join().unwrap();
                    assert!(echoed == lines, "client {client}");
                })
            })
            .collect();
        serve(listener, CLIENTS).unwrap();
        clients.into_iter().for_each(|client| client.join().unwrap());
    }
}
