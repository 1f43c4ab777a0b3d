//! A handler and its unit tests, without a socket, a thread or a clock: `Chat` is the whole connection in memory.
//!
//! The handler answers `ADD a b` with the sum. Run its tests:
//!
//! ```sh
//! cargo test -p asynchat-blocking --example blocking_handler_test
//! ```
//!
//! Run it on 127.0.0.1:7006, or append `-- ADDRESS`, and try `printf 'ADD 2 3\r\n' | nc -N 127.0.0.1 7006`:
//!
//! ```sh
//! cargo run -p asynchat-blocking --example blocking_handler_test
//! ```

use std::io;

use asynchat_blocking::{BoxError, Channel, Error, Handler, Server};

#[derive(Default)]
struct Adder {
    line: Vec<u8>,
}

impl Handler for Adder {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\r\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        // An error that blames the peer.
        let line = String::from_utf8(std::mem::take(&mut self.line)).map_err(Error::protocol)?;
        let sum = match line.split(' ').collect::<Vec<_>>()[..] {
            ["ADD", a, b] => a.parse().ok().zip(b.parse().ok()).and_then(|(a, b): (u64, u64)| a.checked_add(b)),
            _ => None,
        };
        let answer = sum.map_or_else(|| "error\r\n".into(), |sum| format!("{sum}\r\n"));
        Ok(channel.push(answer)?)
    }
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7006".into());
    let server = Server::bind(address)?;
    println!("listening on {}", server.local_addr()?);
    server.serve(|_peer| Adder::default())
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};
    use std::time::Duration;

    use asynchat_blocking::bytes::Buf as _;
    use asynchat_blocking::{Blame, Chat, Config, Input};

    use super::*;

    /// Takes what the handler has queued, as if it was sent.
    fn output(chat: &mut Chat<Adder>) -> Vec<u8> {
        let mut transmit = chat.poll_transmit(&mut Context::from_waker(Waker::noop()));
        transmit.copy_to_bytes(transmit.remaining()).into()
    }

    // The time is an argument of each call, so that tests of timeouts need no sleep.
    fn chat_after(input: &[u8]) -> Result<Chat<Adder>, Error> {
        let mut chat = Chat::new(Adder::default(), Config::default());
        chat.handle_connect(Duration::ZERO)?;
        chat.handle_input(Duration::ZERO, &mut Input::new(input))?;
        Ok(chat)
    }

    #[test]
    fn adder_answers_requests_under_every_cut() -> Result<(), Error> {
        let input = b"ADD 2 3\r\nADD 40 2\r\nadd\r\n";
        for cut in 0..=input.len() {
            let (head, tail) = input.split_at(cut);
            let mut chat = chat_after(head)?;
            chat.handle_input(Duration::ZERO, &mut Input::new(tail))?;
            assert_eq!(output(&mut chat), b"5\r\n42\r\nerror\r\n", "cut at {cut}");
        }
        Ok(())
    }

    #[test]
    fn adder_blames_the_peer_for_bad_text() {
        let error = chat_after(b"\xff\r\n").unwrap_err();
        assert_eq!(error.blame(), Blame::Peer);
    }

    #[test]
    fn adder_closes_an_idle_connection() -> Result<(), Error> {
        let mut chat = chat_after(b"")?;
        let error = chat.handle_timeout(Duration::from_secs(5 * 60)).unwrap_err();
        assert_eq!(error, Error::Idle);
        Ok(())
    }
}
