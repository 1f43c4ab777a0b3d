use alloc::boxed::Box;
use alloc::vec::Vec;
use core::task::{Context, Poll};
use core::time::Duration;

use bytes::Buf;

use crate::chat::{Chat, Handler, IdleChat};
use crate::drive::mailbox::Mailbox;
use crate::drive::transport::{Clock, MAX_ROUNDS_PER_POLL, MAX_WRITES_PER_ROUND, Transport, write_zero, yield_now};
use crate::error::Error;
use crate::framing::Input;
use crate::invariant::{difference, head, tail};

/// Drives a [`Chat`] over a [`Transport`]: the loop that the asynchronous adapters share. For adapters; their users call
/// `drive`.
///
/// It promises that reading and writing go on at the same time; that a task which has nothing to do is pending, and is
/// woken by the transport, the mailbox or the alarm; that it never spins and never holds the task for long; and that it
/// has no read buffer of its own: it reads into read_buffer space that the caller lends it, and keeps bytes only while the
/// queue is above its mark. While the chat is idle, an [`IdleChat`] gives back its memory.
///
/// # One round
///
/// ```text
/// handle_connect ▶ resume ▶ collect the mailbox ▶ write, flush ▶ shut down ▶ read and deliver ▶ handle_timeout
///        ▲                                                                                           │
///        └────────────────── as long as there is something that can be done at once ─────────────────┘
/// ```
///
/// This is the [run loop](Chat#the-run-loop) of [`Chat`], with a mailbox.
///
/// Writing comes before reading: a transport whose calls block, and are never pending, has then sent its greeting before
/// it waits for input. Since there is reading even while there is more to write, such a transport should put a read off
/// for as long as it is given something to write.
///
/// Dropping it drops the chat, which tells its handler.
#[derive(Debug)]
pub struct Driver<C, H: Handler> {
    clock: C,
    chat: IdleChat<H>,
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
        Self { clock, chat: IdleChat::new(chat), mailbox: None, undelivered: None }
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
        let Self { clock, chat, mailbox, undelivered } = self;
        let now = clock.now();
        let awake = chat.wake(now);
        let outcome = Turn { clock, now, chat: awake, mailbox, undelivered }.poll(cx, transport, read_buffer);
        if outcome.is_pending() {
            chat.try_idle();
        }
        outcome
    }

    /// The clock: a blocking adapter asks it when to wake up.
    pub fn clock(&self) -> &C {
        &self.clock
    }
}

/// A [`Driver`] that is polled: its chat is awake.
struct Turn<'d, C, H: Handler> {
    clock: &'d mut C,
    /// The time at which the round began, before the transport was asked: the peer is judged by it at the end.
    now: Duration,
    chat: &'d mut Chat<H>,
    mailbox: &'d mut Option<Mailbox>,
    undelivered: &'d mut Option<Box<Undelivered>>,
}

impl<C: Clock, H: Handler> Turn<'_, C, H> {
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        transport: &mut impl Transport,
        read_buffer: &mut Vec<u8>,
    ) -> Poll<Result<(), Error>> {
        for _ in 0..MAX_ROUNDS_PER_POLL {
            // What these return is kept by the chat, which is asked for its outcome below.
            let _ = self.chat.handle_connect(self.now);
            self.resume();
            self.collect(cx);
            let writable = self.write(cx, transport);
            // What the mailbox had left, because the queue was above its mark, has nobody else to come back for it.
            let collected = self.collect(cx);
            self.shut_down(cx, transport);
            let read = self.read(cx, transport, read_buffer);
            // After reading: a peer whose bytes had arrived in time is not cut off because this task is late.
            let _ = self.chat.handle_timeout(self.now);
            if let Some(outcome) = self.chat.outcome() {
                return Poll::Ready(outcome.map_err(Clone::clone));
            }
            let more = read || collected || (writable && self.chat.wants_write()) || self.chat.wants_resume();
            if !more && self.clock.poll_alarm(cx, self.chat.poll_timeout()).is_pending() {
                return Poll::Pending;
            }
            self.now = self.clock.now();
        }
        yield_now(cx)
    }

    /// Collects the mailbox, and says whether that has changed anything.
    fn collect(&mut self, cx: &Context<'_>) -> bool {
        let Some(mailbox) = self.mailbox else { return false };
        // Up to the low mark only: the handler keeps the room above it, however much others push.
        let mark = self.chat.config().low_water;
        mailbox.poll_collect(self.chat.channel_mut(), mark, cx.waker()).is_ready()
    }

    fn resume(&mut self) {
        if !self.chat.wants_resume() {
            return;
        }
        let Some(undelivered) = self.undelivered else {
            let _ = self.chat.handle_input(self.now, &mut Input::new(&[]));
            return;
        };
        let mut input = Input::new(tail(&undelivered.bytes, undelivered.delivered));
        let _ = self.chat.handle_input(self.now, &mut input);
        undelivered.delivered = difference(undelivered.bytes.len(), input.remaining().len());
        if input.is_empty() {
            *self.undelivered = None;
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
        // The round may have waited, for a handler or for the processor: what begins here has all its time.
        let now = self.clock.now();
        let _ = match result {
            Ok(0) => self.chat.handle_eof(now),
            // A transport that says more than there is room for is wrong, and no reason to panic.
            Ok(len) => {
                let len = len.min(buffer.len());
                let mut input = Input::new(head(buffer, len));
                let result = self.chat.handle_input(now, &mut input);
                if !input.is_empty() {
                    *self.undelivered = Some(Box::new(Undelivered { bytes: input.remaining().to_vec(), delivered: 0 }));
                }
                result
            }
            Err(error) => self.chat.handle_transport_error(error),
        };
        true
    }

    /// Writes what there is, and says whether the transport might have taken more.
    fn write(&mut self, cx: &mut Context<'_>, transport: &mut impl Transport) -> bool {
        let mut pending = false;
        for _ in 0..MAX_WRITES_PER_ROUND {
            if !self.chat.wants_write() || pending {
                break;
            }
            let mut output = self.chat.poll_transmit();
            if !output.has_remaining() {
                // A producer had nothing more, or has failed.
                continue;
            }
            match transport.poll_write(cx, &output) {
                Poll::Pending => pending = true,
                Poll::Ready(Ok(len)) if len > 0 => {
                    output.advance(len.min(output.remaining()));
                    self.chat.set_unflushed(true);
                }
                Poll::Ready(Ok(_)) => {
                    let _ = self.chat.handle_transport_error(write_zero());
                }
                Poll::Ready(Err(error)) => {
                    let _ = self.chat.handle_transport_error(error);
                }
            }
        }
        // A transport that takes no more will say when it does, and may forget to if it is flushed meanwhile: async-net's
        // sockets do. Nor would it be of use, since it is sending what it has.
        if !pending {
            self.flush(cx, transport);
        }
        !pending
    }

    fn flush(&mut self, cx: &mut Context<'_>, transport: &mut impl Transport) {
        if self.chat.is_unflushed()
            && !self.chat.is_closed()
            && let Poll::Ready(result) = transport.poll_flush(cx)
        {
            self.chat.set_unflushed(false);
            if let Err(error) = result {
                let _ = self.chat.handle_transport_error(error);
            }
        }
    }

    fn shut_down(&mut self, cx: &mut Context<'_>, transport: &mut impl Transport) {
        if !self.chat.wants_shutdown() || self.chat.is_unflushed() {
            return;
        }
        match transport.poll_shutdown(cx) {
            Poll::Pending => {}
            Poll::Ready(Ok(())) => self.chat.handle_shutdown(self.clock.now()),
            Poll::Ready(Err(error)) => {
                // All output has gone out before; that the peer is not there to see its end is no failure.
                self.chat.handle_shutdown(self.clock.now());
                let _ = self.chat.handle_transport_error(error);
            }
        }
    }
}

#[cfg(test)]
mod tests;
