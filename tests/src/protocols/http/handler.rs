//! The handler: reads a head, then its content, then responds.

use std::mem;
use std::sync::LazyLock;

use asynchat_core::{BoxError, Channel, End, Handler, PushError, Terminator};
use bytes::Bytes;

use super::content::{ContentBudget, HeldContent};
use super::head::parse;
use super::line_validator::LineValidator;
use super::request::Request;
use super::request_error::RequestError;
use super::response::{Response, Status};

/// The most bytes that a head may have, without its final empty line: 16 KiB, as in Node.js.
///
/// Apache allows 8 KiB for each line, nginx 32 KiB for the whole head. Three cookies of 4 KiB, the largest that
/// browsers keep, fit.
pub const MAX_HEAD_LEN: usize = 16 * 1024;

/// The most empty lines that are ignored before a request line.
///
/// RFC 9112 §2.2 asks for at least one, for clients that send a CRLF after their content. The bound stops a client that
/// sends only empty lines.
pub const MAX_EMPTY_LINES: usize = 8;

const HEAD_END: &[u8; 4] = b"\r\n\r\n";

/// Always malformed (RFC 9112 §2.2). It is a delimiter too, because the framer would hold the second CR back as a
/// possible start of [`HEAD_END`]: a client that ends its head this way would get no response.
const DOUBLE_CR: &[u8; 2] = b"\r\r";

static HEAD_TERMINATOR: LazyLock<Terminator> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "neither member contains the other, so both can match")]
    Terminator::any_of([&HEAD_END[..], DOUBLE_CR]).expect("a valid delimiter set")
});

/// The index of [`DOUBLE_CR`] in [`HEAD_TERMINATOR`].
const DOUBLE_CR_INDEX: usize = 1;

const INVALID_BYTE: &str = "invalid byte in the head: a control character, or a CR or LF outside a CRLF";

/// Serves HTTP on one connection. The [module page](crate::protocols::http) lists the resources.
///
/// It collects the content of a request, up to [`MAX_CONTENT_LEN`](super::MAX_CONTENT_LEN), and responds when the
/// content is complete. It then sends the collected bytes without a copy. Most clients read only after they have sent
/// everything. If `POST /echo` returned the bytes as they arrive, such a client and the server would deadlock on
/// content that is larger than the socket buffers and the queue. It does so only when the [`ContentBudget`] is spent.
///
/// # Examples
///
/// ```
/// use std::task::{Context, Waker};
///
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
/// let mut staged = chat.poll_transmit(&mut Context::from_waker(Waker::noop()));
/// assert_eq!(
///     staged.copy_to_bytes(staged.remaining()),
///     "HTTP/1.1 200 OK\r\nServer: asynchat\r\nContent-Type: text/x\r\nContent-Length: 5\r\n\r\nhello",
/// );
/// # Ok::<(), asynchat_core::Error>(())
/// ```
#[derive(Debug)]
pub struct HttpHandler {
    /// The head of the current request. It is kept until the response, because an error in the content also has to be
    /// answered according to the method: a response to `HEAD` has no content.
    head: Vec<u8>,
    line_validator: LineValidator,
    empty_lines: usize,
    /// The request whose content is being read, or `None` while a head is read.
    request: Option<Request>,
    content: HeldContent,
    /// The budget is spent: the content of this request is returned as it arrives.
    is_streaming: bool,
}

impl HttpHandler {
    /// The capacity that is kept between requests. It fits a typical head of a browser.
    const KEPT_HEAD_CAPACITY: usize = 512;

    /// Creates a handler for a new connection.
    pub fn new() -> Self {
        Self::with_content_budget(ContentBudget::default())
    }

    /// Creates a handler that shares this budget with others.
    pub fn with_content_budget(budget: ContentBudget) -> Self {
        Self {
            head: Vec::new(),
            line_validator: LineValidator::default(),
            empty_lines: 0,
            request: None,
            content: HeldContent::new(budget),
            is_streaming: false,
        }
    }

    fn handle_head(&mut self, channel: &mut Channel) -> Result<(), PushError> {
        if channel.matched() == DOUBLE_CR_INDEX {
            return self.reject(RequestError::bad_request(INVALID_BYTE), channel);
        }
        if self.head.is_empty() {
            // Two empty lines are no request, so the client still owes one.
            self.empty_lines += 2;
            if self.empty_lines > MAX_EMPTY_LINES {
                return self.reject(RequestError::bad_request("too many empty lines before a request line"), channel);
            }
            channel.expect_frame();
            return Ok(());
        }
        self.head.extend_from_slice(HEAD_END);
        let mut request = match parse(self.head_without_empty_line()) {
            Ok(request) => request,
            Err(error) => return self.reject(error, channel),
        };
        if request.expects_continue {
            if request.is_error() {
                // After this response the client may or may not send its content. Only a close makes the framing clear
                // (RFC 9110 §10.1.1).
                request.persistence.keep_alive = false;
                return request.respond(Bytes::new(), channel);
            }
            channel.push(Response::CONTINUE)?;
        }
        channel.set_terminator(request.content_length);
        channel.expect_frame();
        self.request = Some(request);
        Ok(())
    }

    fn handle_request(&mut self, request: Request, channel: &mut Channel) -> Result<(), PushError> {
        self.head.clear();
        self.head.shrink_to(Self::KEPT_HEAD_CAPACITY);
        self.empty_lines = 0;
        channel.set_terminator(HEAD_TERMINATOR.clone());
        if mem::take(&mut self.is_streaming) {
            request.end_response(channel);
            return Ok(());
        }
        request.respond(self.content.take(), channel)
    }

    fn handle_content(&mut self, piece: &[u8], channel: &mut Channel) -> Result<(), PushError> {
        let Some(request) = self.request.as_ref().filter(|request| request.needs_content()) else { return Ok(()) };
        if !self.is_streaming {
            let remaining = match channel.terminator() {
                Terminator::Count(remaining) => usize::try_from(*remaining).unwrap_or(usize::MAX),
                _ => 0,
            };
            if self.content.try_extend(piece, remaining) {
                return Ok(());
            }
            self.is_streaming = true;
            request.begin_echo(self.content.take(), channel)?;
        }
        channel.push_slice(piece)
    }

    /// Queues an error response and closes after it. Further input is discarded; the connection lingers, so that the
    /// client receives the response even while it is still sending.
    fn reject(&mut self, error: RequestError, channel: &mut Channel) -> Result<(), PushError> {
        channel.push(error.into_response(self.head_without_empty_line().starts_with(b"HEAD ")))?;
        channel.close_when_done();
        Ok(())
    }

    /// Returns the head without an empty line before it. There is at most one: two match [`HEAD_END`].
    fn head_without_empty_line(&self) -> &[u8] {
        self.head.strip_prefix(b"\r\n").unwrap_or(&self.head)
    }
}

impl Default for HttpHandler {
    fn default() -> Self {
        Self::new()
    }
}

impl Handler for HttpHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_max_frame_len(MAX_HEAD_LEN);
        channel.set_terminator(HEAD_TERMINATOR.clone());
        channel.expect_frame();
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        match &self.request {
            Some(_) => self.handle_content(data, channel)?,
            None => {
                let valid_len = self.line_validator.valid_prefix_len(data);
                self.head.extend_from_slice(&data[..valid_len]);
                if valid_len < data.len() {
                    self.reject(RequestError::bad_request(INVALID_BYTE), channel)?;
                }
            }
        }
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        match self.request.take() {
            Some(request) => self.handle_request(request, channel)?,
            None => self.handle_head(channel)?,
        }
        Ok(())
    }

    /// Rejects a head that is too long: with 414 if it ends inside the request line (RFC 9112 §3), otherwise with 431
    /// (RFC 6585 §5). The frame limit applies to heads only, never to content.
    fn frame_too_long(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let head = self.head_without_empty_line();
        let in_request_line = head.contains(&b' ') && !head.contains(&b'\n');
        let status = if in_request_line { Status::UriTooLong } else { Status::FieldsTooLarge };
        Ok(self
            .reject(RequestError::new(status, format!("head too long: the limit is {MAX_HEAD_LEN} bytes")), channel)?)
    }

    /// Closes after the queued responses, since a half-closed client may still read them. An incomplete request gets
    /// 400 (RFC 9112 §8).
    fn handle_eof(&mut self, _: End, channel: &mut Channel) -> Result<(), BoxError> {
        // A head without text is no request. With text, a request is incomplete: `head` is cleared at the response.
        // A response that has begun ends short, which tells the client.
        if !self.head.trim_ascii().is_empty() && !self.is_streaming {
            self.reject(RequestError::bad_request("incomplete request: the stream ended before its end"), channel)?;
        }
        channel.close_when_done();
        Ok(())
    }
}
