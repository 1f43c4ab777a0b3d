use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

use crate::framing::End;
use crate::framing::FrameTooLong;

/// Any error: the error type of a [`Handler`](crate::chat::Handler) and of a [`Producer`](crate::output::Producer).
///
/// A handler or a producer may return an [`Error`] in the box. That error then ends the connection unchanged, so that a
/// handler can blame the peer: `Err(Error::protocol("HELO expected").into())`.
pub type BoxError = Box<dyn core::error::Error + Send + Sync>;

/// The reason why a connection failed, and [who is to blame](Self::blame).
///
/// The first error of a [`Chat`](crate::chat::Chat) is final: it ends the connection, and every later call returns a
/// clone of it. Clones share the cause. Two errors are equal if they are of the same kind and share their cause.
///
/// `Display` does not include the cause; [`source`](core::error::Error::source) returns it. To print both, print the error
/// and then each `source`, as `anyhow`'s `{:#}` does.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Error {
    /// The peer sent a frame longer than [`Channel::max_frame_len`](crate::chat::Channel::max_frame_len).
    ///
    /// Boxed, since an error is in the result of each task, and seldom of this kind.
    FrameTooLong(Box<FrameTooLong>),
    /// The peer began a frame, and sent the rest below [`Config::min_input_rate`](crate::chat::Config::min_input_rate).
    SentTooSlowly,
    /// The peer took output below [`Config::min_output_rate`](crate::chat::Config::min_output_rate).
    ReadTooSlowly,
    /// The peer sent nothing between two frames for [`Config::idle_timeout`](crate::chat::Config::idle_timeout).
    Idle,
    /// The peer ended its stream in the middle of a frame.
    Truncated(End),
    /// The peer violated the protocol, as the handler decided.
    Protocol(Cause),
    /// The handler failed, or the code that asks a connection for frames.
    Handler(Cause),
    /// A producer of output failed.
    Producer(Cause),
    /// A read or a write failed. With the streams of an adapter the cause is a `std::io::Error`: `io_error` returns it.
    Transport(Cause),
    /// A value of the [`Config`](crate::chat::Config) is wrong. The call has done nothing, and the handler was not called.
    Config(Cause),
    /// The connection was aborted by this end, or dropped before its end.
    Aborted,
}

/// The party that is to blame for an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Blame {
    /// The program at the other end of the connection.
    Peer,
    /// The handler at this end, or the code that asks a connection for frames.
    Handler,
    /// A producer of output at this end.
    Producer,
    /// The network, or the stream, between the two ends.
    Transport,
    /// The code at this end that drove the connection: that aborted it, dropped it, or gave it a wrong config.
    Driver,
}

impl Error {
    /// Creates [`Error::Protocol`]: the peer violated the protocol.
    pub fn protocol(cause: impl Into<BoxError>) -> Self {
        Self::Protocol(Cause::new(cause))
    }

    /// Creates [`Error::Transport`]: a read or a write failed.
    pub fn transport(cause: impl Into<BoxError>) -> Self {
        Self::Transport(Cause::new(cause))
    }

    /// Converts the error that a producer returned: an [`Error`] stays as it is, any other becomes [`Error::Producer`].
    pub fn producer(cause: impl Into<BoxError>) -> Self {
        Self::passed_on(cause).unwrap_or_else(Self::Producer)
    }

    /// Converts the error that a handler returned: an [`Error`] stays as it is, any other becomes [`Error::Handler`].
    pub fn handler(cause: impl Into<BoxError>) -> Self {
        Self::passed_on(cause).unwrap_or_else(Self::Handler)
    }

    /// Returns the [`Error`] in the box, or else the cause of one.
    fn passed_on(cause: impl Into<BoxError>) -> Result<Self, Cause> {
        match cause.into().downcast::<Self>() {
            Ok(passed_on) => Ok(*passed_on),
            Err(own) => Err(Cause::new(own)),
        }
    }

    /// Creates [`Error::Config`]: a value of the config is wrong.
    pub(crate) fn config(cause: impl Into<BoxError>) -> Self {
        Self::Config(Cause::new(cause))
    }

    /// Returns who is to blame.
    pub fn blame(&self) -> Blame {
        match self {
            Self::FrameTooLong(_)
            | Self::SentTooSlowly
            | Self::ReadTooSlowly
            | Self::Idle
            | Self::Truncated(_)
            | Self::Protocol(_) => Blame::Peer,
            Self::Handler(_) => Blame::Handler,
            Self::Producer(_) => Blame::Producer,
            Self::Transport(_) => Blame::Transport,
            Self::Config(_) | Self::Aborted => Blame::Driver,
        }
    }

    /// Returns the error of the system, or of the stream, if a read or a write of the transport failed: for its
    /// [kind](std::io::Error::kind) and its [`raw_os_error`](std::io::Error::raw_os_error). The conversion into
    /// `std::io::Error` keeps only the kind.
    ///
    /// `None` for any other error, also for that of a handler or a producer whose own read or write failed, and for a
    /// transport whose errors are of another type.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::{self, ErrorKind};
    ///
    /// use asynchat_core::Error;
    ///
    /// let error = Error::from(io::Error::from(ErrorKind::BrokenPipe));
    /// assert_eq!(error.io_error().map(io::Error::kind), Some(ErrorKind::BrokenPipe));
    /// assert!(Error::Idle.io_error().is_none());
    /// ```
    #[cfg(feature = "std")]
    pub fn io_error(&self) -> Option<&std::io::Error> {
        match self {
            Self::Transport(cause) => cause.as_error().downcast_ref(),
            _ => None,
        }
    }

    /// Returns whether the peer has reset the connection. A system reports that once, to the first call that fails: if that
    /// was a write, a read finds an end that looks like a clean one. A write to a peer that has ended its stream before is
    /// told apart by the system: it breaks the pipe, and the end is a clean one.
    #[cfg(feature = "std")]
    pub(crate) fn is_reset(&self) -> bool {
        self.io_error().is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset)
    }

    /// Without `std`, a reset is not told from other errors.
    #[cfg(not(feature = "std"))]
    pub(crate) fn is_reset(&self) -> bool {
        false
    }

    /// Creates the error of a call that has taken longer than its own timeout: an [`Error::Transport`] of the kind
    /// `TimedOut`. For adapters whose calls block, and for code that races a call with a timer of its runtime.
    #[cfg(feature = "std")]
    pub fn call_timeout() -> Self {
        Self::transport(std::io::Error::new(std::io::ErrorKind::TimedOut, CallTimeout))
    }

    /// Returns whether a call has taken longer than its own timeout, such as the read timeout of a blocking connection. It
    /// has lost nothing, and can be made again.
    ///
    /// Other errors convert into the kind `TimedOut` too, and are final: a peer that was too slow or idle, and a system
    /// that has given the connection up. A loop that goes on after the kind would not end.
    #[cfg(feature = "std")]
    pub fn is_call_timeout(&self) -> bool {
        self.io_error().and_then(std::io::Error::get_ref).is_some_and(|inner| inner.is::<CallTimeout>())
    }

    fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Protocol(cause)
            | Self::Handler(cause)
            | Self::Producer(cause)
            | Self::Transport(cause)
            | Self::Config(cause) => Some(cause),
            Self::FrameTooLong(_)
            | Self::SentTooSlowly
            | Self::ReadTooSlowly
            | Self::Idle
            | Self::Truncated(_)
            | Self::Aborted => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FrameTooLong(too_long) => too_long.fmt(f),
            Self::SentTooSlowly => {
                f.write_str("timed out: the peer sent less than the minimum rate (Config::min_input_rate)")
            }
            Self::ReadTooSlowly => {
                f.write_str("timed out: the peer read less than the minimum rate (Config::min_output_rate)")
            }
            Self::Idle => f.write_str("timed out: the connection was idle (Config::idle_timeout)"),
            Self::Truncated(end) => end.fmt(f),
            Self::Protocol(_) => f.write_str("the peer violated the protocol"),
            Self::Handler(_) => f.write_str("the handler failed"),
            Self::Producer(_) => f.write_str("a producer failed"),
            Self::Transport(_) => f.write_str("the transport failed"),
            Self::Config(_) => f.write_str("the connection was given a wrong config"),
            Self::Aborted => f.write_str("the connection was aborted before its end"),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.cause().map(|cause| cause.as_error() as _)
    }
}

impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::FrameTooLong(one), Self::FrameTooLong(two)) => one == two,
            (Self::Truncated(one), Self::Truncated(two)) => one == two,
            _ if core::mem::discriminant(self) != core::mem::discriminant(other) => false,
            _ => match (self.cause(), other.cause()) {
                (Some(one), Some(two)) => Arc::ptr_eq(&one.0, &two.0),
                _ => true,
            },
        }
    }
}

#[cfg(feature = "std")]
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::transport(error)
    }
}

/// Keeps the kind of the cause if the transport failed. Otherwise the kind is `InvalidData`, `TimedOut` or
/// `UnexpectedEof` if the peer is to blame, `ConnectionAborted` if the connection was aborted, `InvalidInput` if
/// its config was wrong, and `Other` if this end is to blame otherwise.
#[cfg(feature = "std")]
impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        use std::io::ErrorKind;
        let kind = match &error {
            Error::FrameTooLong(_) | Error::Protocol(_) => ErrorKind::InvalidData,
            Error::SentTooSlowly | Error::ReadTooSlowly | Error::Idle => ErrorKind::TimedOut,
            Error::Truncated(_) => ErrorKind::UnexpectedEof,
            Error::Aborted => ErrorKind::ConnectionAborted,
            Error::Config(_) => ErrorKind::InvalidInput,
            Error::Handler(_) | Error::Producer(_) => ErrorKind::Other,
            Error::Transport(_) => error.io_error().map_or(ErrorKind::Other, Self::kind),
        };
        Self::new(kind, error)
    }
}

/// Distinguishes the timeout of a call from one of the system.
#[cfg(feature = "std")]
#[derive(Debug)]
struct CallTimeout;

#[cfg(feature = "std")]
impl fmt::Display for CallTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the call took longer than its timeout")
    }
}

#[cfg(feature = "std")]
impl core::error::Error for CallTimeout {}

/// The cause of an [`Error`]. Its clones share it.
#[derive(Clone)]
// One pointer and not two, so that an `Error` has 16 bytes. A runtime keeps room for the output of a task beside its future:
// with 24 bytes, the task of a `Drive` on tokio would take 256 bytes instead of 128.
pub struct Cause(Arc<BoxError>);

impl Cause {
    fn new(cause: impl Into<BoxError>) -> Self {
        Self(Arc::new(cause.into()))
    }

    /// Returns the underlying error, to display or downcast it.
    pub fn as_error(&self) -> &(dyn core::error::Error + Send + Sync + 'static) {
        &**self.0
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests;
