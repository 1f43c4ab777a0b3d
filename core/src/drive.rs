//! What the adapters share: the loops that drive a [`Chat`](crate::chat::Chat) or pull frames, over a [`Transport`] and a
//! [`Clock`]; what a server decides; and the mailbox through which other tasks push.
//!
//! For authors of adapters.

mod acceptor;
#[cfg(feature = "std")]
mod connection;
#[cfg(feature = "std")]
mod driver;
#[cfg(feature = "std")]
mod interrupted;
#[cfg(feature = "std")]
mod mailbox;
mod parts;
#[cfg(feature = "std")]
mod peer;
mod puller;
#[cfg(feature = "std")]
mod scratch;
#[cfg(feature = "std")]
mod timer;
mod transport;

pub use acceptor::{AcceptError, Acceptor};
#[cfg(feature = "std")]
pub use connection::Connection;
#[cfg(feature = "std")]
pub use driver::Driver;
#[cfg(feature = "std")]
pub use interrupted::uninterrupted;
#[cfg(feature = "std")]
pub use mailbox::{Mailbox, MailboxError, PeerHandle, mailbox};
pub use parts::{IntoInnerError, Parts};
#[cfg(feature = "std")]
pub use peer::Peer;
pub use puller::Puller;
#[cfg(feature = "std")]
pub use scratch::with_scratch;
#[cfg(feature = "std")]
pub use timer::{Sleep, Timer};
pub use transport::{Clock, Transport, Wraps};
