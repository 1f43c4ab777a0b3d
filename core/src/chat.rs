//! A whole connection without I/O: the [`Handler`] that a protocol implements, the [`Channel`] that it calls, and the
//! [`Chat`] that connects both to a driver.
//!
//! [`Config`] and [`MinRate`] limit what a peer may cost. [`IdleChat`] is a chat that needs little memory while nothing
//! happens.

mod channel;
mod config;
mod conversation;
mod handler;
mod min_rate;

pub use channel::Channel;
pub use config::Config;
pub use conversation::{Chat, IdleChat};
pub use handler::Handler;
pub use min_rate::MinRate;
