//! Framing: what ends a frame, where it is found, and what comes out: events, or whole frames.
//!
//! Nothing here knows a queue or a handler.

mod carry;
mod delimiter;
mod delimiter_set;
mod event;
mod frame_too_long;
mod framer;
mod frames;
mod inbox;
mod input;
mod matcher;
mod pattern;
mod place;
mod scan;
mod step;
mod terminator;

pub use delimiter::{Delimiter, EmptyDelimiter};
pub use delimiter_set::{DelimiterSet, DelimiterSetError};
pub use event::{End, Event};
pub use frame_too_long::FrameTooLong;
pub use framer::Framer;
pub use frames::Frames;
pub use input::Input;
pub use terminator::Terminator;

pub(crate) use carry::Carry;
pub(crate) use frames::DEFAULT_MAX_LEN;
pub(crate) use inbox::Inbox;
pub(crate) use step::Step;
