//! `PollConnection`, on a mock transport and a manual clock.
//!
//! - `cancellation`: a poll that is abandoned at any point loses nothing
//! - `frames`: frames, errors, and the end of the stream
//! - `output`: flushing and closing, and the input that arrives meanwhile
//! - `wakeups`: the buffers that it keeps while it waits, and how long it runs without waiting

mod cancellation;
mod frames;
mod output;
mod wakeups;
