//! `PollConnection`, on a mock transport and a manual clock.
//!
//! - `cancellation`: a poll that is abandoned at any point loses nothing
//! - `fairness`: how long a turn lasts
//! - `frames`: frames, errors, and the end of the stream
//! - `min_rate`: a peer that does not take the output
//! - `output`: flushing and closing, and the input that arrives meanwhile
//! - `pending`: output that is not there yet
//! - `wakeups`: the buffers that it keeps while it waits, and how long it runs without waiting

mod cancellation;
mod fairness;
mod frames;
mod min_rate;
mod output;
mod pending;
mod wakeups;
