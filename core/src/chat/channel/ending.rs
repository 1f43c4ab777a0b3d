//! The ways in which a protocol ends a connection, or its own half of one.

use super::timer::Timer;
use super::{Channel, Close};

impl Channel {
    /// Closes the connection when everything queued has been sent: a graceful shutdown. It waits for producers that are
    /// pending too. No further frame is delivered, not even one that was read already. After
    /// [`upgrade_when_done`](Self::upgrade_when_done) this takes the upgrade back: the connection closes. Takes the
    /// [timer](Self::set_timer) away; one that is set later goes off as long as output waits to be sent.
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
    /// [`PushError::Closing`](crate::output::PushError::Closing). The default of
    /// [`handle_eof`](crate::chat::Handler::handle_eof) then closes the connection. It also ends without a close when
    /// both directions have ended. Does nothing while the connection is closing.
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
    /// `handle_connect` is called again there, with a new channel: it sets the terminator, the limit of a frame and the
    /// timer again.
    ///
    /// [`close_when_done`](Self::close_when_done) and [`abort`](Self::abort) take the upgrade back. After one of them,
    /// this does nothing. After [`finish`](Self::finish), the stream is handed over with its write side shut down.
    ///
    /// # Line ends
    ///
    /// An LF that belongs to the line end of the request, under
    /// [`universal_newline`](crate::framing::Terminator::universal_newline), is not handed over if it was read. One
    /// that comes later is the first byte of the stream above.
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

    /// Returns whether the connection is closing or closed, or is about to be handed over: no further event is delivered,
    /// and no push is accepted.
    pub fn is_closing(&self) -> bool {
        !matches!(self.close, Close::No | Close::OutputLost)
    }

    /// Drops all input and output, and accepts no more: the connection is closed.
    pub(crate) fn closed(&mut self) {
        self.close = Close::Done;
        self.drop_buffers();
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
}
