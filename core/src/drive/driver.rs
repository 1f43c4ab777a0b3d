use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::task::{Context, Poll};

use crate::chat::{Chat, Handler, IdleChat};
use crate::drive::budget::{Budget, CALLS_PER_TURN};
use crate::drive::ended::Ended;
use crate::drive::judgement::{Held, LastCall};
use crate::drive::mailbox::Mailbox;
use crate::drive::transport::{Clock, Transport};
use crate::error::Error;
use crate::invariant::tail;

mod output;
#[cfg(test)]
mod tests;
mod turn;

use turn::Turn;

/// Drives a [`Chat`] over a [`Transport`]: the loop behind every adapter's `drive`. For adapters.
///
/// - Reading and writing go on at the same time.
/// - A task that has nothing to do is pending. The transport, the mailbox, a producer or the alarm wakes it.
/// - It never spins, and never holds the task for long: a turn has a budget in bytes and in calls of the handler, and is
///   given away through [`Transport::yield_now`] (fairness).
/// - It has no read buffer of its own: the caller lends one. It keeps input only while the queue is above its high-water
///   mark (backpressure), or while the channel is [paused](crate::chat::Channel::pause).
/// - While the chat is idle, an [`IdleChat`] gives back its memory.
///
/// # One round
///
/// ```text
/// handle_connect ▶ resume ▶ collect the mailbox ▶ write, flush, shut down ▶ collect ▶ read and deliver ▶ handle_timeout
///        ▲                                                      (or upgrade)                                 │
///        └────────────────────────────── while there is something to do at once ────────────────────────────┘
/// ```
///
/// This is the [run loop](Chat#the-run-loop) of [`Chat`], with a mailbox.
///
/// An event loop without tasks polls a driver when its socket is ready, when its waker was woken, and at the time that
/// its clock was given by [`Clock::poll_alarm`]. Then the transport and the clock need no waker: the one returns
/// `Pending` while its socket would block, and the other keeps the time.
///
/// Writing comes before reading, so that a transport whose calls block has sent its greeting before it waits for input. The
/// driver also reads while there is more to write; such a transport should return `Pending` from a read that comes after a
/// write.
///
/// Dropping the driver drops the chat, whose handler is given [`Error::Aborted`].
pub struct Driver<C, H: Handler> {
    clock: C,
    chat: IdleChat<H>,
    mailbox: Option<Mailbox<H>>,
    seldom: Option<Box<Seldom>>,
    held: Held,
}

/// The state that an idle connection has not. Boxed, since a driver is most of what such a connection consists of.
#[derive(Default)]
struct Seldom {
    undelivered: Option<Undelivered>,
    last_call: LastCall,
}

impl Seldom {
    fn undelivered(seldom: &Option<Box<Self>>) -> Option<&Undelivered> {
        seldom.as_ref()?.undelivered.as_ref()
    }

    /// Drops it if there is nothing in it.
    fn tidy(seldom: &mut Option<Box<Self>>) {
        let is_empty = |seldom: &Self| seldom.undelivered.is_none() && seldom.last_call.until().is_none();
        seldom.take_if(|seldom| is_empty(seldom));
    }
}

/// Input that was read and put off, since the queue was above its mark or the channel was paused.
struct Undelivered {
    bytes: Vec<u8>,
    /// The number of bytes that were delivered since.
    delivered: usize,
}

/// Shows lengths and states, and no byte (C20).
impl<C, H: Handler> fmt::Debug for Driver<C, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clock: _, chat, mailbox, seldom, held } = self;
        f.debug_struct("Driver")
            .field("chat", chat)
            .field("mailbox", mailbox)
            .field("undelivered", &Seldom::undelivered(seldom))
            .field("held", held)
            .finish_non_exhaustive()
    }
}

impl Undelivered {
    fn rest(&self) -> &[u8] {
        tail(&self.bytes, self.delivered)
    }
}

/// Shows lengths, and no byte that the peer sent.
impl fmt::Debug for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, delivered } = self;
        f.debug_struct("Undelivered").field("len", &bytes.len()).field("delivered", delivered).finish()
    }
}

impl<C: Clock, H: Handler> Driver<C, H> {
    /// Makes a driver of a chat that has not begun.
    pub fn new(clock: C, chat: Chat<H>) -> Self {
        Self { clock, chat: IdleChat::new(chat), mailbox: None, seldom: None, held: Held::default() }
    }

    /// Makes a driver with a mailbox, through which others push to the connection and call its handler.
    pub fn with_mailbox(clock: C, chat: Chat<H>, mailbox: Mailbox<H>) -> Self {
        Self { mailbox: Some(mailbox), ..Self::new(clock, chat) }
    }

    /// Does everything that can be done now. Ready when the conversation is over, with its outcome; at an upgrade
    /// ([`Channel::upgrade_when_done`](crate::chat::Channel::upgrade_when_done)) with everything that was read and not
    /// delivered. The caller adds the transport to these parts: [`Ended::map_stream`].
    ///
    /// The transport has to be the same in all calls.
    ///
    /// `read_buffer` may have any length and content. It grows to
    /// [`Config::read_size`](crate::chat::Config::read_size). Its content does not matter after the call, so that one
    /// buffer serves all the connections of a thread.
    pub fn poll(
        &mut self,
        cx: &mut Context<'_>,
        transport: &mut impl Transport,
        read_buffer: &mut Vec<u8>,
    ) -> Poll<Result<Ended<()>, Error>> {
        self.poll_turn(cx, transport, read_buffer, true)
    }

    /// Does what [`poll`](Self::poll) does, for a caller that cannot hand its transport over: an upgrade ends the
    /// connection with an error that blames the handler.
    pub fn poll_without_upgrade(
        &mut self,
        cx: &mut Context<'_>,
        transport: &mut impl Transport,
        read_buffer: &mut Vec<u8>,
    ) -> Poll<Result<(), Error>> {
        self.poll_turn(cx, transport, read_buffer, false).map_ok(drop)
    }

    fn poll_turn(
        &mut self,
        cx: &mut Context<'_>,
        transport: &mut impl Transport,
        read_buffer: &mut Vec<u8>,
        can_upgrade: bool,
    ) -> Poll<Result<Ended<()>, Error>> {
        let Self { clock, chat, mailbox, seldom, held } = self;
        let now = clock.now();
        let awake = chat.wake(now);
        awake.limit_calls(CALLS_PER_TURN);
        awake.handle_wake(now);
        let mut turn = Turn {
            clock,
            now,
            is_now_current: true,
            chat: awake,
            mailbox,
            seldom,
            held,
            budget: Budget::default(),
            can_upgrade,
            is_timeout_known: false,
            is_mailbox_emptied: false,
        };
        let outcome = turn.poll(cx, transport, read_buffer);
        turn.record(&outcome);
        match &outcome {
            Poll::Pending => {
                chat.try_idle();
                Seldom::tidy(seldom);
            }
            // Entries of the mailbox are for the stream above, if that has an end of it too.
            Poll::Ready(Ok(Ended::Upgrade(_))) => *mailbox = None,
            Poll::Ready(_) => {}
        }
        outcome
    }

    /// Returns whether the output waits for a producer that is pending, and that wakes the task:
    /// [`Chat::is_output_pending`]. A blocking adapter asks it what may end a wait.
    pub fn is_output_pending(&self) -> bool {
        self.chat.is_output_pending()
    }

    /// Returns the clock. A blocking adapter asks it how long to wait.
    pub fn clock_mut(&mut self) -> &mut C {
        &mut self.clock
    }
}
