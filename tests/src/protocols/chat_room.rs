//! A chat room as a [`Handler`](asynchat_core::Handler): each member's lines reach all other members.
//!
//! It shows connections that push to each other, mailboxes that never block, and the end of a member that does not
//! read, or that floods the room.
//!
//! The first line of a client is its nickname. The room sends each later line to all other members as `nickname: text`.
//! Lines of the room itself begin with `*`. `/help` lists the commands, and `/who` the members. `/quit` leaves, and so does
//! the end of the client's stream.
//!
//! ```text
//! * your nick, please
//! ann                                 ◀── sent by the client
//! * welcome, ann; `/who` names the others, `/quit` leaves
//! * bob has joined
//! bob: hello
//! * bob has left
//! ```
//!
//! Supported: lines that end in CRLF or LF, a bound on everything that a client sends, text that cannot imitate a
//! notice or another member's message, people who type a line key by key.
//!
//! Left out: more than one room, accounts, history, other commands.
//!
//! # Terminators
//!
//! | state | terminator | next |
//! |---|---|---|
//! | nickname | `b"\r\n"` or `b"\n"`, within [`MAX_LINE_LEN`] bytes | line; or nickname, if it is invalid or taken |
//! | line | the same | line; a close after `/quit` |
//!
//! # The path of a message
//!
//! ```text
//!  line ─▶ ChatHandler ─▶ Room: the members ─▶ ConnectionHandle::push ─▶ mailbox ─▶ the other members' queues
//!              │                                        │ full: the member misses the line
//!              ▼                                        ▼ full for too long
//!      Channel::push: the reply            leave the room; ConnectionHandle::close_with a notice
//!      to this client alone
//! ```
//!
//! # Slow readers
//!
//! No member waits for another: a message goes into the mailbox of each member, and this never blocks. A member whose
//! mailbox is full, or full of lines of the same sender
//! ([`Config::mailbox_capacity`](asynchat_core::Config::mailbox_capacity); its output queue and its socket buffer are
//! full by then) misses the message. When it has read on, a notice tells it how many it missed. So a flood costs a slow
//! reader some lines, and not its place.
//!
//! A member that misses messages for [`PATIENCE`] without taking a single one does not read at all, and is dropped. It
//! leaves the room, the other members get a notice, and it receives no further message. Its connection sends what was
//! queued, then a notice, then closes. If it does not read even that, [`MinRate`](asynchat_core::MinRate) ends the
//! connection without the notice.
//!
//! # Floods
//!
//! Each sender has a share of each mailbox, [`SPEAKER_SHARE`]. A member that floods the room fills its own share, and what
//! it writes beyond that is missed; a line of somebody else still finds room.
//!
//! The sender pays for the messages that others miss. It gets a notice when they begin to miss some. A sender that made
//! others miss [`MAX_MISSED_LINES`] messages within a minute is dropped. A sender is not held back in the meantime: a
//! member cannot slow the others down by reading slowly. [`config`] sets larger mailboxes than the default and a
//! smaller read size, so that nobody misses a line of a pasted page.
//!
//! # Imitation
//!
//! A nickname is refused if it looks like that of a member, by the tables of
//! [UTS #39](https://www.unicode.org/reports/tr39/): `аnn` with a Cyrillic `а` looks like `ann`, and `Ian` like `lan`. It
//! has no character that shows nothing, changes the direction of text, or looks like the `:` behind a nickname. In a
//! message, controls and such characters are left out; the joiners of scripts and emoji stay. Long lines are wrapped by the
//! terminals of the members, which the room cannot prevent.
//!
//! # The order of messages
//!
//! All members receive the messages of one sender in the order in which it sent them, after the notice of its join and
//! before the notice of its leave. The messages of two senders at the same time may arrive in either order, and in
//! different orders at different members: a broadcast pushes to the mailboxes without holding the lock of the room, so
//! that waking another connection cannot block the room.

mod handler;
mod line;
mod lookalike;
mod member;
mod nickname;
mod room;
mod share;

pub use handler::{ChatHandler, MAX_LINE_LEN, TYPING_TIME, config};
pub use member::{MAX_MISSED_LINES, PATIENCE};
pub use nickname::MAX_NICKNAME_LEN;
pub use room::Room;
pub use share::SPEAKER_SHARE;
