mod idle_state;
mod timer;

use core::fmt;
use core::time::Duration;

use bytes::Bytes;

use crate::framing::{Event, FrameLimit, Framer, Input, IntoTerminator, Span, Step, Terminator};
use crate::invariant::difference;
#[cfg(feature = "std")]
use crate::output::{Deferred, deferred};
use crate::output::{Producer, ProducerQueue, PushError};
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
    /// The bytes of data of the present frame, if that was too long: those that were delivered, and those that were skipped.
    skipped_len: u64,
    /// The end of a frame that was too long is the present step: see [`take_skipped`](Self::take_skipped).
    skipped_to_end: bool,
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
    /// The loop that delivers events has to look at the three fields above, or to start the timer: one flag, since it asks
    /// after each event.
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

/// Text for the output: `write!(channel, "250 {n}\r\n")` copies it once, as [`Channel::push_slice`] does, and allocates no
/// `String`.
///
/// A refused push is a [`fmt::Error`], which has no cause: [`Channel::push`] says why.
///
/// # Examples
///
/// ```
/// use std::fmt::Write;
/// use asynchat_core::{BoxError, Channel};
///
/// fn answer(queued: usize, channel: &mut Channel) -> Result<(), BoxError> {
///     write!(channel, "250 {queued} queued\r\n")?;
///     Ok(())
/// }
/// ```
impl fmt::Write for Channel {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_slice(text.as_bytes()).map_err(|_| fmt::Error)
    }
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
    /// The frames in a row that may end without a byte of input between them, after each of which the handler asks for
    /// another [`Count(0)`](Terminator::Count). More than any protocol needs; a thousand events take less than a
    /// millisecond.
    const MAX_EMPTY_FRAMES: u32 = 1024;

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

    /// Queues bytes to be sent: a `&'static str`, a `String`, a `Vec<u8>` or [`Bytes`]. Copies none of them now, and never
    /// copies a large chunk.
    ///
    /// Borrowed bytes do not compile here ("borrowed data escapes", "`data` must outlive `'static`"): copy them with
    /// [`push_slice`](Self::push_slice). For text that is formatted, there is `write!(channel, "250 {n}\r\n")`.
    ///
    /// ```compile_fail,E0521
    /// fn collect_incoming_data(data: &[u8], channel: &mut asynchat_core::Channel) {
    ///     let _ = channel.push(data);
    /// }
    /// ```
    ///
    /// # Large answers
    ///
    /// The queue refuses no push for its size. Backpressure acts between two events, so one event can queue any number
    /// of bytes. Push an answer that may be large, or whose length a peer chooses, as a
    /// [producer](Self::push_with_producer): it makes its output as the peer takes it. A chunk adds
    /// [`ProducerQueue::CHUNK_COST`] to [`queued`](Self::queued); many small answers are cheaper with
    /// [`push_slice`](Self::push_slice).
    ///
    /// # Errors
    ///
    /// [`PushError::Closing`] after [`close_when_done`](Self::close_when_done), [`finish`](Self::finish) and
    /// [`upgrade_when_done`](Self::upgrade_when_done), and [`PushError::Closed`] after the close, or when the output has
    /// ended. The bytes are dropped.
    pub fn push(&mut self, data: impl Into<Bytes>) -> Result<(), PushError> {
        match self.close {
            Close::No => self.queue.push(data),
            _ => self.refuse(),
        }
    }

    /// Queues a copy of some bytes to be sent. For small answers this is cheaper than [`push`](Self::push): no [`Bytes`] is
    /// made, and the bytes are copied once.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    ///
    /// # Complexity
    ///
    /// Linear in the bytes. Amortized, nothing is allocated.
    pub fn push_slice(&mut self, data: &[u8]) -> Result<(), PushError> {
        match self.close {
            Close::No => self.queue.push_slice(data),
            _ => self.refuse(),
        }
    }

    /// Queues a producer, which is asked for more only as the peer takes its output: backpressure. Use it for every
    /// answer that may be large.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    pub fn push_with_producer(&mut self, producer: impl Producer + Send + 'static) -> Result<(), PushError> {
        match self.close {
            Close::No => self.queue.push_with_producer(producer),
            _ => self.refuse(),
        }
    }

    /// Queues a reply that is sent later, from any task or thread: it keeps its place among the replies. What is pushed
    /// behind it waits for it, and input is read and delivered meanwhile.
    ///
    /// While this end owes the reply, the peer owes nothing: neither
    /// [`Config::min_output_rate`](crate::chat::Config::min_output_rate) nor
    /// [`Config::idle_timeout`](crate::chat::Config::idle_timeout) runs against it. No timeout bounds the wait; a reply that
    /// may never come needs one of its own, in the code that has the [`Deferred`].
    /// [`close_when_done`](Self::close_when_done) waits for the reply too.
    ///
    /// # Memory
    ///
    /// A reply adds [`ProducerQueue::DEFERRED_COST`] to [`queued`](Self::queued) while it waits, and its answer as much as a
    /// pushed one, from when it comes. So a peer that pipelines requests without end is held back at
    /// [`Config::high_water`](crate::chat::Config::high_water): with the default, after 1,638 requests that wait.
    ///
    /// The answers to these requests may exceed the mark together: 1,638 answers of 100 KB are 160 MB. Send a large answer
    /// with [`Deferred::send_producer`], which makes it as the peer takes it, or [pause](Self::pause) after fewer requests.
    /// The work that answers may keep a part of each request, such as its body: the mark does not bound that.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    #[cfg(feature = "std")]
    pub fn push_deferred(&mut self) -> Result<Deferred, PushError> {
        match self.close {
            Close::No => self.queue.push_deferred(),
            // If a write has failed, the answer is dropped.
            _ => self.refuse().map(|()| deferred().0),
        }
    }

    /// Closes the connection when everything queued has been sent: a graceful shutdown. It waits for producers that are
    /// pending too. No further frame is delivered, not even one that was read already. After
    /// [`upgrade_when_done`](Self::upgrade_when_done) this takes the upgrade back: the connection closes. Takes the [timer](Self::set_timer)
    /// away; one that is set later goes off as long as output waits to be sent.
    ///
    /// Works in the same way while the channel is [paused](Self::pause).
    pub fn close_when_done(&mut self) {
        if let Close::No | Close::OutputLost | Close::Upgrade = self.close {
            self.close = Close::WhenDone;
            self.needs_attention = true;
            self.timer = Timer::OFF;
        }
        self.queue.close_when_done();
    }

    /// Ends the output when everything queued has been sent, and goes on reading to the end of the peer's stream
    /// (half-close). The peer sees the end of its input: a program such as `sort` answers then.
    ///
    /// Events are delivered as before, and the idle timeout runs as before. A push is refused from now on:
    /// [`PushError::Closing`]. The default of [`handle_eof`](crate::chat::Handler::handle_eof) then closes the
    /// connection. It also ends without a close when both directions have ended. Does nothing while the connection is
    /// closing.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{BoxError, Channel, Handler};
    ///
    /// /// Sends lines, and collects them sorted.
    /// struct Sort(Vec<u8>);
    ///
    /// impl Handler for Sort {
    ///     fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
    ///         channel.push("b\na\n")?;
    ///         channel.finish();
    ///         Ok(())
    ///     }
    ///     fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
    ///         self.0.extend_from_slice(data);
    ///         Ok(())
    ///     }
    ///     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
    ///         Ok(())
    ///     }
    /// }
    /// # use std::time::Duration;
    /// # use asynchat_core::{Chat, Config, Input};
    /// # use bytes::Buf;
    /// # let mut chat = Chat::new(Sort(Vec::new()), Config::default());
    /// # let now = Duration::ZERO;
    /// # chat.handle_connect(now)?;
    /// # chat.poll_transmit(&mut std::task::Context::from_waker(std::task::Waker::noop())).advance(4);
    /// # assert!(chat.wants_shutdown());
    /// # chat.handle_shutdown(now);
    /// # assert!(!chat.wants_shutdown());
    /// # chat.handle_input(now, &mut Input::new(b"a\nb\n"))?;
    /// # chat.handle_eof(now)?;
    /// # assert_eq!(chat.outcome(), Some(Ok(())));
    /// # assert_eq!(chat.handler().0, b"a\nb\n");
    /// # Ok::<(), asynchat_core::Error>(())
    /// ```
    pub fn finish(&mut self) {
        if let Close::No | Close::OutputLost = self.close {
            self.ends_output = true;
            self.queue.close_when_done();
        }
    }

    /// Hands the stream over to another protocol when everything queued has been sent and flushed: STARTTLS, CONNECT,
    /// WebSocket. `drive` then returns the stream with everything that was read behind the present frame.
    ///
    /// No further byte is delivered, and none is read from the transport. A push is refused from now on. The output has
    /// to leave at [`Config::min_output_rate`](crate::chat::Config::min_output_rate), as always; the write side is not
    /// shut down, and nobody lingers. [`handle_close`](crate::chat::Handler::handle_close) is not called, since the
    /// conversation goes on above: drive `&mut handler`, and the same handler serves the stream above. Its
    /// `handle_connect` is called again there, with a new channel: it sets the terminator, the limit of a frame and the timer
    /// again.
    ///
    /// [`close_when_done`](Self::close_when_done) and [`abort`](Self::abort) take the upgrade back. After one of them,
    /// this does nothing. After [`finish`](Self::finish), the stream is handed over with its write side shut down.
    ///
    /// # Line ends
    ///
    /// An LF that belongs to the line end of the request, under
    /// [`universal_newline`](crate::framing::Terminator::universal_newline), is not handed over if it was read. One that comes
    /// later is the first byte of the stream above.
    ///
    /// # Security
    ///
    /// Bytes that were read behind the request are plaintext, and anyone on the way may have added them. A server must
    /// not take them for a part of the encrypted conversation (STARTTLS injection, CVE-2011-0411): refuse the connection
    /// if there are any.
    pub fn upgrade_when_done(&mut self) {
        if let Close::No | Close::OutputLost = self.close {
            self.close = Close::Upgrade;
            self.needs_attention = true;
            self.queue.close_when_done();
        }
    }

    /// Closes the connection at once: drops the queued output and all input. The outcome is
    /// [`Error::Aborted`](crate::Error::Aborted), for which the peer is not blamed. A driver resets a transport that
    /// has unsent output, so that the peer does not take what it has for all of it.
    pub fn abort(&mut self) {
        if self.close != Close::Done {
            // The chat drops the queue when it ends the connection: it has to see whether there was unsent output.
            self.close = Close::Aborted;
            self.needs_attention = true;
            self.timer = Timer::OFF;
        }
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

    /// Stops the delivery of events, from the next event on, even in the middle of an input: flow control by the handler
    /// (asyncio's `pause_reading`). For a handler that waits for something else, such as an answer of a database: see
    /// [Waiting for something else](crate::chat::Handler#waiting-for-something-else).
    ///
    /// While the channel is paused:
    ///
    /// - No event of the peer is delivered, and no more is read. The rest of the last read, at most
    ///   [`Config::read_size`](crate::chat::Config::read_size), is kept.
    /// - No clock of the peer's input runs: neither
    ///   [`min_input_rate`](crate::chat::Config::min_input_rate) nor [`idle_timeout`](crate::chat::Config::idle_timeout).
    ///   After [`resume`](Self::resume) the first goes on where it was, and the second starts anew.
    /// - Output is sent, and the peer has to take it: [`min_output_rate`](crate::chat::Config::min_output_rate).
    /// - [`handle_timer`](crate::chat::Handler::handle_timer), [`handle_shutdown`](crate::chat::Handler::handle_shutdown)
    ///   and calls of a `Caller` come as ever. Any of them may resume.
    /// - Closing and aborting work as ever. A drain timeout of the server aborts the connection.
    /// - The end of the peer's stream is delivered after `resume`. A reset is noticed, as far as the transport can tell;
    ///   the connection ends with that error a second later, and what has arrived is delivered if the handler resumes
    ///   before.
    ///
    /// A peer that waits is not told. It sends until the buffers of both systems are full. A handler that pauses for
    /// long sets a timer: the peer may have vanished.
    ///
    /// Does nothing if the channel is paused.
    pub fn pause(&mut self) {
        self.is_paused = true;
        self.needs_attention = true;
    }

    /// Delivers events again, after [`pause`](Self::pause). What was put off comes first. Called from within the handler,
    /// from a call of a `Caller`, or by the owner of the chat through
    /// [`Chat::channel_mut`](crate::chat::Chat::channel_mut), after which
    /// [`Chat::wants_resume`](crate::chat::Chat::wants_resume) and [`Chat::wants_read`](crate::chat::Chat::wants_read)
    /// say what to do.
    ///
    /// Does nothing if the channel is not paused.
    pub fn resume(&mut self) {
        self.is_paused = false;
    }

    /// Returns whether the delivery of events is [paused](Self::pause).
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Sets the timer of the connection: [`Handler::handle_timer`](crate::chat::Handler::handle_timer) is called once,
    /// after this time. There is one timer: setting it again replaces it, and `None` takes it away.
    ///
    /// The time is that of the driver's clock. It counts from the call of the handler in which the timer is set; if it is set
    /// through [`Chat::channel_mut`](crate::chat::Chat::channel_mut), from the next call of the chat. The timer runs until the
    /// connection is closing: also while the channel is [paused](Self::pause), while output waits above the high-water mark,
    /// and while the connection is idle.
    ///
    /// Bytes that arrived before the timer goes off are delivered before. It never goes off within another call of the
    /// handler. It goes off late if the task runs late, and on an asynchronous runtime by up to 1/64 of its time, since idle
    /// connections share their timers.
    ///
    /// For a connection with several timeouts, keep their deadlines in the handler, and set the timer to the earliest.
    ///
    /// # Examples
    ///
    /// A limit for a whole connection, however active its peer is. `min_input_rate` and `idle_timeout` limit a frame and
    /// a silence; this limits the session:
    ///
    /// ```
    /// use std::time::Duration;
    /// use asynchat_core::{BoxError, Channel, Handler};
    ///
    /// struct Session;
    ///
    /// impl Handler for Session {
    ///     fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
    ///         channel.set_timer(Some(Duration::from_secs(10 * 60)));
    ///         Ok(())
    ///     }
    /// #     fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
    /// #         Ok(())
    /// #     }
    /// #     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
    /// #         Ok(())
    /// #     }
    ///     fn handle_timer(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
    ///         channel.push("421 this session has lasted for 10 minutes\r\n")?;
    ///         channel.close_when_done();
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut chat = asynchat_core::Chat::new(Session, asynchat_core::Config::default());
    /// chat.handle_connect(Duration::ZERO)?;
    /// chat.handle_timeout(Duration::from_secs(10 * 60))?;
    /// assert!(chat.channel().is_closing());
    /// # Ok::<(), asynchat_core::Error>(())
    /// ```
    pub fn set_timer(&mut self, after: Option<Duration>) {
        self.timer = after.map_or(Timer::OFF, Timer::after);
        self.needs_attention = true;
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

    /// Returns what the output that waits to be sent costs in memory, in bytes: [`ProducerQueue::queued`].
    pub fn queued(&self) -> usize {
        self.queue.queued()
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

    /// Returns whether the connection is closing or closed, or is about to be handed over: no further event is delivered,
    /// and no push is accepted.
    pub fn is_closing(&self) -> bool {
        !matches!(self.close, Close::No | Close::OutputLost)
    }

    pub(crate) fn new(max_frame_len: usize) -> Self {
        Self {
            framer: Framer::new(Terminator::None),
            queue: ProducerQueue::new(),
            limit: FrameLimit::new(max_frame_len),
            skipped_len: 0,
            skipped_to_end: false,
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

    pub(crate) fn timer(&self) -> Timer {
        self.timer
    }

    pub(crate) fn timer_mut(&mut self) -> &mut Timer {
        &mut self.timer
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

    /// Returns whether the peer owes bytes: it has begun a frame, or owes one by [`expect_frame`](Self::expect_frame).
    pub(crate) fn is_owed(&self) -> bool {
        self.frame_expected || self.framer.is_mid_frame()
    }

    /// Drops all input and output, and accepts no more: the connection is closed.
    pub(crate) fn closed(&mut self) {
        self.close = Close::Done;
        self.drop_buffers();
    }

    /// A write has failed: drops the output, and accepts and drops what is pushed from now on. The handler is given the
    /// input that has arrived as usual.
    pub(crate) fn lose_output(&mut self) {
        if self.close == Close::No {
            self.close = Close::OutputLost;
        }
        self.sent_before = self.sent();
        // A new queue, since one whose producer has failed would stay failed.
        self.queue = ProducerQueue::new();
    }

    /// Returns whether [`close_when_done`](Self::close_when_done) was called, and the chat has not ended yet.
    pub(crate) fn closes_when_done(&self) -> bool {
        self.close == Close::WhenDone
    }

    /// Returns whether [`upgrade_when_done`](Self::upgrade_when_done) was called, and the chat has not ended yet.
    pub(crate) fn is_upgrading(&self) -> bool {
        self.close == Close::Upgrade
    }

    /// Returns whether [`finish`](Self::finish) was called.
    pub(crate) fn ends_output(&self) -> bool {
        self.ends_output
    }

    /// Returns whether [`abort`](Self::abort) was called, and the chat has not ended yet.
    pub(crate) fn is_aborted(&self) -> bool {
        self.close == Close::Aborted
    }

    /// Returns whether something has changed that the loop which delivers events has to look at.
    #[inline(always)]
    pub(crate) fn needs_attention(&self) -> bool {
        self.needs_attention
    }

    /// Returns whether the input that was read and not delivered is to be dropped, and clears the request.
    pub(crate) fn take_discards_input(&mut self) -> bool {
        self.needs_attention = self.is_closing() || self.is_spinning() || self.is_paused;
        core::mem::take(&mut self.discards_input)
    }

    /// Drops the first `len` bytes of the input. An LF at its beginning may belong to the last line end.
    pub(crate) fn drop_input(&mut self, input: &mut Input<'_>, len: usize) {
        let is_any = len > 0 && !input.is_empty();
        let is_lf = is_any && self.framer.awaits_lf() && self.framer.take_lf(input);
        input.take(len.saturating_sub(is_lf.into()));
    }

    /// Returns input that was not delivered, without an LF that belongs to the last line end (F14).
    pub(crate) fn without_lf<'i>(&mut self, left_over: &'i [u8]) -> &'i [u8] {
        let mut input = Input::new(left_over);
        if !input.is_empty() && self.framer.awaits_lf() {
            self.framer.take_lf(&mut input);
        }
        input.remaining()
    }

    /// Returns whether the next event needs no further input, since the terminator was changed.
    pub(crate) fn has_event_without_input(&self) -> bool {
        self.framer.has_event_without_input()
    }

    /// Returns whether the handler keeps asking for frames that have no byte.
    pub(crate) fn is_spinning(&self) -> bool {
        self.empty_frames > Self::MAX_EMPTY_FRAMES
    }

    /// Notes that the next input has this many bytes that no earlier one had.
    pub(crate) fn input_arrived(&mut self, len: usize) {
        self.empty_frames = 0;
        self.received = self.received.saturating_add(len as u64);
    }

    fn drop_buffers(&mut self) {
        self.needs_attention = true;
        self.framer.drop_held();
        self.queue.discard();
    }

    /// Refuses a push, or drops it if a write has failed.
    #[cold]
    fn refuse(&self) -> Result<(), PushError> {
        match self.close {
            Close::OutputLost if self.ends_output => Err(PushError::Closing),
            Close::No | Close::OutputLost => Ok(()),
            Close::Upgrade | Close::WhenDone => Err(PushError::Closing),
            Close::Aborted | Close::Done => Err(PushError::Closed),
        }
    }

    /// Returns the next event for the handler, within the limit on frames, if the fast path of the framer has it.
    // Inlined into the loop of `State::deliver`: a line of 8 bytes costs a chat 146 instructions, and 195 otherwise.
    #[inline(always)]
    pub(crate) fn next_event_fast<'i>(&mut self, input: &mut Input<'i>) -> Option<Event<'i>> {
        if self.limit.is_skipping() {
            return None;
        }
        if let Some(event) = self.framer.next_event_fast(input, self.limit.room()) {
            match event {
                Event::Data(data) => self.limit.add(data.len()),
                Event::Terminator => self.end_frame(),
            }
            return Some(event);
        }
        let event = self.framer.next_count_event_fast(input)?;
        if event == Event::Terminator {
            self.end_frame();
            self.count_empty_frame(input.remaining_len());
        }
        Some(event)
    }

    /// Returns the next step for the handler, within the limit on frames. Skips what is left of a frame that was too
    /// long, up to its end: [`take_skipped`](Self::take_skipped).
    #[inline(never)]
    pub(crate) fn next_step(&mut self, input: &mut Input<'_>) -> Option<Step> {
        let whole = input.remaining_len();
        loop {
            let passed = difference(whole, input.remaining_len());
            let delimited = self.is_delimited();
            let skipped = self.limit.is_skipping();
            let limit = if delimited { self.limit.room() } else { usize::MAX };
            let step = self.framer.next_step(input, limit)?;
            self.observe(step, delimited);
            if matches!(step, Step::Terminator) && !delimited {
                self.count_empty_frame(input.remaining_len());
            }
            match step {
                Step::Terminator => self.skipped_to_end = skipped,
                Step::Data(Span::Input { len, .. } | Span::Held { len, .. }) if skipped => {
                    self.skipped_len = self.skipped_len.saturating_add(len as u64);
                    continue;
                }
                // While a frame is skipped, no limit holds.
                Step::Data(_) | Step::TooLong => {}
            }
            return Some(step.behind(passed));
        }
    }

    /// Returns the whole length of the frame that has ended with the last step, in bytes of data, if it was too long.
    pub(crate) fn take_skipped(&mut self) -> Option<u64> {
        core::mem::take(&mut self.skipped_to_end).then_some(self.skipped_len)
    }

    #[inline(always)]
    fn end_frame(&mut self) {
        self.limit.end_frame();
        self.completed |= self.last_completed;
        self.last_completed = true;
        self.frame_expected = false;
    }

    /// Notes that a count has ended its frame, which takes no byte, with this much input left.
    #[inline(always)]
    fn count_empty_frame(&mut self, left: usize) {
        let is_same = left == self.empty_frame_at;
        self.empty_frame_at = left;
        self.empty_frames = if is_same { self.empty_frames.saturating_add(1) } else { 1 };
        self.needs_attention |= self.is_spinning();
    }

    /// Notes a step that was taken, under a delimiter or not.
    #[inline]
    fn observe(&mut self, step: Step, delimited: bool) {
        match step {
            Step::Terminator => self.end_frame(),
            Step::TooLong => {
                self.skipped_len = self.limit.len() as u64;
                self.limit.exceed();
            }
            Step::Data(Span::Input { len, .. } | Span::Held { len, .. }) if delimited => self.limit.add(len),
            Step::Data(_) => {}
        }
    }

    /// Returns whether a request was completed, or skipped, since the last call.
    pub(crate) fn take_completed(&mut self) -> bool {
        core::mem::take(&mut self.completed) | core::mem::take(&mut self.last_completed)
    }

    /// Returns the next step in the bytes that were held at the end of the stream, which now are data, within the limit
    /// on frames.
    pub(crate) fn next_step_at_eof(&mut self) -> Option<Step> {
        let skipped = self.limit.is_skipping();
        let step = self.framer.take_held(self.limit.room())?;
        // Only delimiters hold bytes back.
        self.observe(step, true);
        (!skipped).then_some(step)
    }

    fn is_delimited(&self) -> bool {
        self.framer.terminator().is_delimited()
    }
}
