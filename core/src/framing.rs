//! Framing: bytes in; events or whole frames out. No queue and no handler is known here.
//!
//! ```text
//!  Input ──▶ Framer ──▶ Event                    ReceiveBuffer: Frames, and a buffer to read into
//!              │ find: the data, and its end
//!              ├──▶ Frames ──▶ whole frames      FrameLimit: how long a frame may be
//!              ▼
//!          Terminator ──▶ Pattern ──▶ search (short delimiters), memmem (long), Aho-Corasick (sets)
//! ```
//!
//! Inside, a `Span` says where bytes lie and a `Step` says what comes next. Both are positions, not borrows.

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
