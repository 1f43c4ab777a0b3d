mod delivery;
mod ending;
mod idle_state;
mod output;
mod pausing;
mod timer;

use core::time::Duration;

use crate::framing::{FrameLimit, Framer, IntoTerminator, Terminator};
use crate::output::ProducerQueue;
use idle_state::Counters;
pub(crate) use idle_state::IdleState;
use timer::Timer;

/// The methods that a protocol calls: the other half of asynchat's `async_chat`, beside
/// [`Handler`](crate::chat::Handler).
///
/// No method blocks, writes to the transport or calls the handler. Pushed data is sent after the handler has returned.
/// A terminator takes effect at the first byte that has not been delivered.
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
    /// For frames under a delimiter. Counts and none have no limit (L5).
    limit: FrameLimit,
    /// The length of a frame that was too long, if its end is the present step: see [`take_skipped`](Self::take_skipped).
    skipped: Option<u64>,
    /// A request was completed since the last [`take_completed`](Self::take_completed), not counting the last frame.
    completed: bool,
    /// The last frame was completed since then, and completed its request: no [`continue_request`](Self::continue_request).
    last_completed: bool,
    /// The peer owes a frame that it has not begun to send.
    frame_expected: bool,
    close: Close,
    /// [`finish`](Self::finish) was called: the write side is shut down when all output was sent.
    ends_output: bool,
    /// The input that was read and not delivered is to be dropped.
    discards_input: bool,
    /// No event is delivered until it is resumed.
    is_paused: bool,
    /// The loop that delivers events has to look whether the channel closes, drops input, is paused or asks for empty
    /// frames without end, or has to start the timer: one flag, since it asks after each event.
    needs_attention: bool,
    /// Counts of 0 in a row that ended their frames at the same place in the same input.
    empty_frames: u32,
    /// The bytes that were left in the input at the last of them.
    empty_frame_at: usize,
    /// See [`received`](Self::received).
    received: u64,
    /// See [`sent`](Self::sent): what the queue does not count. Wraps, as a queue may have counted for another connection.
    sent_before: u64,
    timer: Timer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Close {
    No,
    /// Not closing, but a write has failed: output is accepted and dropped.
    OutputLost,
    /// The stream is handed over when all output was sent.
    Upgrade,
    WhenDone,
    Aborted,
    Done,
}

impl Channel {
    /// Sets what ends the frame, from the first byte that has not been delivered: [`Framer::set_terminator`].
    ///
    /// asynchat's `set_terminator`, except that a count of 0 is a count, and that bytes held back under the old
    /// terminator are read again at once, and do not wait for more input.
    pub fn set_terminator(&mut self, terminator: impl IntoTerminator) {
        self.framer.set_terminator(terminator);
        if !self.is_delimited() {
            self.limit.end_frame();
        }
        if *self.terminator() == Terminator::None {
            self.frame_expected = false;
        }
    }

    /// Returns what ends the frame now: asynchat's `get_terminator`. A count shows how many bytes are still missing.
    pub fn terminator(&self) -> &Terminator {
        self.framer.terminator()
    }

    /// Returns which member of a [`Terminator::AnyOf`] matched last, counted from 0; 0 after any other terminator.
    pub fn matched(&self) -> usize {
        self.framer.matched()
    }

    /// Drops the input that was read and has not been delivered, and the output and producers that have not been sent.
    /// The connection stays.
    ///
    /// This includes what came in the same read behind the present frame. So a STARTTLS that is followed by injected
    /// plaintext, as in `STARTTLS\r\nRCPT TO:<evil>\r\n`, drops that plaintext.
    ///
    /// Part of a chunk may have been sent already. The protocol has to know what that means to the peer.
    pub fn discard_buffers(&mut self) {
        self.discards_input = true;
        self.drop_buffers();
    }

    /// Says that the peer owes the next frame now, so that [`MinRate`](crate::chat::MinRate) counts from here.
    /// Otherwise it counts from the first byte of a frame, since a peer between two frames is merely idle.
    ///
    /// For the first request of a connection, and for a body whose head has come: against a slowloris. Holds until the
    /// frame is complete, or the terminator is set to none.
    pub fn expect_frame(&mut self) {
        self.frame_expected = true;
    }

    /// Says that the next frame belongs to the same request as the one that was just completed, and that the peer owes
    /// it now: the clock of [`MinRate`](crate::chat::MinRate) goes on, instead of starting anew with each frame.
    ///
    /// For a request of many frames, such as the arguments of a Redis command: against a slowloris that sends one small
    /// frame within each grace period. Call it in [`found_terminator`](crate::chat::Handler::found_terminator). Holds
    /// until the next frame is complete.
    pub fn continue_request(&mut self) {
        self.last_completed = false;
        self.frame_expected = true;
    }

    /// Returns how many bytes a frame under a delimiter may have.
    pub fn max_frame_len(&self) -> usize {
        self.limit.max_len()
    }

    /// Sets how many bytes a frame under a delimiter may have, the present one included, unless that was too long
    /// already.
    ///
    /// A body that ends with a delimiter has this limit too, though it is streamed. For such a body set `usize::MAX`, and
    /// count its bytes in the handler.
    pub fn set_max_frame_len(&mut self, max_frame_len: usize) {
        self.limit.set_max_len(max_frame_len);
    }

    /// Returns how many bytes of the peer were read since the connection was established, delimiters included.
    ///
    /// While an event is delivered, all of the input that it came in counts. So does input that waits behind the high-water
    /// mark, and input that was dropped.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Returns how many bytes of output the transport has taken since the connection was established. The peer may not have
    /// read them yet.
    pub fn sent(&self) -> u64 {
        self.sent_before.wrapping_add(self.queue.consumed())
    }

    pub(crate) fn new(max_frame_len: usize) -> Self {
        Self {
            framer: Framer::new(Terminator::None),
            queue: ProducerQueue::new(),
            limit: FrameLimit::new(max_frame_len),
            skipped: None,
            completed: false,
            last_completed: false,
            frame_expected: false,
            close: Close::No,
            ends_output: false,
            discards_input: false,
            is_paused: false,
            needs_attention: false,
            empty_frames: 0,
            empty_frame_at: 0,
            received: 0,
            sent_before: 0,
            timer: Timer::OFF,
        }
    }

    /// Takes the state that an idle channel keeps, or returns `None` if it is not idle.
    ///
    /// Leaves out that a frame was completed or that the queue was drained: only a running clock asks for that, and a
    /// chat whose clocks run is not idle.
    pub(crate) fn idle_state(&mut self, idle_since: Duration) -> Option<IdleState> {
        let idle = self.close == Close::No
            && !(self.limit.is_skipping() || self.frame_expected)
            && self.limit.len() == 0
            && self.framer.is_idle()
            && self.queue.is_idle();
        if !idle {
            return None;
        }
        let counters = Counters {
            max_frame_len: self.max_frame_len(),
            framer_mark: self.framer.idle_mark()?,
            idle_since,
            received: self.received,
            sent: self.sent(),
            timer: self.timer,
        };
        counters.pack(|| core::mem::replace(&mut self.framer, Framer::new(Terminator::None)).into_terminator())
    }

    /// Becomes the channel that had this idle state, and returns since when it was idle. `self` may have belonged to
    /// another connection.
    pub(crate) fn wake(&mut self, idle_state: IdleState) -> Duration {
        let Counters { max_frame_len, framer_mark, idle_since, received, sent, timer } = idle_state.counters();
        self.timer = timer;
        self.framer = Framer::from_idle(idle_state.terminator, framer_mark);
        self.limit.set_max_len(max_frame_len);
        self.received = received;
        self.sent_before = sent.wrapping_sub(self.queue.consumed());
        self.take_completed();
        self.take_discards_input();
        self.empty_frames = 0;
        self.queue.take_drained();
        idle_since
    }

    pub(crate) fn framer(&self) -> &Framer {
        &self.framer
    }

    pub(crate) fn framer_mut(&mut self) -> &mut Framer {
        &mut self.framer
    }

    /// Returns whether the peer owes bytes: it has begun a frame, or owes one by [`expect_frame`](Self::expect_frame).
    pub(crate) fn is_owed(&self) -> bool {
        self.frame_expected || self.framer.is_mid_frame()
    }
}
