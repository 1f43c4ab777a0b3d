//! The handler: reads a command, answers it, and reads messages.

use std::fmt::Write;
use std::mem;
use std::net::IpAddr;
use std::sync::Arc;

use asynchat_core::drive::Caller;
use asynchat_core::{BoxError, Channel, Handler, Timeout};

use super::command::{CRLF_LEN, Command, MAX_MAIL_LEN, is_http_request};
use super::content::{Content, LineEnd, has_bare_newline};
use super::delivery::{Delivery, Refusal, Stored};
use super::path::Path;
use super::refusals::Refusals;
use super::reply::{self, Reply};
use super::service::SmtpService;
use super::trace::{Session, write_trace};
use super::transaction::Transaction;

/// The most bytes of the data of a command line.
const MAX_LINE_LEN: usize = MAX_MAIL_LEN - CRLF_LEN;

/// The reason for a close.
const HTTP_REQUEST: &str = "HTTP is not served here";

/// Serves SMTP on one connection. The [module page](crate::protocols::smtp) lists the commands.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use std::task::{Context, Waker};
///
/// use asynchat_core::{Chat, Config, Input};
/// use asynchat_tests::protocols::smtp::{MemoryStore, SmtpHandler, SmtpService};
/// use bytes::Buf;
///
/// let store = MemoryStore::new();
/// let service = Arc::new(SmtpService::new("mx.example", store.clone()));
/// let mut chat = Chat::new(SmtpHandler::new(&service), Config::default());
/// let mut send = |bytes: &[u8]| {
///     chat.handle_input(std::time::Duration::ZERO, &mut Input::new(bytes))?;
///     let mut staged = chat.poll_transmit(&mut Context::from_waker(Waker::noop()));
///     Ok::<_, asynchat_core::Error>(staged.copy_to_bytes(staged.remaining()))
/// };
/// send(b"EHLO client.example\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n")?;
/// assert_eq!(send(b"Subject: dots\r\n\r\n..\r\n.")?, "");
/// assert_eq!(send(b"\r\n")?, "250 OK\r\n");
/// let message = String::from_utf8(store.take_messages().remove(0)).unwrap();
/// assert!(message.starts_with("Return-Path: <a@client.example>\r\n"));
/// assert!(message.ends_with("Subject: dots\r\n\r\n.\r\n"));
/// # Ok::<(), asynchat_core::Error>(())
/// ```
pub struct SmtpHandler {
    peer: Option<IpAddr>,
    tls: Tls,
    state: State,
    /// The part of the current command line that has arrived.
    line: Vec<u8>,
    hello: Option<Hello>,
    transaction: Transaction,
    content: Content,
    delivery: Delivery,
    refusals: Refusals,
    /// The server has shut down while a message was being stored.
    is_shutting_down: bool,
}

/// The name that the client has given.
struct Hello {
    name: String,
    is_extended: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tls {
    Unavailable,
    Available,
    Active,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Command,
    /// The lines of a message.
    Message,
    /// A worker has the end of a message. The channel is paused.
    Storing,
}

impl SmtpHandler {
    /// Creates a handler for a new connection. Without a [caller](Self::with_caller) it makes the calls of the store itself,
    /// and blocks meanwhile.
    pub fn new(service: &Arc<SmtpService>) -> Self {
        Self {
            peer: None,
            tls: Tls::Unavailable,
            state: State::Command,
            line: Vec::new(),
            hello: None,
            transaction: Transaction::default(),
            content: Content::default(),
            delivery: Delivery::new(Arc::clone(service), None),
            refusals: Refusals::default(),
            is_shutting_down: false,
        }
    }

    /// Lets the [workers](SmtpService::with_workers) of the service make the calls of the store, and call the handler
    /// back.
    #[must_use]
    pub fn with_caller(mut self, caller: Caller<Self>) -> Self {
        self.delivery.set_caller(caller);
        self
    }

    /// Sets the address of the client, for the trace of its messages.
    #[must_use]
    pub fn with_peer(self, peer: IpAddr) -> Self {
        Self { peer: Some(peer), ..self }
    }

    /// Offers STARTTLS. After the command the handler [upgrades](Channel::upgrade_when_done) and has done its work.
    #[must_use]
    pub fn with_starttls(self) -> Self {
        Self { tls: Tls::Available, ..self }
    }

    /// Serves a stream that is encrypted by STARTTLS: there is no greeting, and no state of the plain stream
    /// (RFC 3207 §4.2).
    #[must_use]
    pub fn over_tls(self) -> Self {
        Self { tls: Tls::Active, ..self }
    }

    /// Takes the answer of a worker.
    pub(super) fn handle_stored(&mut self, stored: Stored, channel: &mut Channel) -> Result<(), BoxError> {
        let reply = self.delivery.handle_stored(stored, channel);
        self.end_message(reply, channel)
    }

    fn handle_line(&mut self, line: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        let reply = match Command::parse(line) {
            Ok(Command::Ehlo { name }) => {
                self.hello(name, true);
                return self.push_extensions(channel);
            }
            Ok(Command::Helo { name }) => {
                self.hello(name, false);
                return Ok(write!(channel, "250 {}\r\n", self.delivery.service().host)?);
            }
            Ok(Command::Mail { reverse_path, size }) => self.handle_mail(reverse_path, size),
            Ok(Command::Rcpt { forward_path }) => {
                self.transaction.add_recipient(forward_path, self.delivery.service()).map(|()| reply::OK)
            }
            Ok(Command::Data) => self.handle_data(channel),
            Ok(Command::StartTls) => self.handle_starttls(),
            Ok(Command::Reset) => {
                self.transaction = Transaction::default();
                Ok(reply::OK)
            }
            Ok(Command::Verify) => Ok(reply::CANNOT_VERIFY),
            Ok(Command::Help) => Ok(reply::HELP),
            Ok(Command::Noop) => Ok(reply::OK),
            Ok(Command::Quit) => Ok(reply::BYE),
            Err(_) if is_http_request(line) => return self.close(HTTP_REQUEST, channel),
            Err(reply) => {
                let is_recipient = line.get(..4).is_some_and(|verb| verb.eq_ignore_ascii_case(b"RCPT"));
                Err(if is_recipient { self.transaction.refuse_recipient(reply) } else { reply })
            }
        };
        let reply = reply.unwrap_or_else(|refusal| refusal);
        self.push_reply(reply, channel)?;
        match reply {
            reply::BYE => channel.close_when_done(),
            reply::READY_FOR_TLS => channel.upgrade_when_done(),
            _ => {}
        }
        Ok(())
    }

    /// Sends a reply. Closes behind it if it is one refusal too many.
    fn push_reply(&mut self, reply: Reply, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push_slice(reply.as_bytes())?;
        self.refusals.note(reply);
        let is_last = self.refusals.count() >= self.delivery.service().max_refusals;
        if is_last { self.close("too many refused commands", channel) } else { Ok(()) }
    }

    fn hello(&mut self, name: &str, is_extended: bool) {
        self.hello = Some(Hello { name: name.into(), is_extended });
        self.transaction = Transaction::default();
    }

    fn push_extensions(&self, channel: &mut Channel) -> Result<(), BoxError> {
        let service = self.delivery.service();
        write!(channel, "250-{}\r\n250-PIPELINING\r\n250-8BITMIME\r\n", service.host)?;
        if self.tls == Tls::Available {
            channel.push_slice(b"250-STARTTLS\r\n")?;
        }
        Ok(write!(channel, "250-SIZE {}\r\n250 HELP\r\n", service.max_message_len)?)
    }

    fn handle_mail(&mut self, reverse_path: Path<'_>, size: u64) -> Result<Reply, Reply> {
        if self.hello.is_none() {
            return Err(reply::HELLO_FIRST);
        }
        if self.transaction.reverse_path.is_none() && size > self.delivery.service().max_message_len {
            return Err(reply::TOO_MUCH_MAIL);
        }
        self.transaction.begin(reverse_path)?;
        Ok(reply::OK)
    }

    fn handle_data(&mut self, channel: &mut Channel) -> Result<Reply, Reply> {
        self.transaction.check_complete()?;
        let service = self.delivery.service();
        let protocol = match (&self.hello, self.tls) {
            (Some(Hello { is_extended: true, .. }), Tls::Active) => "ESMTPS",
            (Some(Hello { is_extended: true, .. }), _) => "ESMTP",
            _ => "SMTP",
        };
        let client = self.hello.as_ref().map_or("", |hello| &hello.name);
        let session = Session { host: &service.host, client, peer: self.peer, protocol };
        let mut trace = String::new();
        write_trace(&mut trace, &session, &self.transaction, (service.now)()).map_err(|_| reply::LOCAL_ERROR)?;
        self.delivery.begin(trace);
        self.content = Content::default();
        self.state = State::Message;
        channel.set_max_frame_len(usize::MAX);
        Ok(reply::START_MESSAGE)
    }

    fn handle_starttls(&self) -> Result<Reply, Reply> {
        match self.tls {
            Tls::Available => Ok(reply::READY_FOR_TLS),
            Tls::Active => Err(reply::ENCRYPTED_ALREADY),
            Tls::Unavailable => Err(reply::NOT_IMPLEMENTED),
        }
    }

    fn handle_message_data(&mut self, data: &[u8], channel: &mut Channel) {
        if has_bare_newline(data) {
            self.delivery.refuse(Refusal::BareNewline);
        }
        let data = self.content.data(data);
        self.append(data, channel);
    }

    fn handle_message_line(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        if self.content.end_line() == LineEnd::OfMessage {
            self.state = State::Storing;
            channel.set_max_frame_len(MAX_LINE_LEN);
            let reply = self.delivery.finish(channel);
            return self.end_message(reply, channel);
        }
        // The lines of a message share one grace period: one line in each would take years.
        channel.continue_request();
        self.append(b"\r\n", channel);
        Ok(())
    }

    fn append(&mut self, data: &[u8], channel: &mut Channel) {
        if self.content.len() > self.delivery.service().max_message_len {
            self.delivery.refuse(Refusal::TooLarge);
        }
        self.delivery.append(data);
        if self.delivery.is_full() {
            // There is no reply before the end of the message.
            let _ = self.delivery.advance(channel);
        }
    }

    /// Sends the reply to a message, if it is known, and reads commands again.
    fn end_message(&mut self, reply: Option<Reply>, channel: &mut Channel) -> Result<(), BoxError> {
        let Some(reply) = reply else { return Ok(()) };
        if reply == reply::OK {
            self.refusals.forgive();
        }
        self.push_reply(reply, channel)?;
        self.transaction = Transaction::default();
        self.state = State::Command;
        if self.is_shutting_down && !channel.is_closing() {
            self.close("the server shuts down", channel)
        } else {
            Ok(())
        }
    }

    /// Sends the one reply after which a server may close by itself (RFC 5321 §3.8), and closes.
    fn close(&self, reason: &str, channel: &mut Channel) -> Result<(), BoxError> {
        write!(channel, "421 {} closing: {reason}\r\n", self.delivery.service().host)?;
        channel.close_when_done();
        Ok(())
    }
}

impl Handler for SmtpHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_max_frame_len(MAX_LINE_LEN);
        channel.set_terminator(b"\r\n");
        if self.tls != Tls::Active {
            write!(channel, "220 {} ESMTP asynchat\r\n", self.delivery.service().host)?;
        }
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        if self.state == State::Message {
            self.handle_message_data(data, channel);
            return Ok(());
        }
        if has_bare_newline(data) {
            return self.close("a command has a CR or an LF outside of a CRLF", channel);
        }
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        if self.state == State::Message {
            return self.handle_message_line(channel);
        }
        let mut line = mem::take(&mut self.line);
        self.handle_line(&line, channel)?;
        line.clear();
        self.line = line;
        Ok(())
    }

    /// Skips a command that is too long. A message has no limit on its lines.
    fn frame_too_long(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        if is_http_request(&self.line) {
            return self.close(HTTP_REQUEST, channel);
        }
        self.line.clear();
        Ok(())
    }

    fn frame_skipped(&mut self, _: u64, channel: &mut Channel) -> Result<(), BoxError> {
        self.push_reply(reply::LINE_TOO_LONG, channel)
    }

    fn handle_timeout(&mut self, _: Timeout, channel: &mut Channel) -> Result<(), BoxError> {
        self.close("timeout", channel)
    }

    /// A message that is being stored gets its reply first. One that is still arriving is given up: the client keeps it and
    /// sends it again, since it has no reply.
    fn handle_shutdown(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        if self.state == State::Storing {
            self.is_shutting_down = true;
            return Ok(());
        }
        self.close("the server shuts down", channel)
    }
}
