//! A protocol that waits: the pause of the input, and the timer.

use core::time::Duration;

use super::Channel;
use super::timer::Timer;

impl Channel {
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

    /// Delivers events again, after [`pause`](Self::pause). Events that were put off come first. Called from within the
    /// handler, from a call of a `Caller`, or by the owner of the chat through
    /// [`Chat::channel_mut`](crate::chat::Chat::channel_mut), after which
    /// [`Chat::wants_resume`](crate::chat::Chat::wants_resume) and [`Chat::wants_read`](crate::chat::Chat::wants_read) say
    /// what to do.
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
    /// The time is that of the driver's clock. It counts from the call of the handler in which the timer is set; if it
    /// is set through [`Chat::channel_mut`](crate::chat::Chat::channel_mut), from the next call of the chat. The timer
    /// runs until the connection is closing: also while the channel is [paused](Self::pause), while output waits above
    /// the high-water mark, and while the connection is idle.
    ///
    /// Bytes that arrived before the timer goes off are delivered before. It never goes off within another call of the
    /// handler. It goes off late if the task runs late, and on an asynchronous runtime by up to 1/64 of its time, since
    /// idle connections share their timers.
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

    pub(crate) fn timer(&self) -> Timer {
        self.timer
    }

    pub(crate) fn timer_mut(&mut self) -> &mut Timer {
        &mut self.timer
    }
}
