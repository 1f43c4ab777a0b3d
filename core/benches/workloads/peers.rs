//! The same streams, read by other libraries.

use std::io::BufRead;

use bstr::io::BufReadExt;
use bytes::BytesMut;
use memchr::{memchr_iter, memmem};

use super::Seen;

/// `memmem` over the whole stream: it finds the positions and returns nothing else.
pub(super) fn memmem(delimiter: &[u8], stream: &[u8]) -> Seen {
    let mut seen = Seen::default();
    let mut from = 0;
    for at in memmem::find_iter(stream, delimiter) {
        seen.frames += 1;
        seen.bytes += (at - from) as u64;
        from = at + delimiter.len();
    }
    seen
}

/// `memchr` for LF; the byte before it is compared with CR.
pub(super) fn memchr_crlf(stream: &[u8]) -> Seen {
    let mut seen = Seen::default();
    let mut from = 0;
    for at in memchr_iter(b'\n', stream) {
        if let Some(end) = at.checked_sub(1).filter(|&before| before >= from && stream[before] == b'\r') {
            seen.frames += 1;
            seen.bytes += (end - from) as u64;
            from = at + 1;
        }
    }
    seen
}

/// `memchr` for LF; a CR before it belongs to the end of the line.
pub(super) fn memchr_either(stream: &[u8]) -> Seen {
    let mut seen = Seen::default();
    let mut from = 0;
    for at in memchr_iter(b'\n', stream) {
        let end = at.checked_sub(1).filter(|&before| before >= from && stream[before] == b'\r').unwrap_or(at);
        seen.frames += 1;
        seen.bytes += (end - from) as u64;
        from = at + 1;
    }
    seen
}

pub(super) fn aho_corasick(searcher: &aho_corasick::AhoCorasick, stream: &[u8]) -> Seen {
    let mut seen = Seen::default();
    let mut from = 0;
    for found in searcher.find_iter(stream) {
        seen.frames += 1;
        seen.bytes += (found.start() - from) as u64;
        from = found.end();
    }
    seen
}

pub(super) fn bstr(mut stream: &[u8]) -> Seen {
    let mut seen = Seen::default();
    // The closure returns no error, and a slice has no read errors.
    let _ = stream.for_byte_line(|line| {
        seen.frames += 1;
        seen.bytes += line.len() as u64;
        Ok(true)
    });
    seen
}

pub(super) fn tokio_lines(buffer: &mut BytesMut) -> Seen {
    use tokio_util::codec::{Decoder, LinesCodec};
    let mut seen = Seen::default();
    let mut codec = LinesCodec::new();
    while let Ok(Some(line)) = codec.decode(buffer) {
        seen.frames += 1;
        seen.bytes += line.len() as u64;
    }
    seen
}

/// This codec returns lines with their ends.
pub(super) fn asynchronous_lines(buffer: &mut BytesMut) -> Seen {
    use asynchronous_codec::{Decoder, LinesCodec};
    let mut seen = Seen::default();
    while let Ok(Some(line)) = LinesCodec.decode(buffer) {
        seen.frames += 1;
        seen.bytes += line.trim_end_matches("\r\n").len() as u64;
    }
    seen
}

/// `read_until` of std, with one `Vec` for all lines. The reader is the whole stream in memory.
pub(super) fn read_until(mut stream: &[u8], line: &mut Vec<u8>) -> Seen {
    let mut seen = Seen::default();
    loop {
        line.clear();
        match stream.read_until(b'\n', line) {
            Ok(1..) => {
                seen.frames += 1;
                seen.bytes += line.strip_suffix(b"\r\n").unwrap_or(line).len() as u64;
            }
            _ => return seen,
        }
    }
}
