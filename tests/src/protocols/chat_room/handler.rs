//! The handler: reads a nickname, then lines.

use std::mem;
use std::sync::LazyLock;
use std::time::Duration;

use asynchat_core::drive::Peer;
use asynchat_core::{BoxError, Channel, Config, End, Error, Handler, MinRate, PushError, Terminator, Timeout};

use super::line::Line;
use super::nickname::Nickname;
use super::room::{Membership, Room, Said};

/// The most bytes that a line may have, without its end: twice the limit of IRC (RFC 1459 §2.3). Its 512 bytes are too
/// few for a paragraph in a script with three bytes a character.
pub const MAX_LINE_LEN: usize = 1024;

static LINE_TERMINATOR: LazyLock<Terminator> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "neither member ends inside the other, so both can match")]
    Terminator::any_of(["\r\n", "\n"]).expect("a valid delimiter set")
});

/// The time that a client may take for its nickname, from the first key to the last: five minutes. A member may take any time
/// for a line, and be silent for any time, since it listens.
pub const TYPING_TIME: Duration = Duration::from_secs(5 * 60);

const HELP: &str = "* a line is a message to all\r\n\
    * `/who` names the members\r\n\
    * `/quit` leaves\r\n\
    * `/help` shows this\r\n";

/// Returns a configuration that suits a room: it reads a fast sender in small steps, and gives each member a large
/// mailbox.
///
/// A mailbox of 1 MiB holds some 6,000 lines of 70 bytes, and one sender's [share](super::SPEAKER_SHARE) of it some
/// 1,500: a pasted page. The members share the bytes of a line, so these are in memory once; each mailbox counts them.
///
/// A person who types key by key has [`TYPING_TIME`] for a nickname, and any time for a line.
pub fn config() -> Config {
    let typing_rate = MinRate::default().with_grace(TYPING_TIME);
    Config::default().with_read_size(4 * 1024).with_mailbox_capacity(1024 * 1024).with_min_input_rate(typing_rate)
}

/// Serves one member of a room. The [module page](crate::protocols::chat_room) describes the protocol.
///
/// # Examples
///
/// Two members, without a network:
///
/// ```
/// use std::net::{Ipv4Addr, SocketAddr};
/// use std::task::{Context, Waker};
///
/// use asynchat_core::{Chat, Config, Input};
/// use asynchat_core::drive::{Peer, mailbox};
/// use asynchat_tests::protocols::chat_room::{ChatHandler, Room};
/// use bytes::Buf;
///
/// let now = std::time::Duration::ZERO;
/// let room = Room::new();
/// let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
/// let mut join = |nickname: &str| {
///     let (_, mailbox) = mailbox(64 * 1024);
///     let mut chat = Chat::new(ChatHandler::new(room.clone(), Peer::new(address, address, mailbox.caller())), Config::default());
///     chat.handle_input(now, &mut Input::new(nickname.as_bytes())).map(|()| (chat, mailbox))
/// };
/// let (mut ann, mut anns_mailbox) = join("ann\n")?;
/// let (mut bob, _) = join("bob\r\n")?;
/// ann.channel_mut().discard_buffers();
///
/// bob.handle_input(now, &mut Input::new(b"good morning\n"))?;
/// assert!(anns_mailbox.poll_collect(&mut ann, now, Waker::noop()).is_ready());
/// let mut staged = ann.poll_transmit(&mut Context::from_waker(Waker::noop()));
/// assert_eq!(staged.copy_to_bytes(staged.remaining()), "* bob has joined\r\nbob: good morning\r\n");
/// # Ok::<(), asynchat_core::Error>(())
/// ```
#[derive(Debug)]
pub struct ChatHandler {
    room: Room,
    peer: Peer<Self>,
    /// `None` before the client has a nickname, and after it has left.
    membership: Option<Membership>,
    /// The part of the current line that has arrived. It holds no memory between two lines.
    line: Vec<u8>,
    /// Some member missed the last message.
    is_missed: bool,
}

impl ChatHandler {
    /// Creates a handler for a new connection. It joins the room when it has a nickname.
    pub fn new(room: Room, peer: Peer<Self>) -> Self {
        Self { room, peer, membership: None, line: Vec::new(), is_missed: false }
    }

    fn handle_line(&mut self, line: &[u8], channel: &mut Channel) -> Result<(), PushError> {
        let Some(membership) = &self.membership else { return self.handle_nickname(line, channel) };
        match Line::parse(line) {
            Line::Empty => Ok(()),
            Line::Message(text) => {
                let said = membership.say(&text);
                self.report(said, channel)
            }
            Line::Help => channel.push(HELP),
            Line::Who => channel.push_with_producer(membership.list_members()),
            Line::Quit => {
                channel.push("* goodbye\r\n")?;
                self.leave(channel);
                Ok(())
            }
            Line::UnknownCommand => channel.push("* there are no commands but `/help`, `/who` and `/quit`\r\n"),
        }
    }

    /// Tells the sender when others begin to miss its lines, and drops one that floods the room.
    fn report(&mut self, said: Said, channel: &mut Channel) -> Result<(), PushError> {
        let was_missed = mem::replace(&mut self.is_missed, said != Said::ToAll);
        match said {
            Said::MissedBy(members) if !was_missed => {
                channel.push(format!("* {members} members read too slowly, and miss what you write\r\n"))
            }
            Said::ToAll | Said::MissedBy(_) => Ok(()),
            Said::InAFlood => {
                channel.push("* you write faster than the others can read, and have been dropped\r\n")?;
                self.leave(channel);
                Ok(())
            }
        }
    }

    fn handle_nickname(&mut self, line: &[u8], channel: &mut Channel) -> Result<(), PushError> {
        let nickname = match Nickname::parse(line) {
            Ok(nickname) => nickname,
            Err(error) => return channel.push(format!("* {error}; your nick, please\r\n")),
        };
        let greeting = format!("* welcome, {nickname}; `/who` names the others, `/quit` leaves\r\n");
        match self.room.join(nickname, self.peer.handle().clone()) {
            Some(membership) => {
                self.membership = Some(membership);
                // Messages from now on arrive in the mailbox, which is read after this method returns. So the greeting
                // is sent first.
                channel.push(greeting)
            }
            None => channel.push("* that nick is taken, or looks like one that is; your nick, please\r\n"),
        }
    }

    fn leave(&mut self, channel: &mut Channel) {
        self.membership = None;
        channel.close_when_done();
    }
}

impl Handler for ChatHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_max_frame_len(MAX_LINE_LEN);
        channel.set_terminator(LINE_TERMINATOR.clone());
        Ok(channel.push("* your nick, please\r\n")?)
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let line = mem::take(&mut self.line);
        Ok(self.handle_line(&line, channel)?)
    }

    /// Drops a line that is too long; no part of it is broadcast.
    fn frame_too_long(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.line = Vec::new();
        Ok(channel.push(format!("* a line has at most {MAX_LINE_LEN} bytes; this one is dropped\r\n"))?)
    }

    /// Leaves the room at the end of the client's stream. The bytes after the last delimiter count as a line.
    fn handle_eof(&mut self, _: End, channel: &mut Channel) -> Result<(), BoxError> {
        let line = mem::take(&mut self.line);
        if self.membership.is_some() {
            self.handle_line(&line, channel)?;
        }
        self.leave(channel);
        Ok(())
    }

    /// Lets a member be silent, and type as slowly as it likes: it listens. A client without a nickname has to leave.
    fn handle_timeout(&mut self, _: Timeout, channel: &mut Channel) -> Result<(), BoxError> {
        if self.membership.is_none() {
            channel.push("* you have not told your nick; goodbye\r\n")?;
            self.leave(channel);
        }
        Ok(())
    }

    /// Says goodbye when the server shuts down.
    fn handle_shutdown(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push("* the server shuts down; goodbye\r\n")?;
        self.leave(channel);
        Ok(())
    }

    /// Leaves the room, whatever the outcome. Dropping the handler leaves too, because it drops the membership.
    fn handle_close(&mut self, _: Result<(), &Error>) {
        self.membership = None;
    }
}
