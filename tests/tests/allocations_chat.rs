//! The allocations of a conversation in its steady state: none for an event, a push or a write.
//!
//! `allocation-counter` counts for each thread, so the tests can run in parallel.

use std::time::Duration;

use allocation_counter::measure;
use asynchat_core::chat::IdleChat;
use asynchat_core::{BoxError, Channel, Chat, Config, Handler, Input, Terminator};
use asynchat_tests::harness::echo::Echo;
use asynchat_tests::harness::noop_context;
use bytes::{Buf, Bytes};

/// Alternating lines and counts, as in RESP: a line gives the length of what follows. Each request gets an answer.
struct LengthPrefixed {
    length: u64,
    /// Pushed by reference count, after each request.
    answer: Bytes,
    events: u64,
}

impl Handler for LengthPrefixed {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\r\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        self.events += 1;
        if let Terminator::Delimiter(_) = channel.terminator() {
            self.length = data.iter().fold(self.length, |length, digit| length * 10 + u64::from(digit - b'0'));
        }
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.events += 1;
        match channel.terminator() {
            Terminator::None => {
                channel.set_terminator(b"\r\n");
                channel.push(self.answer.clone())?;
            }
            _ => channel.set_terminator(std::mem::take(&mut self.length)),
        }
        Ok(())
    }
}

/// A conversation with this answer.
fn chat(answer: Bytes) -> Chat<LengthPrefixed> {
    Chat::new(LengthPrefixed { length: 0, answer, events: 0 }, Config::default())
}

/// Delivers inputs of `input_size` bytes, and after each of them writes all output, at most `write_size` bytes at once.
fn deliver_and_write(chat: &mut Chat<LengthPrefixed>, stream: &[u8], input_size: usize, write_size: usize) {
    for chunk in stream.chunks(input_size) {
        let mut input = Input::new(chunk);
        assert_eq!(chat.handle_input(Duration::ZERO, &mut input), Ok(()));
        assert!(input.is_empty());
        while chat.wants_write() {
            let mut staged = chat.poll_transmit(&mut noop_context());
            let written = staged.remaining().min(write_size);
            staged.advance(written);
        }
    }
}

/// Returns the number of allocations that the second of two equal passes makes.
fn steady_state_allocations(
    chat: &mut Chat<LengthPrefixed>,
    stream: &[u8],
    input_size: usize,
    write_size: usize,
) -> u64 {
    deliver_and_write(chat, stream, input_size, write_size);
    let before = chat.handler().events;
    let allocations = measure(|| deliver_and_write(chat, stream, input_size, write_size)).count_total;
    assert!(chat.handler().events > before + 300, "the handler got events");
    allocations
}

// F11, O2
#[test]
fn chat_request_and_answer_allocate_nothing() {
    // A drained queue keeps enough capacity for four answers of 50 bytes.
    let request = b"5\r\nhello";
    let stream = request.repeat(100);
    for answer in [Bytes::from_static(b"+OK\r\n"), Bytes::from(vec![b'x'; 50]), Bytes::from(vec![b'x'; 20_000])] {
        for input_size in [1, 3, request.len(), 4 * request.len()] {
            for write_size in [3, usize::MAX] {
                let allocations = steady_state_allocations(&mut chat(answer.clone()), &stream, input_size, write_size);
                let length = answer.len();
                assert_eq!(allocations, 0, "inputs of {input_size}, writes of {write_size}, answers of {length}");
            }
        }
    }
}

// F11, O7
#[test]
fn chat_pipelining_allocates_per_read_not_per_event() {
    /// The slots for as many answers as there were at the last read, and the buffer for as many bytes.
    const FOR_A_READ: u64 = 2;
    const REQUESTS: usize = 64;
    let input = b"5\r\nhello".repeat(REQUESTS);
    let reads = 10;
    let allocations = steady_state_allocations(
        &mut chat(Bytes::from_static(b"+OK\r\n")),
        &input.repeat(reads),
        input.len(),
        usize::MAX,
    );
    assert!(allocations <= FOR_A_READ * reads as u64, "{allocations}");
}

// F11, O7
#[test]
fn chat_burst_of_slices_allocates_one_buffer() {
    let input = b"a line of thirty-two bytes, or so\n".repeat(16);
    let mut chat = Chat::new(Echo, Config::default());
    let mut burst = || {
        assert_eq!(chat.handle_input(Duration::ZERO, &mut Input::new(&input)), Ok(()));
        let mut staged = chat.poll_transmit(&mut noop_context());
        assert_eq!(staged.chunk(), input);
        staged.advance(input.len());
    };
    burst();
    assert_eq!(measure(burst).count_total, 1);
}

#[test]
fn idle_chats_that_take_turns_allocate_nothing() {
    let request = b"5\r\nhello";
    let mut connections = [(); 2].map(|()| IdleChat::new(chat(Bytes::from_static(b"+OK\r\n"))));
    let mut turns = || {
        for connection in &mut connections {
            deliver_and_write(connection.wake(Duration::ZERO), request, request.len(), usize::MAX);
            assert!(connection.try_idle());
        }
    };
    turns();
    assert_eq!(measure(turns).count_total, 0);
}
