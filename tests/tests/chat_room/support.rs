use std::net::{Ipv4Addr, SocketAddr};
use std::task::Waker;
use std::time::Duration;

use asynchat_core::drive::{Mailbox, Peer, mailbox};
use asynchat_core::{Chat, Input};
use asynchat_tests::harness::noop_context;
use asynchat_tests::protocols::chat_room::{ChatHandler, Room, config};
use asynchat_tests::protocols::in_memory::receive;
use bytes::Buf;

pub(crate) const LARGE_MAILBOX: usize = 1 << 20;

/// The output to a client from its connect to its join.
fn welcome(nick: &str) -> String {
    format!("* your nick, please\r\n* welcome, {nick}; `/who` names the others, `/quit` leaves\r\n")
}

/// A client, its chat and its mailbox. The test itself is the driver: the mailbox is read only in `receive`.
pub(crate) struct Client {
    pub(crate) chat: Chat<ChatHandler>,
    pub(crate) mailbox: Mailbox<ChatHandler>,
}

impl Client {
    pub(crate) fn connect(room: &Room, capacity: usize) -> Self {
        let (_, mailbox) = mailbox(capacity);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 6667));
        let peer = Peer::new(address, address, mailbox.caller());
        let mut chat = Chat::new(ChatHandler::new(room.clone(), peer), config());
        chat.handle_connect(Duration::ZERO).unwrap();
        Self { chat, mailbox }
    }

    /// Connects, joins, and checks the welcome.
    pub(crate) fn join(room: &Room, nick: &str, capacity: usize) -> Self {
        let mut client = Self::connect(room, capacity);
        client.send(&format!("{nick}\n"));
        assert_eq!(client.receive(), welcome(nick));
        client
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.send_bytes(text.as_bytes());
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.chat.handle_input(Duration::ZERO, &mut Input::new(bytes)).unwrap();
    }

    pub(crate) fn shut_down_output(&mut self) {
        self.chat.handle_eof(Duration::ZERO).unwrap();
    }

    /// Returns all output that has been queued for this client.
    pub(crate) fn receive(&mut self) -> String {
        String::from_utf8(receive(&mut self.chat, &mut self.mailbox)).unwrap()
    }

    /// Takes some bytes of the output, as a client behind a slow line does.
    pub(crate) fn receive_some(&mut self, len: usize) {
        let _ = self.mailbox.poll_collect(&mut self.chat, Duration::ZERO, Waker::noop());
        let mut staged = self.chat.poll_transmit(&mut noop_context());
        staged.advance(len.min(staged.remaining()));
    }

    /// Returns whether the server closes the connection after the output that it has sent.
    pub(crate) fn is_closed_by_server(&mut self) -> bool {
        self.chat.wants_shutdown()
    }
}

/// Three members, who have received the notices of each other's joins.
pub(crate) fn three_members(room: &Room) -> [Client; 3] {
    let mut members = ["ann", "bob", "joe"].map(|nick| Client::join(room, nick, LARGE_MAILBOX));
    for client in &mut members {
        client.receive();
    }
    members
}
