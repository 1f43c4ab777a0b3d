//! Framing as a pure state machine: switchable terminators in, lazy producers out.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    warn(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::panic, clippy::unreachable)
)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod delimiter;
mod delimiter_set;
mod event;
mod framer;
mod frames;
mod input;
mod matcher;
mod pattern;
mod producer;
mod producers;
mod queue;
mod scan;
mod terminator;

pub use delimiter::{Delimiter, EmptyDelimiter};
pub use delimiter_set::{DelimiterSet, DelimiterSetError};
pub use event::{End, Event};
pub use framer::Framer;
pub use frames::{FrameTooLong, Frames};
pub use input::Input;
pub use producer::{Producer, ProducerError};
#[cfg(feature = "std")]
pub use producers::ReadProducer;
pub use producers::{DEFAULT_CHUNK_SIZE, FnProducer, IterProducer, MapChunks, SimpleProducer, WithTail};
pub use queue::{ProducerQueue, PushError, Staged};
pub use terminator::Terminator;
