use alloc::boxed::Box;

use crate::chat::channel::Channel;
use crate::error::{BoxError, Error};
use crate::framing::End;
use crate::framing::FrameTooLong;

/// A protocol: the methods that react to a connection. The part of asynchat's `async_chat` that a protocol overrides.
///
/// A [`Chat`](crate::chat::Chat) calls them in this order, and none after [`handle_close`](Handler::handle_close):
///
/// ```text
/// handle_connect ( collect_incoming_data* (found_terminator | frame_too_long frame_skipped) )* collect_incoming_data* handle_eof? handle_close
/// ```
///
/// `handle_timer`, `handle_timeout` and `handle_shutdown` may come between any two of them, up to the close.
///
/// Every method but the last gets the [`Channel`], through which the handler pushes output, sets the next terminator
/// and closes the connection. No method of the channel blocks or calls the handler. The first terminator is
/// [`Terminator::None`](crate::framing::Terminator::None): set another one in `handle_connect`.
///
/// A handler must not block either: with an asynchronous adapter it runs in the task of the connection. It defers a reply
/// that has to be waited for with `Channel::push_deferred`, and another task or thread sends it.
///
/// Backpressure acts between two calls: while the output costs more than the high-water mark, the peer's next event
/// waits. One call can push any number of bytes, so push an answer that may be large as a
/// [producer](Channel::push_with_producer). In the same way the handler has to bound what it keeps of a request.
///
/// An error from any method ends the connection at once: queued output is dropped, and `handle_close` gets the error.
/// To send an answer first, push it, call [`Channel::close_when_done`] and return `Ok`.
///
/// # Waiting for something else
///
/// A handler that needs an answer from elsewhere, such as a database, does not wait for it. There are two ways:
///
/// - It defers the reply: `Channel::push_deferred`. The next requests of the peer are delivered meanwhile, and the replies are
///   sent in the order of the requests, whichever is answered first.
/// - It pauses. The next request waits, so that at most one is in work for each connection.
///
/// To pause takes three steps:
///
/// 1. `found_terminator` calls [`Channel::pause`], and starts the work in a task or a thread. The peer's next request then
///    waits, and so does the peer (backpressure); the answers keep the order of the requests.
/// 2. The work calls back: it gives its result to [`Caller::call_when_ready`](crate::drive::Caller::call_when_ready), or
///    from a thread to [`Caller::call_blocking`](crate::drive::Caller::call_blocking). A server makes the caller:
///    [`Peer::caller`](crate::drive::Peer::caller).
/// 3. The call runs in the connection's own task, with the handler and the channel. It pushes the answer, and calls
///    [`Channel::resume`].
///
/// [`Caller`](crate::drive::Caller) has an example. While the handler waits, a [timer](Channel::set_timer) can bound the
/// wait.
///
/// # A ping at intervals
///
/// [`handle_timer`](Self::handle_timer) never comes within another call. Output keeps the order of the pushes: behind a
/// producer that has begun, a ping waits until the producer is exhausted. A handler that sends a body in pieces, each in a
/// call of its own, knows that it is within one, and sends the ping behind it:
///
/// ```
/// use std::time::Duration;
/// use asynchat_core::{BoxError, Channel, Handler};
///
/// const INTERVAL: Duration = Duration::from_secs(30);
///
/// #[derive(Default)]
/// struct Feed {
///     /// A body has begun and not ended.
///     in_body: bool,
///     /// The time for a ping came within a body.
///     owes_ping: bool,
/// }
///
/// impl Feed {
///     fn send_piece(&mut self, piece: Vec<u8>, is_last: bool, channel: &mut Channel) -> Result<(), BoxError> {
///         channel.push(piece)?;
///         self.in_body = !is_last;
///         if is_last && std::mem::take(&mut self.owes_ping) {
///             channel.push("PING\r\n")?;
///         }
///         Ok(())
///     }
/// }
///
/// impl Handler for Feed {
///     fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
///         channel.set_timer(Some(INTERVAL));
///         Ok(())
///     }
///
///     fn handle_timer(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
///         channel.set_timer(Some(INTERVAL));
///         if self.in_body {
///             self.owes_ping = true;
///             return Ok(());
///         }
///         Ok(channel.push("PING\r\n")?)
///     }
///     # fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
///     #     Ok(())
///     # }
///     # fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
///     #     Ok(())
///     # }
/// }
/// # use asynchat_core::{Chat, Config};
/// # use bytes::Buf;
/// # let mut chat = Chat::new(Feed::default(), Config::default());
/// # chat.handle_connect(Duration::ZERO)?;
/// # chat.call(Duration::ZERO, |feed, channel| feed.send_piece(b"one, ".to_vec(), false, channel))?;
/// # chat.poll_transmit(&mut std::task::Context::from_waker(std::task::Waker::noop())).advance(5);
/// # chat.handle_timeout(INTERVAL)?;
/// # chat.call(INTERVAL, |feed, channel| feed.send_piece(b"two\r\n".to_vec(), true, channel))?;
/// # let mut staged = chat.poll_transmit(&mut std::task::Context::from_waker(std::task::Waker::noop()));
/// # assert_eq!(staged.copy_to_bytes(staged.remaining()), "two\r\nPING\r\n");
/// # chat.handle_timeout(2 * INTERVAL)?;
/// # assert_eq!(chat.poll_transmit(&mut std::task::Context::from_waker(std::task::Waker::noop())).chunk(), b"PING\r\n");
/// # Ok::<(), asynchat_core::Error>(())
/// ```
///
/// # Panics
///
/// A handler that panics is not called again: not even `handle_close`, only its `Drop`. The same holds if a producer of
/// the connection panics, and if a [`Chat`](crate::chat::Chat) is dropped while its thread unwinds. So a handler that
/// locks a poisoned mutex cannot panic within a panic, which would abort the process.
///
/// # Examples
///
/// ```
/// use asynchat_core::{Channel, Handler, BoxError};
///
/// /// Answers each line with the line in capitals.
/// #[derive(Default)]
/// struct Shout(Vec<u8>);
///
/// impl Handler for Shout {
///     fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
///         channel.set_terminator(b"\r\n");
///         Ok(())
///     }
///
///     fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
///         self.0.extend_from_slice(data);
///         Ok(())
///     }
///
///     fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
///         let mut line = std::mem::take(&mut self.0);
///         line.make_ascii_uppercase();
///         line.extend_from_slice(b"\r\n");
///         Ok(channel.push(line)?)
///     }
/// }
/// ```
pub trait Handler {
    /// Called when the connection is established. Sets the first terminator, and sends a greeting if the protocol has
    /// one.
    ///
    /// # Errors
    ///
    /// An error ends the connection.
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let _ = channel;
        Ok(())
    }

    /// Called with the next bytes of the frame, at least one. The boundaries of these pieces have no meaning.
    ///
    /// # Errors
    ///
    /// An error ends the connection.
    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError>;

    /// Called when the frame is complete.
    ///
    /// # Errors
    ///
    /// An error ends the connection.
    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError>;

    /// Called when the frame is longer than [`Channel::max_frame_len`], after exactly that many of its bytes were
    /// delivered.
    ///
    /// The default returns an error, and blames the peer. `Ok` skips the rest of the frame with its terminator; then
    /// [`frame_skipped`](Self::frame_skipped) is called, and the next frame follows. A handler that sets a count or no
    /// terminator here gets the rest of the frame as that.
    ///
    /// # Errors
    ///
    /// An error ends the connection.
    fn frame_too_long(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Err(Error::from(FrameTooLong::new(channel.max_frame_len())).into())
    }

    /// Called at the end of a frame for which [`frame_too_long`](Self::frame_too_long) has returned `Ok`. Not called if the
    /// handler has set a count or no terminator since, or if the stream ends before the frame.
    ///
    /// `len` is the length of the whole frame in bytes of data: those that were delivered and those that were skipped,
    /// without the delimiter. Bytes that [`Channel::discard_buffers`] has dropped do not count.
    ///
    /// The place to answer such a frame, and to set the terminator of the next one. A mail server that takes a message
    /// for one frame, instead of its lines, answers 552 here (RFC 5321 section 4.5.3.1.9), and reads commands again.
    ///
    /// The default does nothing.
    ///
    /// # Errors
    ///
    /// An error ends the connection.
    fn frame_skipped(&mut self, len: u64, channel: &mut Channel) -> Result<(), BoxError> {
        let _ = (len, channel);
        Ok(())
    }

    /// Called when the peer has ended its stream, after held bytes were delivered as data. The peer may still read
    /// (half-close).
    ///
    /// The default closes the connection when all output is sent, deferred replies included.
    ///
    /// # Errors
    ///
    /// An error ends the connection.
    fn handle_eof(&mut self, end: End, channel: &mut Channel) -> Result<(), BoxError> {
        let _ = end;
        channel.close_when_done();
        Ok(())
    }

    /// Called when a limit of time has passed: the last word. An HTTP server answers 408 (RFC 9110 section 15.5.9), an
    /// SMTP server 421 (RFC 5321 section 3.8).
    ///
    /// To end the connection with an answer, push it, call [`Channel::close_when_done`] and return `Ok`. `Ok` without a
    /// close accepts the timeout: that clock starts again. A slow reader
    /// ([`Config::min_output_rate`](crate::chat::Config::min_output_rate)) would not read a last word, so its connection
    /// ends without this call.
    ///
    /// The default returns [`Error::Idle`] for [`Timeout::Idle`], and [`Error::SentTooSlowly`] for [`Timeout::Frame`].
    ///
    /// # Errors
    ///
    /// An error ends the connection.
    fn handle_timeout(&mut self, timeout: Timeout, channel: &mut Channel) -> Result<(), BoxError> {
        let _ = channel;
        Err(match timeout {
            Timeout::Idle => Error::Idle,
            Timeout::Frame => Error::SentTooSlowly,
        }
        .into())
    }

    /// Called once when the time that was set by [`Channel::set_timer`] has passed. It may set the timer again, push, close
    /// or [resume](Channel::resume).
    ///
    /// Never called within another call, nor while the connection is closing, unless the timer was set after the close. See
    /// [A ping at intervals](#a-ping-at-intervals).
    ///
    /// # Errors
    ///
    /// An error ends the connection.
    fn handle_timer(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let _ = channel;
        Ok(())
    }

    /// Called at most once, when the server shuts down (graceful shutdown). The handler may say a last word, and may
    /// finish what it is doing before it closes. The server aborts the connection when its drain timeout has passed.
    ///
    /// The default closes the connection when all output is sent, deferred replies included.
    ///
    /// # Errors
    ///
    /// An error ends the connection.
    fn handle_shutdown(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.close_when_done();
        Ok(())
    }

    /// Called last and exactly once, when the connection has ended, whatever failed. Not called after a panic, nor at an
    /// upgrade ([`Channel::upgrade_when_done`]), where the conversation goes on above.
    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        let _ = outcome;
    }
}

/// A limit of time that has passed: the argument of [`Handler::handle_timeout`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Timeout {
    /// The connection was idle for [`Config::idle_timeout`](crate::chat::Config::idle_timeout).
    Idle,
    /// A frame came more slowly than [`Config::min_input_rate`](crate::chat::Config::min_input_rate).
    Frame,
}

#[deny(clippy::missing_trait_methods, reason = "a handler behind a pointer has every method of the handler")]
impl<H: Handler + ?Sized> Handler for &mut H {
    forward_handler!(self => **self);
}

#[deny(clippy::missing_trait_methods, reason = "a handler behind a pointer has every method of the handler")]
impl<H: Handler + ?Sized> Handler for Box<H> {
    forward_handler!(self => **self);
}
