//! Framing: what ends a frame, where it is found, and what comes out: events, or whole frames.
//!
//! Nothing here knows a queue or a handler.

mod delimiter;
mod delimiter_set;
mod event;
mod framer;
mod frames;
mod held_bytes;
mod input;
mod limit;
mod pattern;
mod receive_buffer;
mod search;
mod span;
mod terminator;

pub use delimiter::{Delimiter, EmptyDelimiter};
pub use delimiter_set::{DelimiterSet, DelimiterSetError};
pub use event::{End, Event};
pub use framer::Framer;
pub use frames::Frames;
pub use input::Input;
pub use limit::FrameTooLong;
pub use receive_buffer::ReceiveBuffer;
pub use terminator::Terminator;

pub(crate) use limit::{DEFAULT_MAX_LEN, FrameLimit};
pub(crate) use span::{Span, Step};
