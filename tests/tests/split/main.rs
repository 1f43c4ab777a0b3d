//! The two halves of a connection, on a mock transport and a manual clock: `SplitConnection`.
//!
//! - `wakers`: each half is woken for what it waits for, whichever half has polled last
//! - `halves`: what an end of one half means for the other

mod halves;
mod harness;
mod wakers;
