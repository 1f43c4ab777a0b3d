//! The conversation: heads, contents, answers, in turn.

use std::mem;
use std::sync::LazyLock;

use asynchat_core::{BoxError, Channel, End, Handler, PushError, Terminator};

use super::head::parse;
use super::lines::Lines;
use super::refusal::Refusal;
use super::request::Request;
use super::response::{Response, Status};

/// How long a head may be, its last empty line not counted: 16 KiB, as node has it. Apache allows 8 KiB for each line,
/// nginx 32 KiB for the whole; cookies of 4 KiB each, the most a browser keeps, fit three times.
pub const MAX_HEAD_LEN: usize = 16 * 1024;

/// How many empty lines may come before a request line. RFC 9112 §2.2 wants at least one to be passed over, for clients
/// that send one behind their content; without a bound, a peer could send nothing else for ever.
pub const MAX_EMPTY_LINES: usize = 8;

const HEAD_END: &[u8; 4] = b"\r\n\r\n";

/// Ends a head in any case: two CRs are malformed. They have to be looked for by name, since the second would be held
/// back as what may begin a [`HEAD_END`], and never seen if the client thinks that its head ends so.
const BARE_CRS: &[u8; 2] = b"\r\r";

static HEAD_ENDS: LazyLock<Terminator> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "neither member lies in the other, so both can fire")]
    Terminator::any_of([&HEAD_END[..], BARE_CRS]).expect("a proper set")
});

/// Which of [`HEAD_ENDS`] is the malformed one.
const IS_BARE_CRS: usize = 1;

const BARE: &str = "a control character, or a CR or LF that is not part of a CRLF, in the head";

/// An HTTP server's end of one connection. The [module's page](crate::protocols::http) says what it serves.
///
/// The content of a request is collected, up to [`MAX_CONTENT_LEN`](super::MAX_CONTENT_LEN), and answered when it is
/// complete. `POST /echo` could send it back as it comes, in constant memory; but most clients read nothing until they
/// have sent everything, so beyond what the socket buffers and the queue hold, the two would wait for each other. What
/// is collected is then sent without a copy.
///
/// # Examples
///
/// ```
/// use asynchat_core::{Chat, Config, Input};
/// use asynchat_tests::protocols::http::HttpHandler;
/// use bytes::Buf;
///
/// let now = std::time::Duration::ZERO;
/// let mut chat = Chat::new(HttpHandler::new(), Config::default());
/// chat.handle_input(now, &mut Input::new(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/x\r\nContent-Le"))?;
/// chat.handle_input(now, &mut Input::new(b"ngth: 5\r\n\r\nhel"))?;
/// assert!(!chat.wants_write());
/// chat.handle_input(now, &mut Input::new(b"lo"))?;
/// let mut staged = chat.poll_transmit();
/// assert_eq!(
///     staged.copy_to_bytes(staged.remaining()),
///     "HTTP/1.1 200 OK\r\nServer: asynchat\r\nContent-Type: text/x\r\nContent-Length: 5\r\n\r\nhello",
/// );
/// # Ok::<(), asynchat_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct HttpHandler {
    /// The head of the present request. It stays until the answer: even what goes wrong with the content has to be
    /// answered according to the method.
    head: Vec<u8>,
    lines: Lines,
    empty_lines: usize,
    /// The request whose content is coming; `None` while a head is.
    request: Option<Request>,
    content: Vec<u8>,
}

impl HttpHandler {
    /// How much room for a head is kept between requests: enough for a browser's usual one.
    const KEPT_HEAD: usize = 512;

    /// A handler for a new connection.
    pub fn new() -> Self {
        Self::default()
    }

    fn head_is_complete(&mut self, channel: &mut Channel) -> Result<(), PushError> {
        if channel.matched() == IS_BARE_CRS {
            return self.refuse(Refusal::malformed(BARE), channel);
        }
        if self.head.is_empty() {
            // Two empty lines. They are no frame that was owed, so it still is.
            self.empty_lines += 2;
            if self.empty_lines > MAX_EMPTY_LINES {
                return self.refuse(Refusal::malformed("empty lines, and no request"), channel);
            }
            channel.expect_frame();
            return Ok(());
        }
        self.head.extend_from_slice(HEAD_END);
        let mut request = match parse(self.request_head()) {
            Ok(request) => request,
            Err(refusal) => return self.refuse(refusal, channel),
        };
        if request.waits_for_continue {
            if request.is_refused() {
                // Having read this, the client may send the content or leave it out. Only a close is clear (RFC 9110
                // §10.1.1).
                request.persistence.stays = false;
                return request.answer(Vec::new(), channel);
            }
            channel.push(Response::CONTINUE)?;
        }
        channel.set_terminator(request.content_length);
        channel.expect_frame();
        self.request = Some(request);
        Ok(())
    }

    fn request_is_complete(&mut self, request: Request, channel: &mut Channel) -> Result<(), PushError> {
        self.head.clear();
        self.head.shrink_to(Self::KEPT_HEAD);
        self.empty_lines = 0;
        channel.set_terminator(HEAD_ENDS.clone());
        request.answer(mem::take(&mut self.content), channel)
    }

    /// Answers that there will be no answer. What the peer still sends is dropped, and it gets this all the same: the
    /// conversation lingers.
    fn refuse(&mut self, refusal: Refusal, channel: &mut Channel) -> Result<(), PushError> {
        channel.push(refusal.response(self.request_head().starts_with(b"HEAD ")))?;
        channel.close_when_done();
        Ok(())
    }

    /// The head without the empty line that may come before it. More than one are a terminator, and never in here.
    fn request_head(&self) -> &[u8] {
        self.head.strip_prefix(b"\r\n").unwrap_or(&self.head)
    }
}

impl Handler for HttpHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_max_frame_len(MAX_HEAD_LEN);
        channel.set_terminator(HEAD_ENDS.clone());
        channel.expect_frame();
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        match &self.request {
            Some(request) => {
                if request.keeps_content() {
                    self.content.extend_from_slice(data);
                }
            }
            None => {
                let accepted = self.lines.accept(data);
                self.head.extend_from_slice(&data[..accepted]);
                if accepted < data.len() {
                    self.refuse(Refusal::malformed(BARE), channel)?;
                }
            }
        }
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        match self.request.take() {
            Some(request) => self.request_is_complete(request, channel)?,
            None => self.head_is_complete(channel)?,
        }
        Ok(())
    }

    /// Only a head is bounded this way. If it was still within its request line, that was too long (RFC 9112 §3), else
    /// the fields were (RFC 6585 §5).
    fn frame_too_long(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let head = self.request_head();
        let is_target = head.contains(&b' ') && !head.contains(&b'\n');
        let status = if is_target { Status::UriTooLong } else { Status::FieldsTooLarge };
        Ok(self.refuse(Refusal::new(status, "the head is too long"), channel)?)
    }

    /// A client that has sent all its requests may still be reading the answers. If the last was cut short, that is said
    /// (RFC 9112 §8).
    fn handle_eof(&mut self, _: End, channel: &mut Channel) -> Result<(), BoxError> {
        // Empty lines alone are no request, and from its first byte to its answer a request has a head.
        if !self.head.trim_ascii().is_empty() {
            self.refuse(Refusal::malformed("the request is not complete"), channel)?;
        }
        channel.close_when_done();
        Ok(())
    }
}
