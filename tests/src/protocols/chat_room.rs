//! A room in which everybody hears what anybody says, served by a [`Handler`](asynchat_core::Handler) that any adapter
//! can bind.
//!
//! The first line a client sends is its nick; every other is heard by all the others, as `nick: text`. What begins with
//! `*` is the room's own. `/who` names those who are there, `/quit` leaves, and so does the end of the client's stream.
//!
//! ```text
//! * your nick, please
//! ann                                 ◀── typed
//! * welcome, ann; `/who` names the others, `/quit` leaves
//! * bob has joined
//! bob: hello
//! * bob has left
//! ```
//!
//! In scope: lines that end in CRLF or LF, bounds on all that a client sends, text that cannot pass for something else.
//! Out of scope: more rooms than one, accounts, history, commands beyond those two.
//!
//! # What asynchat is used for
//!
//! ```text
//!  a line ─▶ ChatHandler ─▶ Room: who is there? ─▶ ConnectionHandle::push ─▶ mailbox ─▶ the others' queues
//!                 │                                       │ full
//!                 ▼                                       ▼
//!         Channel::push: what is       out of the room, and ConnectionHandle::close_with a notice
//!         told to this client alone
//! ```
//!
//! # A slow reader
//!
//! Nobody waits for anybody: what is said is put into the mailbox of each who is there, and that never blocks. Whoever
//! has no room for it ([`Config::mailbox_capacity`](asynchat_core::Config::mailbox_capacity) is full, behind a queue and a
//! socket that are) is dropped at that moment: it is out of the room, the others are told, and it hears nothing more.
//! Behind all that it was sent before comes a notice, and then the end. That much is certain if it reads on; if it does
//! not, its [`MinRate`](asynchat_core::MinRate) ends the connection without.
//!
//! It makes no difference why somebody falls behind: one who says more at once than the mailboxes have room for makes all
//! the others slow. [`config`] has more room than the default, and reads less at once, so that a page that is pasted is no
//! such thing.
//!
//! # The order of what is heard
//!
//! What one client says is heard by everybody in the order in which it was said, after the notice that it has joined, and
//! before the notice that it has left. What two say at the same time may be heard in either order, and not by all in the
//! same: it is put into the mailboxes without holding the room's lock, so that no wake-up of another connection can keep
//! the room.

mod handler;
mod line;
mod nick;
mod room;

pub use handler::{ChatHandler, MAX_LINE_LEN, config};
pub use nick::MAX_NICK_LEN;
pub use room::Room;
