//! The handler: reads a head, then its content, then responds.

use std::mem;
use std::time::SystemTime;

use asynchat_core::{BoxError, Channel, End, Error, Handler, PushError, Terminator, Timeout};
use bytes::Bytes;

use super::chunked::{ChunkedDecoder, FrameEnd};
use super::content::{ContentBudget, HeldContent};
use super::date::{Date, date_at};
use super::head::parse;
use super::line::{CRLF, find_invalid_byte};
use super::request::{Framing, Request};
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
/// use std::time::{Duration, SystemTime};
///
/// use asynchat_core::{Chat, Config, Input};
/// use asynchat_tests::protocols::http::HttpHandler;
/// use bytes::Buf;
///
/// let now = Duration::ZERO;
/// let handler = HttpHandler::new().with_clock(|| SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777));
/// let mut chat = Chat::new(handler, Config::default());
/// chat.handle_input(now, &mut Input::new(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/x\r\nContent-Le"))?;
/// chat.handle_input(now, &mut Input::new(b"ngth: 5\r\n\r\nhel"))?;
/// assert!(!chat.wants_write());
/// chat.handle_input(now, &mut Input::new(b"lo"))?;
/// let mut staged = chat.poll_transmit(&mut Context::from_waker(Waker::noop()));
/// assert_eq!(
///     staged.copy_to_bytes(staged.remaining()),
///     "HTTP/1.1 200 OK\r\nServer: asynchat\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
///      Content-Type: text/x; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello",
/// );
/// # Ok::<(), asynchat_core::Error>(())
/// ```
#[derive(Debug)]
pub struct HttpHandler {
    /// The head of the current request. It is kept until the response, because an error in the content also has to be
    /// answered according to the method: a response to `HEAD` has no content.
    head: Vec<u8>,
    /// The place in `head` where its current line begins.
    line_start: usize,
    /// The empty lines before the head.
    empty_lines: usize,
    /// The request whose content is being read, or `None` while a head is read.
    request: Option<Request>,
    /// The decoder of that content, if it is in chunked coding.
    chunked: Option<Box<ChunkedDecoder>>,
    content: HeldContent,
    /// The budget is spent: the content of this request is returned as it arrives.
    is_streaming: bool,
    clock: fn() -> SystemTime,
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
            line_start: 0,
            empty_lines: 0,
            request: None,
            chunked: None,
            content: HeldContent::new(budget),
            is_streaming: false,
            clock: SystemTime::now,
        }
    }

    /// Sets the clock of the `Date` field, which is the system's by default.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> SystemTime) -> Self {
        Self { clock, ..self }
    }

    /// Ends a line of the head. The head is complete with an empty line.
    fn handle_head_line(&mut self, channel: &mut Channel) -> Result<(), PushError> {
        if self.head.len() > self.line_start {
            self.head.extend_from_slice(CRLF);
            self.line_start = self.head.len();
            channel.set_max_frame_len(MAX_HEAD_LEN.saturating_sub(self.line_start));
            channel.continue_request();
            return Ok(());
        }
        if self.head.is_empty() {
            self.empty_lines += 1;
            if self.empty_lines > MAX_EMPTY_LINES {
                return self.reject(RequestError::bad_request("too many empty lines before a request line"), channel);
            }
            channel.continue_request();
            return Ok(());
        }
        self.head.extend_from_slice(CRLF);
        let mut request = match parse(&mut self.head) {
            Ok(request) => request,
            Err(error) => return self.reject(error, channel),
        };
        if request.expects_continue {
            if request.is_error() {
                // After this response the client may or may not send its content. Only a close makes the framing clear
                // (RFC 9110 §10.1.1).
                request.persistence.keep_alive = false;
                return request.respond(Bytes::new(), self.date(), channel);
            }
            channel.push_slice(Response::CONTINUE)?;
        }
        match request.framing {
            Framing::Length(length) => {
                channel.set_terminator(length);
                channel.expect_frame();
            }
            Framing::Chunked => self.chunked = Some(Box::new(ChunkedDecoder::start(channel))),
        }
        self.request = Some(request);
        Ok(())
    }

    /// Ends a frame of the content. All of it is one frame, unless it is in chunked coding.
    fn handle_content_end(&mut self, request: Request, channel: &mut Channel) -> Result<(), PushError> {
        if let Some(chunked) = &mut self.chunked {
            match chunked.end_frame(channel) {
                Ok(FrameEnd::Continues) => {
                    self.request = Some(request);
                    return Ok(());
                }
                Ok(FrameEnd::Complete) => self.chunked = None,
                Err(error) => return self.reject(error, channel),
            }
        }
        self.handle_request(request, channel)
    }

    fn handle_request(&mut self, request: Request, channel: &mut Channel) -> Result<(), PushError> {
        self.head.clear();
        self.head.shrink_to(Self::KEPT_HEAD_CAPACITY);
        (self.line_start, self.empty_lines) = (0, 0);
        channel.set_max_frame_len(MAX_HEAD_LEN);
        channel.set_terminator(CRLF);
        if mem::take(&mut self.is_streaming) {
            return request.end_echo(channel);
        }
        request.respond(self.content.take(), self.date(), channel)
    }

    fn handle_content(&mut self, piece: &[u8], channel: &mut Channel) -> Result<(), PushError> {
        let piece = match self.chunked.as_mut().map(|chunked| chunked.decode(piece)) {
            None => piece,
            Some(Ok(content)) => content,
            Some(Err(error)) => return self.reject(error, channel),
        };
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
            request.begin_echo(self.content.take(), self.date(), channel)?;
        }
        request.push_echo(Bytes::copy_from_slice(piece), channel)
    }

    /// Queues an error response and closes after it. Further input is discarded; the connection lingers, so that the
    /// client receives the response even while it is still sending.
    ///
    /// A response that has begun ends short instead, which tells the client.
    fn reject(&mut self, error: RequestError, channel: &mut Channel) -> Result<(), PushError> {
        if !self.is_streaming {
            let is_head = self.head.starts_with(b"HEAD ");
            channel.push(error.into_response(self.date(), is_head))?;
        }
        self.content.take();
        channel.close_when_done();
        Ok(())
    }

    /// Returns whether a request has begun and is not complete. Empty lines are no request.
    fn is_within_request(&self) -> bool {
        // The head is cleared at the response.
        !self.head.is_empty()
    }

    fn date(&self) -> Date {
        date_at((self.clock)())
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
        channel.set_terminator(CRLF);
        channel.expect_frame();
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        match &self.request {
            Some(_) => self.handle_content(data, channel)?,
            None => {
                let invalid = find_invalid_byte(data);
                self.head.extend_from_slice(&data[..invalid.unwrap_or(data.len())]);
                if invalid.is_some() {
                    self.reject(RequestError::bad_request(INVALID_BYTE), channel)?;
                }
            }
        }
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        match self.request.take() {
            Some(request) => self.handle_content_end(request, channel)?,
            None => self.handle_head_line(channel)?,
        }
        Ok(())
    }

    /// Rejects a head that is too long: with 414 if it ends inside the target, with 501 inside the method (RFC 9112 §3),
    /// otherwise with 431 (RFC 6585 §5). In content the limit applies to the lines of the chunked coding.
    fn frame_too_long(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let error = match &self.chunked {
            Some(chunked) => chunked.too_long(),
            None => head_too_long(&self.head),
        };
        Ok(self.reject(error, channel)?)
    }

    /// Ends a connection whose client is too slow. A request that has begun gets 408 (RFC 9110 §15.5.9), unless its
    /// response has begun too.
    ///
    /// A connection that waits for a request is closed without an answer (RFC 9112 §9.5). The client may be sending its next
    /// request, and would take a 408 for the answer to it.
    fn handle_timeout(&mut self, timeout: Timeout, channel: &mut Channel) -> Result<(), BoxError> {
        match timeout {
            Timeout::Frame if self.is_streaming => return Err(Error::SentTooSlowly.into()),
            Timeout::Frame if self.is_within_request() => {
                self.reject(RequestError::new(Status::RequestTimeout, "the request came too slowly"), channel)?;
            }
            _ => channel.close_when_done(),
        }
        Ok(())
    }

    /// Closes after the queued responses, since a half-closed client may still read them. An incomplete request gets
    /// 400 (RFC 9112 §8).
    fn handle_eof(&mut self, _: End, channel: &mut Channel) -> Result<(), BoxError> {
        if self.is_within_request() {
            self.reject(RequestError::bad_request("incomplete request: the stream ended before its end"), channel)?;
        }
        channel.close_when_done();
        Ok(())
    }
}

fn head_too_long(head: &[u8]) -> RequestError {
    let status = if head.contains(&b'\n') {
        Status::FieldsTooLarge
    } else if head.contains(&b' ') {
        Status::UriTooLong
    } else if head.iter().all(|&byte| is_token_byte(byte)) {
        Status::NotImplemented
    } else {
        Status::FieldsTooLarge
    };
    RequestError::new(status, format!("head too long: the limit is {MAX_HEAD_LEN} bytes"))
}

/// Returns whether a method may have this byte (RFC 9110 §5.6.2).
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
