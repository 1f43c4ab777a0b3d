//! Framing: bytes in; events or whole frames out. This layer has no queue and no handler.
//!
//! ```text
//!  Input ──▶ Framer ──▶ Event                    ReceiveBuffer: Frames, and a buffer to read into
//!              │ find: the data, and its end
//!              ├──▶ Frames ──▶ whole frames      FrameLimit: how long a frame may be
//!              ▼
//!          Terminator ──▶ Pattern ──▶ search (short delimiters, line ends), memmem (long), Aho-Corasick (sets)
//! ```
//!
//! Inside, a `Span` says where bytes lie and a `Step` says what comes next. Both are positions, not borrows.
//!
//! | file | its job |
//! |---|---|
//! | `framer.rs` | [`Framer`]: the type and its state |
//! | `framer/fast_path.rs` | the next event when the search cache alone decides it, and other short cuts |
//! | `framer/find.rs` | the general path: what comes next, under any terminator and limit |
//! | `framer/held.rs` | the only code that changes the held bytes of a framer |
//! | `held_bytes.rs` | the bytes that were taken and not emitted, as a position in a delimiter |
//! | `frames.rs` | [`Frames`]: whole frames within a limit |
//! | `frames/parts.rs` | frames that come in parts, that are too long, or that are streamed |
//! | `frames/buffer.rs` | the memory of a frame that came in parts |
//! | `receive_buffer.rs` | [`ReceiveBuffer`]: [`Frames`], and a buffer to read into |
//! | `input.rs` | [`Input`]: a cursor over one chunk of input |
//! | `terminator.rs` | [`Terminator`]: what ends a frame |
//! | `into_terminator.rs` | [`IntoTerminator`]: what a `set_terminator` takes, and the message for what it does not |
//! | `delimiter.rs` | [`Delimiter`]: one byte string, with its Knuth-Morris-Pratt border function |
//! | `delimiter_set.rs` | [`DelimiterSet`]: several byte strings, as an Aho-Corasick automaton |
//! | `pattern.rs` | a delimiter, a set or a line end, behind one interface |
//! | `search.rs` | the search for delimiters of 1 to 16 bytes and for line ends: packed pair, and a cache of what it found |
//! | `search/block.rs` | one block of 64 bytes, compared by SIMD |
//! | `search/cache_key.rs` | what the bits of the cache depend on |
//! | `search/candidates.rs` | delimiters of 3 to 16 bytes, whose bits are candidates |
//! | `search/position.rs` | a position, counted from the end of the input |
//! | `span.rs` | where bytes lie, and what comes next |
//! | `limit.rs` | how long a frame may be, and [`FrameTooLong`] |
//! | `event.rs` | [`Event`] and [`End`] |

mod delimiter;
mod delimiter_set;
mod event;
mod framer;
mod frames;
mod held_bytes;
mod input;
mod into_terminator;
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
pub use into_terminator::IntoTerminator;
pub use limit::FrameTooLong;
pub use receive_buffer::ReceiveBuffer;
pub use terminator::Terminator;

pub(crate) use limit::{DEFAULT_MAX_LEN, FrameLimit};
pub(crate) use span::{Span, Step};
