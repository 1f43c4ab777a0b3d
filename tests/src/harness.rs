//! The tools of the suites: test cases, ways to run them, and substitutes for streams, clocks and peers.
//!
//! A framing test takes a [`case`], splits its stream in every way that [`cuts`] lists, and compares the implementation
//! with the oracle. There are two ways to compare:
//!
//! - a *transcript* holds everything that came out of a run, with adjacent data merged, so that runs under different
//!   cuts are equal ([`transcript`], [`frames_transcript`]);
//! - a *lockstep* run makes the same call on the implementation and on its oracle and compares them after each call, so
//!   it also sees when something happens ([`framer_lockstep`], [`frames_lockstep`],
//!   [`receive_buffer_lockstep`], [`queue_lockstep`], [`chat_lockstep`]).
//!
//! | module | contents |
//! |---|---|
//! | [`case`] | a stream, and the moments when its terminator changes |
//! | [`cuts`] | the ways to split a stream into chunks |
//! | [`transcript`] | what `Framer` and its oracle make of a case |
//! | [`frames_transcript`] | what `Frames` and its oracle make of a case |
//! | [`framer_lockstep`] | `Framer` and its oracle, call by call |
//! | [`frames_lockstep`] | `Frames` and its oracle, call by call |
//! | [`receive_buffer_lockstep`] | `ReceiveBuffer` and the oracle of `Frames`, call by call |
//! | [`queue_lockstep`] | `ProducerQueue` and its oracle, call by call |
//! | [`chat_lockstep`] | `Chat` and its oracle, call by call; a handler checks every call that it gets |
//! | [`suite`] | runs a case under many cuts, for any implementation that produces a transcript |
//! | [`fuzzing`] | the bodies of the fuzz targets, which unit tests call too |
//! | [`mock`] | `MockTransport`, `ManualClock` and harnesses for `Driver` and `PollConnection` |
//! | `faulty` | a stream that fails at a chosen operation, for std, tokio and futures-io |
//! | [`echo`] | the line echo as a handler, for tests and benchmarks |
//! | [`random`] | pseudo-random numbers from a seed |
//! | [`sources`] | the files of this workspace |

use std::task::{Context, Waker};

pub mod case;
pub mod chat_lockstep;
pub mod cuts;
pub mod echo;
#[cfg(feature = "adapters")]
pub mod faulty;
pub mod framer_lockstep;
pub mod frames_lockstep;
pub mod frames_transcript;
pub mod fuzzing;
pub mod mock;
pub mod queue_lockstep;
pub mod random;
pub mod receive_buffer_lockstep;
pub mod sources;
pub mod suite;
pub mod transcript;

/// A context whose waker does nothing, for a test that asks again itself.
#[must_use]
pub fn noop_context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}
