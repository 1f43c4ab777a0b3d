//! A handler and its unit tests, without a socket, a runtime or a clock: a `Chat` is the whole connection.
//!
//! ```text
//! cargo test -p asynchat-tokio --example handler_test
//! cargo run -p asynchat-tokio --example handler_test -- 127.0.0.1:7050
//! printf 'ADD 2 3\r\nQUIT\r\n' | nc 127.0.0.1 7050
//! ```

use std::mem;

use asynchat_tokio::{BoxError, Channel, Error, Handler, Server};

/// Adds numbers: `ADD 2 3`.
#[derive(Default)]
struct Calculator {
    line: Vec<u8>,
}

impl Handler for Calculator {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\r\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let line = String::from_utf8(mem::take(&mut self.line)).map_err(Error::protocol)?;
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["ADD", one, other] => match (one.parse::<u32>(), other.parse::<u32>()) {
                (Ok(one), Ok(other)) => channel.push(format!("{}\r\n", u64::from(one) + u64::from(other)))?,
                _ => channel.push("not a number\r\n")?,
            },
            ["QUIT"] => channel.close_when_done(),
            _ => channel.push("unknown command\r\n")?,
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7050".into());
    let server = Server::bind(address).await?;
    println!("listening on {}", server.local_addr()?);
    server.serve(|_peer| Calculator::default()).await
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};
    use std::time::Duration;

    use asynchat_tokio::bytes::Buf as _;
    use asynchat_tokio::{Blame, Chat, Config, Input};

    use super::*;

    /// The time is an argument of each call, so that a test of a timeout need not wait.
    const NOW: Duration = Duration::ZERO;

    fn chat() -> Chat<Calculator> {
        Chat::new(Calculator::default(), Config::default())
    }

    /// Takes what the handler has pushed.
    fn output(chat: &mut Chat<Calculator>) -> String {
        let mut transmit = chat.poll_transmit(&mut Context::from_waker(Waker::noop()));
        let len = transmit.remaining();
        String::from_utf8_lossy(&transmit.copy_to_bytes(len)).into_owned()
    }

    #[test]
    fn calculator_adds_whatever_the_cuts() -> Result<(), Error> {
        let mut chat = chat();
        for piece in ["ADD 2", " 3\r\nADD 4294967295 ", "1\r", "\n"] {
            chat.handle_input(NOW, &mut Input::new(piece.as_bytes()))?;
        }
        assert_eq!(output(&mut chat), "5\r\n4294967296\r\n");
        Ok(())
    }

    #[test]
    fn calculator_answers_what_it_does_not_know() -> Result<(), Error> {
        let mut chat = chat();
        chat.handle_input(NOW, &mut Input::new(b"ADD 2 x\r\nSUB 2 1\r\n"))?;
        assert_eq!(output(&mut chat), "not a number\r\nunknown command\r\n");
        Ok(())
    }

    #[test]
    fn calculator_quits_and_ignores_the_rest() -> Result<(), Error> {
        let mut chat = chat();
        chat.handle_input(NOW, &mut Input::new(b"ADD 1 1\r\nQUIT\r\nADD 2 2\r\n"))?;
        assert_eq!(output(&mut chat), "2\r\n");
        assert!(chat.wants_shutdown(), "all output is sent");
        Ok(())
    }

    #[test]
    fn calculator_blames_the_peer_for_its_bytes() {
        let error = chat().handle_input(NOW, &mut Input::new(b"\xff\r\n")).unwrap_err();
        assert_eq!(error.blame(), Blame::Peer);
    }

    #[test]
    fn calculator_closes_idle_connections() -> Result<(), Error> {
        let mut chat = chat();
        chat.handle_connect(NOW)?;
        assert_eq!(chat.handle_timeout(NOW + Duration::from_secs(5 * 60)), Err(Error::Idle));
        Ok(())
    }
}
