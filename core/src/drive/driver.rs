use alloc::boxed::Box;
use alloc::vec::Vec;
use core::task::{Context, Poll};

use crate::chat::Chat;
use crate::chat::Handler;
use crate::drive::mailbox::Mailbox;
use crate::drive::transport::{Clock, MAX_ROUNDS_PER_POLL, Transport, yield_now};
use crate::drive::writer::{Output, Sent, send};
use crate::error::{BoxError, Error};
use crate::framing::Input;
use crate::invariant::{difference, head, tail};
use crate::output::Transmit;

/// Drives a [`Chat`] over a [`Transport`]: the loop that the asynchronous adapters share. For adapters; their users call
/// `drive`.
///
/// It promises that reading and writing go on at the same time; that a task which has nothing to do is pending, and is
/// woken by the transport, the mailbox or the alarm; that it never spins and never holds the task for long; and that it
/// has no read buffer of its own: it reads into read_buffer space that the caller lends it, and keeps bytes only while the
/// queue is above its mark. While the conversation is idle, it [rests](Chat::rest).
///
/// # One round
///
/// ```text
/// tell the time ▶ resume what was put off ▶ collect the mailbox ▶ write, flush ▶ shut down ▶ read and deliver
///        ▲                                                                                       │
///        └──────────────── as long as there is something that can be done at once ───────────────┘
/// ```
///
/// Writing comes before reading: a transport whose calls block, and are never pending, has then sent its greeting before
/// it waits for input. Since there is reading even while there is more to write, such a transport should put a read off
/// for as long as it is given something to write.
///
/// Dropping it drops the chat, which tells its handler.
#[derive(Debug)]
pub struct Driver<C, H: Handler> {
    clock: C,
    chat: Chat<H>,
    mailbox: Option<Mailbox>,
    undelivered: Option<Box<Undelivered>>,
}

/// Input read while the queue was above its mark. Seldom there, and so not to take up space in every driver.
#[derive(Debug)]
struct Undelivered {
    bytes: Vec<u8>,
    /// How much of it has been delivered since.
    delivered: usize,
}

impl<C: Clock, H: Handler> Driver<C, H> {
    /// A driver of a chat that has not begun.
    pub fn new(clock: C, chat: Chat<H>) -> Self {
        Self { clock, chat, mailbox: None, undelivered: None }
    }

    /// The same with a mailbox, through which others push to the connection.
    pub fn with_mailbox(clock: C, chat: Chat<H>, mailbox: Mailbox) -> Self {
        Self { mailbox: Some(mailbox), ..Self::new(clock, chat) }
    }

    /// Does whatever can be done now. Ready when the conversation is over, with its outcome.
    ///
    /// The transport is the same in all calls. It is not the driver's own, so that a stream that must not be moved can be
    /// pinned where it is.
    ///
    /// `read_buffer` is space for reading, of any length and content; it is grown to
    /// [`Config::read_size`](crate::chat::Config::read_size). Nothing in it matters after the call, so that one serves all the
    /// connections of a thread.
    pub fn poll(
        &mut self,
        cx: &mut Context<'_>,
        transport: &mut impl Transport,
        read_buffer: &mut Vec<u8>,
    ) -> Poll<Result<(), Error>> {
        for _ in 0..MAX_ROUNDS_PER_POLL {
            let now = self.clock.now();
            self.chat.tell_time(now);
            // What these return is kept by the chat, which is asked for its outcome below.
            let _ = self.chat.handle_connect();
            self.resume();
            self.collect(cx);
            let sent = send(cx, transport, &mut self.chat);
            // What the mailbox had left, because the queue was above its mark, has nobody else to come back for it.
            let collected = self.collect(cx);
            let read = self.read(cx, transport, read_buffer);
            // Judged after reading: what had come in time is not held against the peer because this task was late.
            let _ = self.chat.handle_timeout(now);
            if let Some(outcome) = self.chat.outcome() {
                return Poll::Ready(outcome.map_err(Clone::clone));
            }
            let more =
                read || collected || (sent != Sent::Pending && self.chat.wants_write()) || self.chat.wants_resume();
            if !more && self.clock.poll_alarm(cx, self.chat.poll_timeout()).is_pending() {
                self.chat.rest();
                return Poll::Pending;
            }
        }
        yield_now(cx)
    }

    /// Returns the clock. A blocking adapter asks it how long to wait.
    pub fn clock_mut(&mut self) -> &mut C {
        &mut self.clock
    }

    /// Collects the mailbox, and says whether that has changed anything.
    fn collect(&mut self, cx: &Context<'_>) -> bool {
        let Some(mailbox) = &mut self.mailbox else { return false };
        // Up to the low mark only: the handler keeps the room above it, however much others push.
        let mark = self.chat.config().low_water;
        mailbox.poll_collect(self.chat.channel_mut(), mark, cx.waker()).is_ready()
    }

    fn resume(&mut self) {
        if !self.chat.wants_resume() {
            return;
        }
        let Some(undelivered) = &mut self.undelivered else {
            let _ = self.chat.handle_input(&mut Input::new(&[]));
            return;
        };
        let mut input = Input::new(tail(&undelivered.bytes, undelivered.delivered));
        let _ = self.chat.handle_input(&mut input);
        undelivered.delivered = difference(undelivered.bytes.len(), input.remaining().len());
        if input.is_empty() {
            self.undelivered = None;
        }
    }

    fn read(&mut self, cx: &mut Context<'_>, transport: &mut impl Transport, read_buffer: &mut Vec<u8>) -> bool {
        if !self.chat.wants_read() || self.undelivered.is_some() {
            return false;
        }
        let size = self.chat.config().read_size.max(1);
        if read_buffer.len() < size {
            read_buffer.resize(size, 0);
        }
        let (buffer, _) = read_buffer.split_at_mut(size);
        let Poll::Ready(result) = transport.poll_read(cx, buffer) else { return false };
        let _ = match result {
            Ok(0) => self.chat.handle_eof(),
            // A transport that says more than there is room for is wrong, and no reason to panic.
            Ok(len) => {
                let len = len.min(buffer.len());
                // The round may have waited, for a handler or for the processor: what begins here has all its time.
                self.chat.tell_time(self.clock.now());
                let mut input = Input::new(head(buffer, len));
                let result = self.chat.handle_input(&mut input);
                if !input.is_empty() {
                    self.undelivered = Some(Box::new(Undelivered { bytes: input.remaining().to_vec(), delivered: 0 }));
                }
                result
            }
            Err(error) => self.chat.handle_transport_error(error),
        };
        true
    }
}

impl<H: Handler> Output for Chat<H> {
    fn wants_write(&self) -> bool {
        self.wants_write()
    }

    fn transmit(&mut self) -> Transmit<'_> {
        self.poll_transmit()
    }

    fn is_unflushed(&self) -> bool {
        self.is_unflushed() && !self.is_closed()
    }

    fn set_unflushed(&mut self, unflushed: bool) {
        self.set_unflushed(unflushed);
    }

    fn wants_shutdown(&self) -> bool {
        self.wants_shutdown()
    }

    fn handle_shutdown(&mut self, error: Option<BoxError>) {
        self.handle_shutdown();
        if let Some(error) = error {
            // While lingering, an error of the transport is an end like any other.
            let _ = self.handle_transport_error(error);
        }
    }

    fn handle_write_error(&mut self, error: BoxError) {
        let _ = self.handle_transport_error(error);
    }
}

#[cfg(test)]
mod tests;
