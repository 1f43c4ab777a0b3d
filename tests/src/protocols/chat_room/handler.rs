//! One client: its nick, then its lines.

use std::mem;
use std::sync::LazyLock;

use asynchat_core::drive::Peer;
use asynchat_core::{BoxError, Channel, Config, End, Error, Handler, PushError, Terminator};

use super::line::Line;
use super::nick::Nick;
use super::room::{Room, Seat};

/// How many bytes a line may have, its end not counted: twice what IRC allows (RFC 1459 §2.3), whose 512 are short of a
/// paragraph in a script that takes three bytes a character.
pub const MAX_LINE_LEN: usize = 1024;

static LINE_ENDS: LazyLock<Terminator> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "neither member lies in the other before its end, so both can fire")]
    Terminator::any_of(["\r\n", "\n"]).expect("a proper set")
});

/// The bounds that suit a room: what one client says fast is read in small pieces, and heard from large mailboxes.
///
/// A mailbox of 256 KiB has room for thousands of lines. It costs the others nothing: the bytes are there once for all.
pub fn config() -> Config {
    Config { read_size: 4 * 1024, mailbox_capacity: 256 * 1024, ..Config::default() }
}

/// A room's end of one connection. The [module's page](crate::protocols::chat_room) says what is spoken.
///
/// # Examples
///
/// Two who talk, without a network between them:
///
/// ```
/// use std::net::{Ipv4Addr, SocketAddr};
/// use std::task::Waker;
///
/// use asynchat_core::{Chat, Config, Input};
/// use asynchat_core::drive::{Peer, mailbox};
/// use asynchat_tests::protocols::chat_room::{ChatHandler, Room};
/// use bytes::Buf;
///
/// let now = std::time::Duration::ZERO;
/// let room = Room::new();
/// let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
/// let mut join = |nick: &str| {
///     let (handle, mailbox) = mailbox(64 * 1024);
///     let mut chat = Chat::new(ChatHandler::new(room.clone(), Peer::new(address, handle)), Config::default());
///     chat.handle_input(now, &mut Input::new(nick.as_bytes())).map(|()| (chat, mailbox))
/// };
/// let (mut ann, mut anns_mailbox) = join("ann\n")?;
/// let (mut bob, _) = join("bob\r\n")?;
/// ann.channel_mut().discard_buffers();
///
/// bob.handle_input(now, &mut Input::new(b"good morning\n"))?;
/// assert!(anns_mailbox.poll_collect(ann.channel_mut(), 1000, Waker::noop()).is_ready());
/// let mut staged = ann.poll_transmit();
/// assert_eq!(staged.copy_to_bytes(staged.remaining()), "* bob has joined\r\nbob: good morning\r\n");
/// # Ok::<(), asynchat_core::Error>(())
/// ```
#[derive(Debug)]
pub struct ChatHandler {
    room: Room,
    peer: Peer,
    /// None before there is a nick, and after the client has left.
    seat: Option<Seat>,
    /// What has come of the present line. Between two lines it has no memory.
    line: Vec<u8>,
}

impl ChatHandler {
    /// A handler for a new connection, which is not in the room before it has a nick.
    pub fn new(room: Room, peer: Peer) -> Self {
        Self { room, peer, seat: None, line: Vec::new() }
    }

    fn line(&mut self, line: &[u8], channel: &mut Channel) -> Result<(), PushError> {
        let Some(seat) = &self.seat else { return self.nick(line, channel) };
        match Line::parse(line) {
            Line::Empty => Ok(()),
            Line::Say(text) => {
                seat.say(&text);
                Ok(())
            }
            Line::Who => channel.push_with_producer(seat.names()),
            Line::Quit => {
                channel.push("* goodbye\r\n")?;
                self.leave(channel);
                Ok(())
            }
            Line::UnknownCommand => channel.push("* there are no commands but `/who` and `/quit`\r\n"),
        }
    }

    fn nick(&mut self, line: &[u8], channel: &mut Channel) -> Result<(), PushError> {
        let nick = match Nick::parse(line) {
            Ok(nick) => nick,
            Err(why) => return channel.push(format!("* {why}; your nick, please\r\n")),
        };
        let greeting = format!("* welcome, {nick}; `/who` names the others, `/quit` leaves\r\n");
        match self.room.join(nick, self.peer.handle().clone()) {
            Some(seat) => {
                self.seat = Some(seat);
                // What the others say from now on comes by the mailbox, which is collected when this has returned.
                channel.push(greeting)
            }
            None => channel.push("* that nick is taken; your nick, please\r\n"),
        }
    }

    fn leave(&mut self, channel: &mut Channel) {
        self.seat = None;
        channel.close_when_done();
    }
}

impl Handler for ChatHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_max_frame_len(MAX_LINE_LEN);
        channel.set_terminator(LINE_ENDS.clone());
        Ok(channel.push("* your nick, please\r\n")?)
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let line = mem::take(&mut self.line);
        Ok(self.line(&line, channel)?)
    }

    /// Nobody hears half a line.
    fn frame_too_long(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.line = Vec::new();
        Ok(channel.push(format!("* a line has at most {MAX_LINE_LEN} bytes; this one is dropped\r\n"))?)
    }

    /// Whoever has nothing more to say has left. A last line without an end is a line.
    fn handle_eof(&mut self, _: End, channel: &mut Channel) -> Result<(), BoxError> {
        let line = mem::take(&mut self.line);
        if self.seat.is_some() {
            self.line(&line, channel)?;
        }
        self.leave(channel);
        Ok(())
    }

    /// However it ended. A handler that is dropped leaves as well: its seat does.
    fn handle_close(&mut self, _: Result<(), &Error>) {
        self.seat = None;
    }
}
