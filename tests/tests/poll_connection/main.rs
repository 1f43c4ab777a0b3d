//! The connection, on a transport and a clock that do what they are told.
//!
//! - `giving_up`: a poll that is given up, at any point, has lost nothing
//! - `frames`: frames, errors, and the end
//! - `output`: flushing, closing, and input meanwhile
//! - `turns`: what it keeps while it waits, and for how long it goes on without waiting

mod cancellation;
mod frames;
mod output;
mod wakeups;
