use alloc::boxed::Box;

use crate::chat::channel::Channel;
use crate::error::{BoxError, Error};
use crate::framing::End;
use crate::framing::FrameTooLong;

/// A protocol: what to do with what comes in. The overridable half of asynchat's `async_chat`.
///
/// The calls come in this order, and none after [`handle_close`](Handler::handle_close):
///
/// ```text
/// handle_connect ( collect_incoming_data* (found_terminator | frame_too_long) )* collect_incoming_data* handle_eof? handle_close
/// ```
///
/// Every call but the last is given the [`Channel`], through which the handler pushes output, sets the next terminator
/// and closes. None of that blocks or calls back. The terminator is [`Terminator::None`](crate::framing::Terminator::None) to
/// begin with: set the first in `handle_connect`.
///
/// An error from any of them ends the conversation at once: what was queued is dropped, and `handle_close` is told. To
/// answer before closing, push the answer, call [`Channel::close_when_done`] and return `Ok`.
///
/// # Examples
///
/// ```
/// use asynchat_core::{Channel, Handler, BoxError};
///
/// /// Answers each line with the same in capitals.
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
    /// The connection is there. Set the first terminator, and greet if the protocol has the server speak first.
    ///
    /// # Errors
    ///
    /// Whatever makes the connection useless; as for all the calls, it ends the conversation.
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let _ = channel;
        Ok(())
    }

    /// Some bytes of the present frame, at least one. How a frame is cut into such pieces means nothing.
    ///
    /// # Errors
    ///
    /// BytePair the conversation.
    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError>;

    /// The frame is complete.
    ///
    /// # Errors
    ///
    /// BytePair the conversation.
    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError>;

    /// The frame has more bytes than [`Channel::max_frame_len`], of which exactly so many have been delivered.
    ///
    /// By default this fails the conversation, and the peer is to blame. Returning `Ok` skips the rest of the frame, its
    /// terminator included, and goes on with the next; setting a count or none takes the rest of it as that.
    ///
    /// # Errors
    ///
    /// BytePair the conversation.
    fn frame_too_long(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Err(Error::FrameTooLong(FrameTooLong::new(channel.max_frame_len())).into())
    }

    /// The peer has sent all it will send; held bytes have been delivered as data. It may still be reading.
    ///
    /// By default this closes when all output has been sent.
    ///
    /// # Errors
    ///
    /// BytePair the conversation.
    fn handle_eof(&mut self, end: End, channel: &mut Channel) -> Result<(), BoxError> {
        let _ = end;
        channel.close_when_done();
        Ok(())
    }

    /// The conversation is over: the last call, and the only one of its kind, whatever failed.
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
