//! A whole conversation in memory: what a client sends, in pieces, and what it gets.

use std::time::Duration;

use asynchat_core::{Chat, Config, Error, Handler, Input};
use bytes::Buf;

/// What became of a [`converse`]ation.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// All that the client got, up to the limit.
    pub output: Vec<u8>,
    /// The server closed before the client did. What the client sent after that was dropped.
    pub closed_by_server: bool,
    /// How it ended; `None` if there was more output than the limit.
    pub outcome: Option<Result<(), Error>>,
}

/// Sends the pieces, reads whatever is answered at once, and ends the stream; but stops when `limit` bytes have been
/// read.
///
/// This is the driver that [`Chat`] describes, with a transport that takes everything.
///
/// # Panics
///
/// If the chat breaks its own rules: it neither takes input nor has output, or does not end.
pub fn converse<'p, H: Handler>(handler: H, pieces: impl IntoIterator<Item = &'p [u8]>, limit: usize) -> Transcript {
    let mut chat = Chat::new(handler, Config::default());
    let mut output = Vec::new();
    // An error is sticky: it is in the outcome.
    let _ = chat.handle_connect(Duration::ZERO);
    for piece in pieces {
        let mut input = Input::new(piece);
        loop {
            let before = input.remaining().len();
            let _ = chat.handle_input(Duration::ZERO, &mut input);
            let written = drain(&mut chat, &mut output, limit);
            if output.len() >= limit {
                return Transcript { output, closed_by_server: false, outcome: None };
            }
            if chat.is_closed() || (written == 0 && input.is_empty()) {
                break;
            }
            assert!(written > 0 || input.remaining().len() < before, "neither input nor output goes on");
        }
    }
    let closed_by_server = chat.channel().is_closing();
    let _ = chat.handle_eof(Duration::ZERO);
    while drain(&mut chat, &mut output, limit) > 0 {
        if output.len() >= limit {
            return Transcript { output, closed_by_server, outcome: None };
        }
        let _ = chat.handle_input(Duration::ZERO, &mut Input::new(&[]));
    }
    if chat.wants_shutdown() {
        chat.handle_shutdown(Duration::ZERO);
    }
    assert!(chat.is_closed(), "the client has hung up, and the conversation goes on");
    let outcome = chat.outcome().map(|outcome| outcome.map_err(Error::clone));
    Transcript { output, closed_by_server, outcome }
}

/// Reads what there is, up to the limit, and says how much that was.
fn drain<H: Handler>(chat: &mut Chat<H>, output: &mut Vec<u8>, limit: usize) -> usize {
    let before = output.len();
    while chat.wants_write() && output.len() < limit {
        let mut staged = chat.poll_transmit();
        let take = staged.remaining().min(limit - output.len());
        let end = output.len() + take;
        output.resize(end, 0);
        staged.copy_to_slice(&mut output[end - take..]);
    }
    output.len() - before
}
