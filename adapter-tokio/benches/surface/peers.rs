//! The same stream, read by other libraries.

use std::io::BufRead;

use bytes::Bytes;
use futures_util::StreamExt;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio_util::codec::{FramedRead, LinesCodec};

use crate::measure::Seen;
use crate::repeated::Repeated;

/// tokio-util's lines, each a `String`.
pub(crate) async fn framed_lines(stream: Bytes) -> Seen {
    let mut seen = Seen::default();
    let mut lines = FramedRead::new(Repeated::new(stream), LinesCodec::new());
    while let Some(Ok(line)) = lines.next().await {
        seen.frames += 1;
        seen.bytes += line.len() as u64;
    }
    seen
}

/// tokio's `read_until`, with one `Vec` for all lines.
pub(crate) async fn read_until(stream: Bytes) -> Seen {
    let mut seen = Seen::default();
    // A reader of tokio that is not in memory needs the buffer.
    let mut reader = BufReader::new(Repeated::new(stream));
    let mut line = Vec::new();
    while let Ok(1..) = reader.read_until(b'\n', &mut line).await {
        count(&mut seen, &line);
        line.clear();
    }
    seen
}

/// std's `read_until`, with one `Vec` for all lines and no runtime.
pub(crate) fn std_read_until(stream: Bytes) -> Seen {
    let mut seen = Seen::default();
    let mut reader = std::io::BufReader::new(Repeated::new(stream));
    let mut line = Vec::new();
    while let Ok(1..) = reader.read_until(b'\n', &mut line) {
        count(&mut seen, &line);
        line.clear();
    }
    seen
}

fn count(seen: &mut Seen, line: &[u8]) {
    seen.frames += 1;
    seen.bytes += line.strip_suffix(b"\r\n").unwrap_or(line).len() as u64;
}
