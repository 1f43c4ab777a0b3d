//! Runs a handler in memory: a client sends chunks, and the output is collected.

use std::task::Waker;
use std::time::Duration;

use asynchat_core::drive::Mailbox;
use asynchat_core::{Chat, Config, Error, Handler, Input};
use bytes::Buf;

use crate::harness::noop_context;

/// The result of [`drive_in_memory`].
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// The bytes that the client received, up to the limit.
    pub output: Vec<u8>,
    /// True if the server closed before the client did. Input after that point is dropped.
    pub closed_by_server: bool,
    /// The outcome of the connection, or `None` if the output reached the limit.
    pub outcome: Option<Result<(), Error>>,
}

/// Sends the chunks, reads the output after each, and ends the client's stream. Stops after `limit` bytes of output.
///
/// This is the loop that [`Chat`] documents, with a transport that accepts every write in full.
///
/// # Panics
///
/// Panics if the chat makes no progress (it consumes no input and has no output), or if it does not close at the end.
pub fn drive_in_memory<'c, H: Handler>(
    handler: H,
    chunks: impl IntoIterator<Item = &'c [u8]>,
    limit: usize,
) -> Transcript {
    let mut chat = Chat::new(handler, Config::default());
    let mut output = Vec::new();
    // Errors are sticky: the outcome reports this one.
    let _ = chat.handle_connect(Duration::ZERO);
    for chunk in chunks {
        let mut input = Input::new(chunk);
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
            assert!(written > 0 || input.remaining().len() < before, "no progress: no input consumed, no output");
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
    assert!(chat.is_closed(), "the chat is still open after the client's end of stream");
    let outcome = chat.outcome().map(|outcome| outcome.map_err(Error::clone));
    Transcript { output, closed_by_server, outcome }
}

/// Runs a handler twice with the same data: whole, and in chunks whose lengths come from the data's own bytes. So a fuzzer
/// that changes the data changes the cuts too.
///
/// # Panics
///
/// Panics if the two runs differ in their output or their outcome, and where [`drive_in_memory`] does.
pub fn drive_whole_and_cut<H: Handler>(new_handler: impl Fn() -> H, data: &[u8], limit: usize) -> Transcript {
    let whole = drive_in_memory(new_handler(), [data], limit);
    let mut rest = data;
    let chunks = std::iter::from_fn(|| {
        let &length = rest.first()?;
        let (chunk, after) = rest.split_at(rest.len().min(usize::from(length) + 1));
        rest = after;
        Some(chunk)
    });
    let cut = drive_in_memory(new_handler(), chunks, limit);
    assert_eq!(whole.output.escape_ascii().to_string(), cut.output.escape_ascii().to_string());
    assert_eq!(whole.outcome, cut.outcome);
    whole
}

/// Runs a handler with the same data whole, byte by byte, and in two chunks with every possible cut.
///
/// Data of more than 4 KiB is cut at every place within `margin` bytes of its ends, and at every `step`th place between.
///
/// # Panics
///
/// Panics if two runs differ in any part of the transcript, and where [`drive_in_memory`] does.
pub fn drive_under_every_cut<H: Handler>(
    new_handler: impl Fn() -> H,
    data: &[u8],
    margin: usize,
    step: usize,
) -> Transcript {
    let whole = drive_in_memory(new_handler(), [data], usize::MAX);
    let check = |chunks: &[&[u8]]| {
        let cut = drive_in_memory(new_handler(), chunks.iter().copied(), usize::MAX);
        let lengths: Vec<usize> = chunks.iter().map(|chunk| chunk.len()).collect();
        let shown = data[..data.len().min(1000)].escape_ascii();
        assert!(cut == whole, "{shown}\ncut as {:?}", &lengths[..lengths.len().min(4)]);
    };
    check(&data.chunks(1).collect::<Vec<_>>());
    let is_long = data.len() > 4096;
    let is_cut = |at: &usize| !is_long || *at < margin || data.len() - at < margin || at.is_multiple_of(step);
    for at in (0..=data.len()).filter(is_cut) {
        let (head, tail) = data.split_at(at);
        check(&[head, &[], tail]);
    }
    whole
}

/// Collects from the mailbox, and returns all output that is then queued.
pub fn receive<H: Handler>(chat: &mut Chat<H>, mailbox: &mut Mailbox<H>) -> Vec<u8> {
    let mut received = Vec::new();
    loop {
        let has_changed = mailbox.poll_collect(chat, Duration::ZERO, Waker::noop()).is_ready();
        drain(chat, &mut received, usize::MAX);
        if !has_changed {
            return received;
        }
    }
}

/// Moves the pending output to `output`, up to `limit` bytes in total. Returns the number of bytes moved.
fn drain<H: Handler>(chat: &mut Chat<H>, output: &mut Vec<u8>, limit: usize) -> usize {
    let before = output.len();
    while chat.wants_write() && output.len() < limit {
        let mut staged = chat.poll_transmit(&mut noop_context());
        let take = staged.remaining().min(limit - output.len());
        let end = output.len() + take;
        output.resize(end, 0);
        staged.copy_to_slice(&mut output[end - take..]);
    }
    output.len() - before
}
