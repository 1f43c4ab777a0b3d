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
/// handle_connect ( collect_incoming_data* (found_terminator | frame_too_long) )* collect_incoming_data* handle_eof? handle_close
/// ```
///
/// Every method but the last gets the [`Channel`], through which the handler pushes output, sets the next terminator
/// and closes the connection. No method of the channel blocks or calls the handler. The first terminator is
/// [`Terminator::None`](crate::framing::Terminator::None): set another one in `handle_connect`.
///
/// A handler must not block either: with an asynchronous adapter it runs in the task of the connection.
///
/// Backpressure acts between two calls: while the output costs more than the high-water mark, the peer's next event
/// waits. One call can push any number of bytes, so push an answer that may be large as a
/// [producer](Channel::push_with_producer). In the same way the handler has to bound what it keeps of a request.
///
/// An error from any method ends the connection at once: queued output is dropped, and `handle_close` gets the error.
/// To send an answer first, push it, call [`Channel::close_when_done`] and return `Ok`.
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
    /// The default returns an error, and blames the peer. `Ok` skips the rest of the frame with its terminator, and the
    /// next frame follows. A handler that sets a count or no terminator here gets the rest of the frame as that.
    ///
    /// # Errors
    ///
    /// An error ends the connection.
    fn frame_too_long(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Err(Error::FrameTooLong(FrameTooLong::new(channel.max_frame_len())).into())
    }

    /// Called when the peer has ended its stream, after held bytes were delivered as data. The peer may still read
    /// (half-close).
    ///
    /// The default closes the connection when all output is sent.
    ///
    /// # Errors
    ///
    /// An error ends the connection.
    fn handle_eof(&mut self, end: End, channel: &mut Channel) -> Result<(), BoxError> {
        let _ = end;
        channel.close_when_done();
        Ok(())
    }

    /// Called last and exactly once, when the connection has ended, whatever failed.
    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        let _ = outcome;
    }
}

macro_rules! delegate {
    ($($pointer:ty),*) => {$(
        impl<H: Handler + ?Sized> Handler for $pointer {
            fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
                (**self).handle_connect(channel)
            }

            fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
                (**self).collect_incoming_data(data, channel)
            }

            fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
                (**self).found_terminator(channel)
            }

            fn frame_too_long(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
                (**self).frame_too_long(channel)
            }

            fn handle_eof(&mut self, end: End, channel: &mut Channel) -> Result<(), BoxError> {
                (**self).handle_eof(end, channel)
            }

            fn handle_close(&mut self, outcome: Result<(), &Error>) {
                (**self).handle_close(outcome);
            }
        }
    )*};
}

delegate!(&mut H, Box<H>);
