//! Decodes the chunked coding of a request (RFC 9112 §7.1).
//!
//! Each part of it is a frame, so the terminator changes with each: a line, a count, a line, and again.

use asynchat_core::Channel;
use httparse::{EMPTY_HEADER, Status as Parsed, parse_headers};

use super::handler::MAX_HEAD_LEN;
use super::head::{MAX_CONTENT_LEN, MAX_FIELDS};
use super::line::{CRLF, find_invalid_byte};
use super::request_error::RequestError;
use super::response::Status;

/// The most bytes that the line before a chunk may have: 4 KiB, as in Go.
pub const MAX_CHUNK_LINE_LEN: usize = 4 * 1024;

/// The most bytes of chunk extensions in one request: 16 KiB, as in hyper.
///
/// The extensions are ignored (RFC 9112 §7.1.1). Without a limit, a client could send any number of bytes as extensions
/// of chunks of one byte.
pub const MAX_EXTENSIONS_LEN: usize = 16 * 1024;

/// The most bytes that the trailer section may have, without its final empty line: as many as a head.
pub const MAX_TRAILERS_LEN: usize = MAX_HEAD_LEN;

/// The decoder of the content of one request. It sets the terminator of each frame.
#[derive(Debug)]
pub(super) struct ChunkedDecoder {
    frame: Frame,
    /// The bytes of the current line, or of the trailer section.
    lines: Vec<u8>,
    /// The place in `lines` where the current line of the trailer section begins.
    line_start: usize,
    /// The bytes of extensions so far.
    extensions_len: usize,
    /// The bytes of content so far, those of the current chunk included.
    content_len: u64,
}

/// The frame that is being read, with its terminator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    /// `chunk-size [ chunk-ext ]`, up to CRLF.
    Size,
    /// `chunk-data`, a count.
    Data,
    /// The CRLF behind `chunk-data`, which is a line without a byte.
    DataEnd,
    /// A line of the trailer section, or the empty line that ends it.
    Trailer,
}

/// The end of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameEnd {
    /// More frames follow.
    Continues,
    /// The content is complete.
    Complete,
}

impl ChunkedDecoder {
    /// Creates a decoder, and sets the terminator of its first line.
    pub(super) fn start(channel: &mut Channel) -> Self {
        let mut decoder =
            Self { frame: Frame::Size, lines: Vec::new(), line_start: 0, extensions_len: 0, content_len: 0 };
        decoder.expect_size(channel);
        channel.expect_frame();
        decoder
    }

    /// Takes a piece of a frame, and returns the bytes of it that are content.
    ///
    /// # Errors
    ///
    /// Returns the error for a byte that the line must not contain, as soon as that byte arrives.
    pub(super) fn decode<'p>(&mut self, piece: &'p [u8]) -> Result<&'p [u8], RequestError> {
        match self.frame {
            Frame::Data => return Ok(piece),
            Frame::DataEnd => return Err(RequestError::bad_request("malformed chunk: no CRLF behind its data")),
            Frame::Size | Frame::Trailer => {}
        }
        if find_invalid_byte(piece).is_some() {
            return Err(RequestError::bad_request(
                "invalid byte in a line of the chunked coding: a control character, or a CR or LF outside a CRLF",
            ));
        }
        self.lines.extend_from_slice(piece);
        Ok(&[])
    }

    /// Ends the current frame, and sets the terminator of the next one.
    ///
    /// # Errors
    ///
    /// Returns the error of a malformed line, and of a chunk, extensions or trailers above a limit.
    pub(super) fn end_frame(&mut self, channel: &mut Channel) -> Result<FrameEnd, RequestError> {
        match self.frame {
            Frame::Size => match self.parse_size_line()? {
                0 => {
                    self.frame = Frame::Trailer;
                    channel.set_max_frame_len(MAX_TRAILERS_LEN);
                }
                size => {
                    self.frame = Frame::Data;
                    channel.set_terminator(size);
                }
            },
            Frame::Data => {
                self.frame = Frame::DataEnd;
                channel.set_terminator(CRLF);
            }
            Frame::DataEnd => self.expect_size(channel),
            Frame::Trailer if self.lines.len() == self.line_start => {
                self.lines.extend_from_slice(CRLF);
                return check_trailers(&self.lines).map(|()| FrameEnd::Complete);
            }
            Frame::Trailer => {
                self.lines.extend_from_slice(CRLF);
                self.line_start = self.lines.len();
                channel.set_max_frame_len(MAX_TRAILERS_LEN.saturating_sub(self.line_start));
            }
        }
        channel.continue_request();
        Ok(FrameEnd::Continues)
    }

    /// Returns the error of a line, or a trailer section, that is longer than its limit.
    pub(super) fn too_long(&self) -> RequestError {
        match self.frame {
            Frame::Trailer => RequestError::new(
                Status::FieldsTooLarge,
                format!("trailers too long: the limit is {MAX_TRAILERS_LEN} bytes"),
            ),
            _ => RequestError::bad_request(format!("chunk line too long: the limit is {MAX_CHUNK_LINE_LEN} bytes")),
        }
    }

    fn expect_size(&mut self, channel: &mut Channel) {
        self.frame = Frame::Size;
        channel.set_max_frame_len(MAX_CHUNK_LINE_LEN);
        channel.set_terminator(CRLF);
    }

    /// Takes the line of a chunk, and returns the size of the chunk.
    fn parse_size_line(&mut self) -> Result<u64, RequestError> {
        let (size, extensions) =
            parse_size(&self.lines).ok_or_else(|| RequestError::bad_request("malformed chunk size"))?;
        self.extensions_len += extensions.len();
        if self.extensions_len > MAX_EXTENSIONS_LEN {
            return Err(RequestError::new(
                Status::ContentTooLarge,
                format!("chunk extensions too long: the limit is {MAX_EXTENSIONS_LEN} bytes"),
            ));
        }
        self.content_len = self.content_len.saturating_add(size);
        if self.content_len > MAX_CONTENT_LEN {
            return Err(RequestError::content_too_large());
        }
        self.lines.clear();
        Ok(size)
    }
}

/// Parses `chunk-size [ chunk-ext ]`. A size above `u64::MAX` becomes `u64::MAX`.
///
/// The extensions begin with `;`, or with white space before it (RFC 9112 §7.1.1). Their names and values are not parsed.
fn parse_size(line: &[u8]) -> Option<(u64, &[u8])> {
    let (digits, extensions) =
        line.split_at(line.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(line.len()));
    if digits.is_empty() || !(extensions.is_empty() || extensions.trim_ascii_start().starts_with(b";")) {
        return None;
    }
    Some((u64::from_str_radix(str::from_utf8(digits).ok()?, 16).unwrap_or(u64::MAX), extensions))
}

/// Checks that the trailer section is well-formed (RFC 9112 §7.1.2). Its fields are ignored (RFC 9110 §6.5.1).
fn check_trailers(section: &[u8]) -> Result<(), RequestError> {
    let mut fields = [EMPTY_HEADER; MAX_FIELDS];
    match parse_headers(section, &mut fields) {
        Ok(Parsed::Complete((len, _))) if len == section.len() => Ok(()),
        Err(httparse::Error::TooManyHeaders) => Err(RequestError::too_many_fields()),
        _ => Err(RequestError::bad_request("malformed trailer field")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunk_size_is_hex_digits_and_extensions() {
        for (line, size, extensions) in [
            ("0", 0, ""),
            ("00aF", 0xaf, ""),
            ("5;a=b", 5, ";a=b"),
            ("5 \t; a = \"b;\"", 5, " \t; a = \"b;\""),
            ("ffffffffffffffff", u64::MAX, ""),
            ("10000000000000000", u64::MAX, ""),
        ] {
            assert_eq!(parse_size(line.as_bytes()), Some((size, extensions.as_bytes())), "{line}");
        }
        for line in ["", ";a", " 5", "5 ", "5\t", "0x5", "+5", "-5", "5_0", "5g", "5 5", "5,5", "\u{ff15}"] {
            assert_eq!(parse_size(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn trailer_section_is_field_lines() {
        for section in ["\r\n", "a: b\r\n\r\n", "a:\r\nContent-Length: 5\r\n\r\n"] {
            assert_eq!(check_trailers(section.as_bytes()), Ok(()), "{section}");
        }
        for section in ["a\r\n\r\n", "a : b\r\n\r\n", " a: b\r\n\r\n", "a: b\r\n c\r\n\r\n", ": b\r\n\r\n"] {
            assert!(check_trailers(section.as_bytes()).is_err(), "{section}");
        }
        assert_eq!(
            check_trailers(("a: b\r\n".repeat(MAX_FIELDS + 1) + "\r\n").as_bytes()),
            Err(RequestError::too_many_fields())
        );
    }
}
