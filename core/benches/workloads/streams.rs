//! The streams that are measured.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The approximate size of a stream, in bytes: more than the first-level cache holds, less than the second-level cache.
pub(crate) const SIZE: usize = 256 * 1024;

/// Whole lines of `length` bytes and a CRLF.
pub(crate) fn lines(length: usize) -> Rc<[u8]> {
    frames(&text(length), b"\r\n")
}

/// Lines of random length that end in CRLF: `mean` bytes on average. The lengths have an exponential distribution, so there
/// are many short lines and a few long ones.
pub(crate) fn random_lines(mean: usize) -> Rc<[u8]> {
    let longest = text(8 * mean);
    let mut stream = Vec::new();
    let mut random = 1;
    while stream.len() < SIZE {
        random = next_random(random);
        // The high bits of such a generator are the random ones. Between 0 and 1, and neither of them:
        let uniform = ((random >> 33) as f64 + 0.5) / (1u64 << 31) as f64;
        let length = (-uniform.ln() * mean as f64) as usize;
        stream.extend_from_slice(&longest[..length.min(longest.len())]);
        stream.extend_from_slice(b"\r\n");
    }
    stream.into()
}

/// Knuth's linear congruential generator (MMIX): the same lengths in every run.
fn next_random(random: u64) -> u64 {
    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
}

/// One frame, repeated until the stream is full, at least three times.
pub(crate) fn frames(frame: &[u8], delimiter: &[u8]) -> Rc<[u8]> {
    let one = [frame, delimiter].concat();
    one.repeat((SIZE / one.len()).max(3)).into()
}

/// Letters and spaces.
pub(crate) fn text(length: usize) -> Vec<u8> {
    b"the quick brown fox jumps over the lazy dog ".iter().copied().cycle().take(length).collect()
}

/// Lines of 76 bytes, as in a base64 body.
pub(crate) fn base64(length: usize) -> Vec<u8> {
    let line = [text(76), b"\r\n".to_vec()].concat();
    line.iter().copied().cycle().take(length).collect()
}

/// The Rust sources of this workspace, with CRLF line ends: text of real line lengths that is always available.
pub(crate) fn sources() -> Rc<[u8]> {
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

/// The bytes that redis-benchmark sends with `-P 64 -t ping_mbulk,set,get,incr,lpush`: 64 requests of one kind, then of
/// the next. Keys are as `-r` makes them from `key:__rand_int__`. Values have 3 bytes.
pub(crate) fn redis() -> Rc<[u8]> {
    let mut stream = Vec::new();
    let mut number = 1u64;
    while stream.len() < SIZE {
        for kind in 0..5 {
            for _ in 0..64 {
                // Any number of twelve digits.
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

/// One request, repeated until the stream is full, at least three times.
pub(crate) fn requests(arguments: &[&str]) -> Rc<[u8]> {
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
