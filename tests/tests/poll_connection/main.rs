//! `PollConnection`, on a mock transport and a manual clock.
//!
//! - `cancellation`: a poll that is abandoned at any point loses nothing
//! - `ending`: the ends that this side decides, here or through a handle
//! - `fairness`: how long a turn lasts
//! - `frames`: frames, errors, and the end of the stream
//! - `input`: input that is looked at, dropped, limited, or was read before
//! - `memory_budget`: the share of one among many
//! - `min_rate`: a peer that does not take the output
//! - `output`: flushing and closing, and the input that arrives meanwhile
//! - `pending`: output that is not there yet
//! - `wakeups`: the buffers that it keeps while it waits, and how long it runs without waiting

mod cancellation;
mod ending;
mod fairness;
mod frames;
mod input;
mod memory_budget;
mod min_rate;
mod output;
mod pending;
mod wakeups;
