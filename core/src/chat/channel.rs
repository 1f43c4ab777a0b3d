use bytes::Bytes;

use crate::framing::Framer;
use crate::framing::HeldBytes;
use crate::framing::Input;
use crate::framing::Step;
use crate::framing::Terminator;
use crate::output::Producer;
use crate::output::{ProducerQueue, PushError};

/// A handler's end of the conversation: the other half of asynchat's `async_chat`, which a protocol calls.
///
/// Nothing here blocks, writes or calls the handler back. What is pushed leaves when the handler has returned; a
/// terminator that is set takes effect at the first byte that has not been delivered.
///
/// # Examples
///
/// ```
/// use asynchat_core::{Channel, PushError};
///
/// fn say_goodbye(channel: &mut Channel) -> Result<(), PushError> {
///     channel.push("221 Bye\r\n")?;
///     channel.close_when_done();
///     assert_eq!(channel.push("wait"), Err(PushError::Closing));
///     Ok(())
/// }
/// # struct Quiet;
/// # impl asynchat_core::Handler for Quiet {
/// #     fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), asynchat_core::BoxError> {
/// #         Ok(say_goodbye(channel)?)
/// #     }
/// #     fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), asynchat_core::BoxError> {
/// #         Ok(())
/// #     }
/// #     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), asynchat_core::BoxError> {
/// #         Ok(())
/// #     }
/// # }
/// # asynchat_core::Chat::new(Quiet, asynchat_core::Config::default()).handle_connect(std::time::Duration::ZERO).unwrap();
/// ```
#[derive(Debug)]
pub struct Channel {
    framer: Framer,
    queue: ProducerQueue,
    max_frame_len: usize,
    /// How much of the present frame has been delivered under a delimiter.
    frame_len: usize,
    /// The present frame was too long; what comes of it is dropped.
    skipping: bool,
    /// A frame was completed since this was asked last.
    completed: bool,
    /// The peer owes a frame, though it has not begun to send it.
    frame_expected: bool,
    close: Close,
}

/// All the state that an idle channel keeps.
#[derive(Debug)]
pub(crate) struct IdleState {
    terminator: Terminator,
    matched: usize,
    max_frame_len: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Close {
    No,
    WhenDone,
    Done,
}

/// What becomes of bytes that were held when the stream ended.
pub(crate) enum Last {
    Data(HeldBytes),
    Skipped,
    TooLong,
}

impl Channel {
    /// Sets what ends the frame, from the first byte that has not been delivered on: [`Framer::set_terminator`].
    ///
    /// asynchat's `set_terminator`; but a count of 0 is a count, and bytes held back under the old terminator do not
    /// wait for more to come.
    pub fn set_terminator(&mut self, terminator: impl Into<Terminator>) {
        self.framer.set_terminator(terminator);
        if !self.is_delimited() {
            self.frame_len = 0;
            self.skipping = false;
        }
        if *self.terminator() == Terminator::None {
            self.frame_expected = false;
        }
    }

    /// What ends the frame now: asynchat's `get_terminator`. A count shows how many bytes are still missing.
    pub fn terminator(&self) -> &Terminator {
        self.framer.terminator()
    }

    /// Which member of a [`Terminator::AnyOf`] fired last, counted from 0; 0 after any other terminator.
    pub fn matched(&self) -> usize {
        self.framer.matched()
    }

    /// Queues some bytes to be sent. Copies none of them now, and never copies a large chunk.
    ///
    /// # Errors
    ///
    /// [`PushError::Closing`] after [`close_when_done`](Self::close_when_done), and [`PushError::Closed`] after the
    /// close. The bytes are dropped.
    pub fn push(&mut self, data: impl Into<Bytes>) -> Result<(), PushError> {
        self.admit()?;
        self.queue.push(data)
    }

    /// Queues a copy of some bytes to be sent: the cheap way for small answers, which are copied where they leave from.
    /// They have no need to be [`Bytes`] first.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    ///
    /// # Complexity
    ///
    /// Linear in the bytes; amortised, nothing is allocated.
    pub fn push_slice(&mut self, data: &[u8]) -> Result<(), PushError> {
        self.admit()?;
        self.queue.push_slice(data)
    }

    /// Queues a producer, which is asked for more only as the peer takes what there is.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    pub fn push_with_producer(&mut self, producer: impl Producer + Send + 'static) -> Result<(), PushError> {
        self.admit()?;
        self.queue.push_with_producer(producer)
    }

    /// Closes the connection when all that has been queued is sent. No further frame is delivered, not even one that
    /// has been read already.
    pub fn close_when_done(&mut self) {
        if self.close == Close::No {
            self.close = Close::WhenDone;
        }
        self.queue.close_when_done();
    }

    /// Drops what is held back of the input, and the output and producers that have not been sent. The connection stays.
    ///
    /// Part of a chunk may have been sent already; the protocol has to know what that means to the peer.
    pub fn discard_buffers(&mut self) {
        self.framer.discard_held();
        self.queue.discard();
    }

    /// Says that the peer owes the next frame now, so that [`MinRate`](crate::chat::MinRate) counts from here. Otherwise it counts from
    /// the first byte of a frame, since a peer between two frames is merely idle.
    ///
    /// For the first request of a connection, and for a body whose head has come. Good until the frame is complete, or
    /// nothing ends a frame any more.
    pub fn expect_frame(&mut self) {
        self.frame_expected = true;
    }

    /// How many bytes a frame under a delimiter may have.
    pub fn max_frame_len(&self) -> usize {
        self.max_frame_len
    }

    /// Sets how many bytes a frame under a delimiter may have, the present one included unless it was too long already.
    pub fn set_max_frame_len(&mut self, max_frame_len: usize) {
        self.max_frame_len = max_frame_len;
    }

    /// How much waits to be sent, in bytes: [`ProducerQueue::queued`].
    pub fn queued(&self) -> usize {
        self.queue.queued()
    }

    /// Whether the connection is closing or closed, so that nothing can be pushed.
    pub fn is_closing(&self) -> bool {
        self.close != Close::No
    }

    pub(crate) fn new(max_frame_len: usize) -> Self {
        Self {
            framer: Framer::new(Terminator::None),
            queue: ProducerQueue::new(),
            max_frame_len,
            frame_len: 0,
            skipping: false,
            completed: false,
            frame_expected: false,
            close: Close::No,
        }
    }

    /// Takes the state that an idle channel keeps, or returns `None` if it is not idle.
    ///
    /// Leaves out that a frame was completed or that the queue was drained: only a running clock asks for that, and a
    /// chat whose clocks run is not idle.
    pub(crate) fn idle_state(&mut self) -> Option<IdleState> {
        let idle = self.close == Close::No
            && !(self.skipping || self.frame_expected)
            && self.frame_len == 0
            && self.framer.is_at_rest()
            && self.queue.is_idle();
        if !idle {
            return None;
        }
        let matched = self.matched();
        let framer = core::mem::replace(&mut self.framer, Framer::new(Terminator::None));
        Some(IdleState { terminator: framer.into_terminator(), matched, max_frame_len: self.max_frame_len })
    }

    /// Becomes the channel that had this idle state. `self` may have belonged to another connection.
    pub(crate) fn wake(&mut self, idle_state: IdleState) {
        self.framer = Framer::woken(idle_state.terminator, idle_state.matched);
        self.max_frame_len = idle_state.max_frame_len;
        self.completed = false;
        self.queue.take_drained();
    }

    pub(crate) fn queue(&self) -> &ProducerQueue {
        &self.queue
    }

    pub(crate) fn queue_mut(&mut self) -> &mut ProducerQueue {
        &mut self.queue
    }

    pub(crate) fn framer(&self) -> &Framer {
        &self.framer
    }

    pub(crate) fn framer_mut(&mut self) -> &mut Framer {
        &mut self.framer
    }

    /// Whether the peer owes bytes: it has begun a frame, or was said to owe one.
    pub(crate) fn is_owed(&self) -> bool {
        self.frame_expected || self.framer.is_mid_frame()
    }

    /// The close has come: nothing is kept, and nothing can be pushed.
    pub(crate) fn closed(&mut self) {
        self.close = Close::Done;
        self.discard_buffers();
    }

    /// The next step that the handler is to see, the limit on frames observed; and what was unread before it.
    #[inline]
    pub(crate) fn next_step<'i>(&mut self, input: &mut Input<'i>) -> (&'i [u8], Option<Step>) {
        if !self.skipping {
            let unread = input.remaining();
            let room = self.max_frame_len.saturating_sub(self.frame_len);
            if let Some(step) = self.framer.next_step_fast(input, room) {
                self.observe(step, true);
                return (unread, Some(step));
            }
            if let Some(step) = self.framer.next_step_of_count(input) {
                self.observe(step, false);
                return (unread, Some(step));
            }
        }
        self.search_next_step(input)
    }

    #[inline(never)]
    fn search_next_step<'i>(&mut self, input: &mut Input<'i>) -> (&'i [u8], Option<Step>) {
        loop {
            let unread = input.remaining();
            let delimited = self.is_delimited();
            let limit = if delimited && !self.skipping {
                self.max_frame_len.saturating_sub(self.frame_len)
            } else {
                usize::MAX
            };
            let step = match limit {
                usize::MAX => self.framer.next_step(input),
                limit => self.framer.next_step_within(input, limit),
            };
            let Some(step) = step else { return (unread, None) };
            let skipped = self.skipping;
            self.observe(step, delimited);
            if !skipped {
                return (unread, Some(step));
            }
        }
    }

    #[inline]
    fn observe(&mut self, step: Step, delimited: bool) {
        match step {
            Step::Terminator => {
                self.frame_len = 0;
                self.skipping = false;
                self.completed = true;
                self.frame_expected = false;
            }
            Step::TooLong => self.skipping = true,
            Step::Input { len } | Step::Carried { len, .. } | Step::Held { len, .. } if delimited => {
                self.frame_len = self.frame_len.saturating_add(len);
            }
            Step::Input { .. } | Step::Carried { .. } | Step::Held { .. } => {}
        }
    }

    /// Whether a frame was completed, be it one that was skipped, since this was asked last.
    pub(crate) fn take_completed(&mut self) -> bool {
        core::mem::take(&mut self.completed)
    }

    /// Takes what was held when the stream ended, the limit on frames observed.
    pub(crate) fn take_last(&mut self) -> Last {
        let held = self.framer.held();
        if self.skipping {
            self.framer.take_held(held);
            return Last::Skipped;
        }
        // Only delimiters hold anything back.
        let admitted = held.min(self.max_frame_len.saturating_sub(self.frame_len));
        if admitted == 0 {
            self.skipping = true;
            return Last::TooLong;
        }
        self.frame_len = self.frame_len.saturating_add(admitted);
        Last::Data(self.framer.take_held(admitted))
    }

    fn is_delimited(&self) -> bool {
        matches!(self.framer.terminator(), Terminator::Delimiter(_) | Terminator::AnyOf(_))
    }

    fn admit(&self) -> Result<(), PushError> {
        match self.close {
            Close::No => Ok(()),
            Close::WhenDone => Err(PushError::Closing),
            Close::Done => Err(PushError::Closed),
        }
    }
}
