use core::time::Duration;
use core::{any, fmt};

use bytes::Bytes;

use crate::chat::{Charge, Config, RateClock};
use crate::drive::judgement::LastCall;
#[cfg(feature = "std")]
use crate::drive::mailbox::Mailbox;
use crate::drive::parts::Parts;
use crate::drive::transport::{Clock, Transport};
use crate::error::Error;
use crate::framing::{End, Event, Frames, IntoTerminator, ReceiveBuffer};
use crate::output::ProducerQueue;

mod ending;
#[cfg(feature = "std")]
mod handle;
mod judging;
mod marks;
mod outbox;
mod reading;
mod sending;

use ending::Ending;
use outbox::Outbox;

/// Frames or events on demand, and a queue of output: the pull-style counterpart of [`Driver`](crate::drive::Driver),
/// behind every adapter's `Connection`. For adapters.
///
/// - It is cancel-safe: a poll that returns `Pending` has lost nothing. Any other poll may come next.
/// - Output is sent while input is waited for, and input is read while output is, so that two peers that both send before
///   they read do not deadlock.
/// - It has no read buffer while it waits with no unread input.
/// - A caller that pushes although the queue was above its high-water mark gets no input before the queue is at or below
///   the low one: a peer that never reads cannot make it grow (backpressure). The queue has at most the mark and two
///   answers.
/// - So is one whose queue holds more than its share of a [`MemoryBudget`](crate::chat::MemoryBudget).
/// - Others push to it, close it and abort it through a [`ConnectionHandle`](crate::drive::ConnectionHandle): it collects
///   from its mailbox while it sends, and while it waits for input. A close and an abort end the input at once.
/// - A peer that takes the output at less than [`Config::min_output_rate`] is cut off, also while input is waited for.
/// - A producer that is pending is asked again once in each poll, and the peer owes nothing while it is waited for.
/// - It yields to other tasks, however fast the peer sends or reads: a turn has a budget in bytes and in frames, and is
///   given away through [`Transport::yield_now`] (fairness).
///
/// # States
///
/// Input and output fail and end separately: a peer that has stopped reading may have sent something worth reading. An
/// error of the transport is final on its own side. A reset by the peer is final on both, whichever side was told of it;
/// what had arrived comes first. [`Error::FrameTooLong`] and [`Error::Truncated`] are not errors of the
/// transport: reading goes on behind them. [`Error::ReadTooSlowly`] is final on both sides, since the transport is reset:
/// after what had arrived, the polls for input return it too. [`Error::Aborted`] is final on both sides at once: what had
/// arrived is dropped.
pub struct PollConnection<T, C> {
    transport: T,
    clock: C,
    config: Config,
    received: ReceiveBuffer,
    outbox: Outbox,
    read_failed: Option<Error>,
    ending: Ending,
    /// From here other tasks and threads push, once there is a handle.
    #[cfg(feature = "std")]
    mailbox: Option<Mailbox<()>>,
    /// The last look into the mailbox has left nothing.
    #[cfg(feature = "std")]
    is_mailbox_emptied: bool,
    /// Reading and writing are the business of two tasks, and neither waits for the other.
    is_split: bool,
    /// The end of the wait for the peer to close. Set once the write side is shut down.
    linger_until: Option<Duration>,
    /// The cost of the queue, as the memory budget knows it.
    charge: Charge,
    /// Output was pushed above the high-water mark, and the queue is not yet at or below the low one.
    paused: bool,
    /// The queue was above its mark when input was last polled for.
    was_above: bool,
    /// The queue was lent since then, to be pushed to.
    was_pushed: bool,
    /// The budget alone decides whether a look at the input may come before a poll: one check in place of five, each of
    /// which costs a short frame 5 %. Cleared by every call after which that may be different.
    may_look: bool,
    rate: RateClock,
    last_call: LastCall,
    /// The time before the transport was last asked to write.
    asked_at: Duration,
}

/// Shows the type of the transport, lengths and states, and no byte (C20).
impl<T, C> fmt::Debug for PollConnection<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollConnection")
            .field("transport", &format_args!("{}", any::type_name::<T>()))
            .field("received", &self.received)
            .field("outbox", &self.outbox)
            .field("read_failed", &self.read_failed)
            .field("ending", &self.ending)
            .field("linger_until", &self.linger_until)
            .finish_non_exhaustive()
    }
}

impl<T: Transport, C: Clock> PollConnection<T, C> {
    /// Makes a connection at the beginning of a stream. [`Config::max_frame_len`] bounds whole frames.
    ///
    /// If the config does not pass [`Config::check`], every poll returns [`Error::Config`].
    pub fn new(transport: T, clock: C, terminator: impl IntoTerminator, config: Config) -> Self {
        let received = ReceiveBuffer::with_max_len(terminator, config.max_frame_len);
        let wrong_config = config.check().err().map(Error::from);
        let mut outbox = Outbox::new(config.stage_budget());
        if let Some(error) = wrong_config.clone() {
            outbox.fail(error);
        }
        Self {
            transport,
            clock,
            outbox,
            config,
            received,
            read_failed: wrong_config,
            ending: Ending::No,
            #[cfg(feature = "std")]
            mailbox: None,
            #[cfg(feature = "std")]
            is_mailbox_emptied: true,
            is_split: false,
            linger_until: None,
            charge: Charge::default(),
            paused: false,
            was_above: false,
            was_pushed: false,
            may_look: false,
            rate: RateClock::default(),
            last_call: LastCall::default(),
            asked_at: Duration::ZERO,
        }
    }

    /// Makes a connection in mid-stream: another layer has read ahead, and `unread` is what it read. That comes first.
    pub fn with_unread(transport: T, clock: C, unread: &[u8], terminator: impl IntoTerminator, config: Config) -> Self {
        let mut connection = Self::new(transport, clock, terminator, config);
        connection.received.extend_from_slice(unread);
        connection
    }

    /// Returns the event that was found.
    #[inline]
    pub fn event(&self) -> Event<'_> {
        self.received.event()
    }

    /// Returns the frame that was found.
    #[inline]
    pub fn frame(&self) -> &[u8] {
        self.received.frame()
    }

    /// Returns the frame that was found, owned: [`ReceiveBuffer::next_frame_owned`] says what is copied.
    pub fn frame_owned(&mut self) -> Bytes {
        self.received.frame_owned()
    }

    /// Returns the frame that was found, or, if none was, what has come of the next one: after an error, or after a
    /// poll that was abandoned; and the first bytes of a frame that was too long, up to the limit. The bytes that are
    /// held back as the possible beginning of the delimiter are not in it. A frame that [`frame_owned`](Self::frame_owned)
    /// has returned is not shown again.
    pub fn partial(&self) -> &[u8] {
        self.received.frame()
    }

    /// Sets the most bytes of data that a frame may have, from the present frame on.
    pub fn set_max_frame_len(&mut self, max_len: usize) {
        self.received.frames.set_max_frame_len(max_len);
    }

    /// Drops the input that was read and not handed out. If it ends in the middle of a frame, the rest of that frame is
    /// skipped when it comes. The terminator stays.
    pub fn discard_input(&mut self) {
        self.received.discard_input();
    }

    /// Returns the framing, mutably: to change the terminator.
    pub fn frames_mut(&mut self) -> &mut Frames {
        self.received.frames_mut()
    }

    /// Returns the framing.
    pub fn frames(&self) -> &Frames {
        &self.received.frames
    }

    /// Returns the output queue, mutably.
    pub fn queue_mut(&mut self) -> &mut ProducerQueue {
        (self.was_pushed, self.may_look) = (true, false);
        &mut self.outbox.queue
    }

    /// Returns the output queue.
    pub fn queue(&self) -> &ProducerQueue {
        &self.outbox.queue
    }

    /// Returns how the stream ended, once all of it was handed out.
    pub fn end(&self) -> Option<End> {
        self.received.end()
    }

    /// Returns how many bytes were read and not handed out.
    pub fn unread(&self) -> usize {
        self.received.unread()
    }

    /// Returns the bounds that it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns whether another task or thread may wake the one that polls: through a handle, or for a producer that is
    /// pending. For an adapter without tasks, whose thread has to be ready for that before it waits.
    pub fn is_woken_by_others(&self) -> bool {
        self.has_mailbox() || self.outbox.queue.is_pending()
    }

    /// Returns the transport.
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// Returns the transport, mutably: for the settings of its stream. Reading or writing it breaks the framing.
    pub fn transport_mut(&mut self) -> &mut T {
        &mut self.transport
    }

    /// Returns the clock. A blocking adapter asks it how long to wait.
    pub fn clock_mut(&mut self) -> &mut C {
        &mut self.clock
    }

    /// Takes the connection apart: the transport, the input that was not handed out, and the output that was not written.
    pub fn into_parts(mut self) -> Parts<T> {
        self.collect_rest();
        let unread = self.received.take_unread();
        Parts::new(self.transport, unread.into(), core::mem::take(&mut self.outbox.queue))
    }

    /// Changes when input was read, or ended: for a comparison.
    #[cfg(feature = "std")]
    pub(crate) fn input_mark(&self) -> impl PartialEq + use<T, C> {
        (self.received.unread(), self.received.wants_read(), self.read_failed.is_some(), self.ending)
    }

    /// Changes when output was written, flushed, ended or given up: for a comparison.
    #[cfg(feature = "std")]
    pub(crate) fn output_mark(&self) -> impl PartialEq + use<T, C> {
        self.outbox.mark()
    }

    /// Lets two tasks read and write, or one again: input is no longer held back by output, which is the other's business.
    #[cfg(feature = "std")]
    pub(crate) fn set_split(&mut self, is_split: bool) {
        self.is_split = is_split;
    }
}
