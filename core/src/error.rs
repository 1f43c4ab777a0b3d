use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

use crate::framing::End;
use crate::framing::FrameTooLong;

/// Any error: what a [`Handler`](crate::chat::Handler) or a [`Producer`](crate::output::Producer) fails with.
///
/// A handler may return an [`Error`] in the box. It is then used as it is, so that a handler can blame the peer:
/// `Err(Error::protocol("HELO expected").into())`.
pub type BoxError = Box<dyn core::error::Error + Send + Sync>;

/// Why a conversation failed, and whose fault it was.
///
/// The first error is the only one: it ends the conversation, and whatever is asked of it later gives the same error.
/// That is why it can be cloned; a cause is shared between the clones. Two errors are equal if they are of the same kind
/// and have the very same cause.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Error {
    /// The peer sent more before a delimiter than was allowed.
    FrameTooLong(FrameTooLong),
    /// The peer sent part of a frame, and the rest came at less than the minimum rate.
    SentTooSlowly,
    /// The peer took what it was sent at less than the minimum rate.
    ReadTooSlowly,
    /// The peer ended its stream within a frame.
    Truncated(End),
    /// The peer broke the protocol, as a handler judged it.
    Protocol(Cause),
    /// The handler failed.
    Handler(Cause),
    /// A producer of output failed.
    Producer(Cause),
    /// Reading or writing failed.
    Transport(Cause),
    /// The conversation was dropped before it had ended.
    Aborted,
}

/// Whose fault an [`Error`] was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Blame {
    /// The program at the other end.
    Peer,
    /// The handler of this end.
    Handler,
    /// A producer of this end's output.
    Producer,
    /// What lies between the two ends.
    Transport,
    /// Whoever drove the conversation and gave it up.
    Driver,
}

impl Error {
    /// The peer broke the protocol.
    pub fn protocol(cause: impl Into<BoxError>) -> Self {
        Self::Protocol(Cause::new(cause))
    }

    /// Reading or writing failed.
    pub fn transport(cause: impl Into<BoxError>) -> Self {
        Self::Transport(Cause::new(cause))
    }

    /// A producer failed.
    pub fn producer(cause: impl Into<BoxError>) -> Self {
        Self::Producer(Cause::new(cause))
    }

    /// What a handler returned: its own error, or one that it passed on.
    pub fn handler(cause: impl Into<BoxError>) -> Self {
        match cause.into().downcast::<Self>() {
            Ok(passed_on) => *passed_on,
            Err(own) => Self::Handler(Cause::new(own)),
        }
    }

    /// Whose fault it was.
    pub fn blame(&self) -> Blame {
        match self {
            Self::FrameTooLong(_)
            | Self::SentTooSlowly
            | Self::ReadTooSlowly
            | Self::Truncated(_)
            | Self::Protocol(_) => Blame::Peer,
            Self::Handler(_) => Blame::Handler,
            Self::Producer(_) => Blame::Producer,
            Self::Transport(_) => Blame::Transport,
            Self::Aborted => Blame::Driver,
        }
    }

    fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Protocol(cause) | Self::Handler(cause) | Self::Producer(cause) | Self::Transport(cause) => {
                Some(cause)
            }
            Self::FrameTooLong(_) | Self::SentTooSlowly | Self::ReadTooSlowly | Self::Truncated(_) | Self::Aborted => {
                None
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FrameTooLong(too_long) => too_long.fmt(f),
            Self::SentTooSlowly => f.write_str("the peer sent its frame too slowly"),
            Self::ReadTooSlowly => f.write_str("the peer read its output too slowly"),
            Self::Truncated(end) => write!(f, "the peer broke off: {end}"),
            Self::Protocol(cause) => write!(f, "the peer broke the protocol: {cause}"),
            Self::Handler(cause) => write!(f, "the handler failed: {cause}"),
            Self::Producer(cause) => write!(f, "a producer failed: {cause}"),
            Self::Transport(cause) => write!(f, "the transport failed: {cause}"),
            Self::Aborted => f.write_str("the conversation was dropped before it had ended"),
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

/// The kind is that of the cause where the transport failed, and else says whose fault it was: `InvalidData`,
/// `TimedOut` or `UnexpectedEof` for the peer, `ConnectionAborted` for a conversation given up, `Other` for this end.
#[cfg(feature = "std")]
impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        use std::io::ErrorKind;
        let kind = match &error {
            Error::FrameTooLong(_) | Error::Protocol(_) => ErrorKind::InvalidData,
            Error::SentTooSlowly | Error::ReadTooSlowly => ErrorKind::TimedOut,
            Error::Truncated(_) => ErrorKind::UnexpectedEof,
            Error::Aborted => ErrorKind::ConnectionAborted,
            Error::Handler(_) | Error::Producer(_) => ErrorKind::Other,
            Error::Transport(cause) => cause.as_error().downcast_ref::<Self>().map_or(ErrorKind::Other, Self::kind),
        };
        Self::new(kind, error)
    }
}

/// The error behind an [`Error`], shared between its clones.
#[derive(Clone)]
pub struct Cause(Arc<dyn core::error::Error + Send + Sync>);

impl Cause {
    fn new(cause: impl Into<BoxError>) -> Self {
        Self(Arc::from(cause.into()))
    }

    /// The error itself, to be displayed or downcast.
    pub fn as_error(&self) -> &(dyn core::error::Error + Send + Sync + 'static) {
        &*self.0
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
mod tests {
    use alloc::string::ToString;

    use super::*;

    // C4
    #[test]
    fn every_error_says_whose_fault_it_was() {
        let cases = [
            (Error::FrameTooLong(FrameTooLong::new(8)), Blame::Peer, "the peer sent a frame of more than 8 bytes"),
            (
                Error::Truncated(End::Short { missing: 3 }),
                Blame::Peer,
                "the peer broke off: the stream ended 3 bytes short of a counted frame",
            ),
            (Error::protocol("no verb"), Blame::Peer, "the peer broke the protocol: no verb"),
            (Error::handler("disk full"), Blame::Handler, "the handler failed: disk full"),
            (Error::producer("file gone"), Blame::Producer, "a producer failed: file gone"),
            (Error::transport("reset"), Blame::Transport, "the transport failed: reset"),
        ];
        for (error, blame, text) in cases {
            assert_eq!((error.blame(), error.to_string().as_str()), (blame, text));
        }
    }

    // C4
    #[test]
    fn a_handler_may_lay_the_blame_on_the_peer() {
        let returned: BoxError = Error::protocol("no verb").into();
        assert_eq!(Error::handler(returned).blame(), Blame::Peer);
    }

    // C4
    #[test]
    fn clones_are_equal_and_like_errors_are_not() {
        let error = Error::handler("disk full");
        assert_eq!(error, error.clone());
        assert_ne!(error, Error::handler("disk full"));
        assert_eq!(Error::SentTooSlowly, Error::SentTooSlowly);
        assert_ne!(Error::SentTooSlowly, Error::ReadTooSlowly);
    }

    #[cfg(feature = "std")]
    #[test]
    fn the_kind_of_an_io_error_survives_the_way_there_and_back() {
        use std::io;
        let there = Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(io::Error::from(there).kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(io::Error::from(Error::SentTooSlowly).kind(), io::ErrorKind::TimedOut);
    }
}
