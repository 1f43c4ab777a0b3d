//! The streams.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// How long a stream is, in bytes, about: more than the first level of the cache, less than the second.
pub(super) const SIZE: usize = 256 * 1024;

/// Lines of so many bytes and a CRLF, in whole.
pub(super) fn lines(length: usize) -> Rc<[u8]> {
    frames(&text(length), b"\r\n")
}

/// The same frame again and again, as many as fit; three at least.
pub(super) fn frames(frame: &[u8], delimiter: &[u8]) -> Rc<[u8]> {
    let one = [frame, delimiter].concat();
    one.repeat((SIZE / one.len()).max(3)).into()
}

/// Letters and spaces.
pub(super) fn text(length: usize) -> Vec<u8> {
    b"the quick brown fox jumps over the lazy dog ".iter().copied().cycle().take(length).collect()
}

/// Text as a body in base64 has it: lines of 76 bytes.
pub(super) fn base64(length: usize) -> Vec<u8> {
    let line = [text(76), b"\r\n".to_vec()].concat();
    line.iter().copied().cycle().take(length).collect()
}

/// This workspace's own Rust sources with CRLF at the ends of their lines: text that is there wherever this runs, with
/// lines as long as people write them.
pub(super) fn sources() -> Rc<[u8]> {
    let mut files = Vec::new();
    rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut files);
    files.sort();
    let mut stream = Vec::new();
    for text in files.iter().filter_map(|file| fs::read_to_string(file).ok()) {
        for line in text.lines() {
            stream.extend_from_slice(line.as_bytes());
            stream.extend_from_slice(b"\r\n");
        }
        if stream.len() >= SIZE {
            break;
        }
    }
    stream.into()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if entry.file_name() != "target" {
                rust_files(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// What redis-benchmark sends with `-P 64 -t ping_mbulk,set,get,incr,lpush`: 64 requests of one kind, then of the next.
/// Keys are what `-r` makes of `key:__rand_int__`, and the value has its three bytes.
pub(super) fn redis() -> Rc<[u8]> {
    let mut stream = Vec::new();
    let mut number = 1u64;
    while stream.len() < SIZE {
        for kind in 0..5 {
            for _ in 0..64 {
                // Any numbers will do that have twelve digits.
                number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1) % 1_000_000_000_000;
                let key = format!("key:{number:012}");
                let counter = format!("counter:{number:012}");
                let request: &[&str] = match kind {
                    0 => &["PING"],
                    1 => &["SET", &key, "xxx"],
                    2 => &["GET", &key],
                    3 => &["INCR", &counter],
                    _ => &["LPUSH", "mylist", "xxx"],
                };
                request_into(&mut stream, request);
            }
        }
    }
    stream.into()
}

/// The same request again and again.
pub(super) fn requests(arguments: &[&str]) -> Rc<[u8]> {
    let mut one = Vec::new();
    request_into(&mut one, arguments);
    one.repeat((SIZE / one.len()).max(3)).into()
}

fn request_into(stream: &mut Vec<u8>, arguments: &[&str]) {
    stream.extend_from_slice(format!("*{}\r\n", arguments.len()).as_bytes());
    for argument in arguments {
        stream.extend_from_slice(format!("${}\r\n{argument}\r\n", argument.len()).as_bytes());
    }
}
