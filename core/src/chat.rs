//! A whole conversation, still without I/O: what a handler is told and can do, and the machine between the two.

mod channel;
mod config;
mod conversation;
mod handler;
mod min_rate;

pub use channel::Channel;
pub use config::Config;
pub use conversation::Chat;
pub use handler::Handler;
pub use min_rate::MinRate;
