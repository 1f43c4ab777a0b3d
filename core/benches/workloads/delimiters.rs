//! Delimiters other than CRLF: a long one, a set of two, and one with a long border in inputs of one byte.

use std::rc::Rc;

use aho_corasick::{AhoCorasick, MatchKind};
use asynchat_core::Terminator;

use super::{Runner, Workload, ours, peers, streams};

/// The size of an input, in bytes.
const INPUT_SIZE: usize = 64 * 1024;

/// A boundary between the parts of a MIME body: 40 bytes.
const BOUNDARY: &[u8; 40] = b"\r\n--------------------d74496d66958873e5a";

/// A long delimiter between parts. A part is text without line ends, or lines: each line end is a false start.
pub(super) fn long() -> Vec<Workload> {
    let mut found = Vec::new();
    for length in [100, 1000, 10_000] {
        for (kind, part) in [("text", streams::text(length)), ("base64", streams::base64(length))] {
            let stream = streams::frames(&part, BOUNDARY);
            let terminator = Terminator::from(BOUNDARY);
            let runners = vec![
                Runner::new("next_event", &stream, move |stream| ours::events(&terminator, stream, INPUT_SIZE)),
                Runner::new("memmem::find_iter", &stream, |stream| peers::memmem(BOUNDARY, stream)),
            ];
            let units = (stream.len() / (length + BOUNDARY.len())) as u64;
            let case = format!("{length}B-of-{kind}");
            found.push(workload("long_delimiter", case, "part", units, &stream, runners));
        }
    }
    found
}

/// Lines that end in CRLF or LF, in turn.
pub(super) fn either() -> Vec<Workload> {
    let Ok(set) = Terminator::any_of(["\r\n", "\n"]) else { return Vec::new() };
    let searcher = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(["\r\n", "\n"]);
    let Ok(searcher) = searcher else { return Vec::new() };
    let mut found = Vec::new();
    for length in [8, 32, 64, 256, 1024] {
        let line = streams::text(length);
        let stream = streams::frames(&[&line, &b"\r\n"[..], &line].concat(), b"\n");
        let (set, same, searcher) = (set.clone(), set.clone(), searcher.clone());
        let runners = vec![
            Runner::new("next_event", &stream, move |stream| ours::events(&set, stream, INPUT_SIZE)),
            Runner::new("next_frame", &stream, move |stream| ours::frames(&same, stream, INPUT_SIZE)),
            Runner::new("aho-corasick", &stream, move |stream| peers::aho_corasick(&searcher, stream)),
            Runner::new("memchr_iter", &stream, peers::memchr_either),
            Runner::with_buffer("LinesCodec", &stream, peers::tokio_lines),
        ];
        let units = (stream.len() / (2 * length + 3) * 2) as u64;
        found.push(workload("crlf_or_lf", format!("{length}B"), "line", units, &stream, runners));
    }
    found
}

/// Frames that are all too long, so that the delimiter is changed each time before it is found. One large input has to
/// cost the same as many small ones, although each search may use little of the input (F11).
pub(super) fn too_long() -> Vec<Workload> {
    let stream: Rc<[u8]> = b"xyz;;".repeat(streams::SIZE / 5).into();
    let runners = vec![
        Runner::new("one input", &stream, |stream| ours::too_long(stream, stream.len())),
        Runner::new("inputs of 4 KiB", &stream, |stream| ours::too_long(stream, 4096)),
    ];
    vec![workload("too_long", "switching".into(), "byte", stream.len() as u64, &stream, runners)]
}

/// A delimiter in which every byte but the last may begin a match, with 8192 bytes and with 8, in inputs of one byte.
///
/// Three streams: one in which the long delimiter matches, one of its false starts, and for each delimiter one that
/// repeats it.
pub(super) fn one_byte_inputs() -> Vec<Workload> {
    let long_and_short = [("delimiter of 8192", repeating(8192)), ("delimiter of 8", repeating(8))];
    type StreamFor = fn(&[u8]) -> Vec<u8>;
    let streams: [(_, StreamFor); 3] = [
        ("matches", |_| repeating(8192).repeat(8)),
        ("false-starts", |_| repeating(32_768).repeat(2)),
        ("its-own", |delimiter| delimiter.repeat(8 * 8192 / delimiter.len())),
    ];
    let mut found = Vec::new();
    for (case, stream_for) in streams {
        let runners = long_and_short.iter().filter_map(|(name, delimiter)| {
            let terminator = Terminator::try_from(delimiter.as_slice()).ok()?;
            let stream = stream_for(delimiter).into();
            Some(Runner::new(name, &stream, move |stream| ours::one_by_one(&terminator, stream)))
        });
        let runners = runners.collect();
        let stream: Rc<[u8]> = stream_for(b"b").into();
        found.push(workload("one_byte_inputs", case.into(), "byte", stream.len() as u64, &stream, runners));
    }
    found
}

/// a…ab.
fn repeating(length: usize) -> Vec<u8> {
    [vec![b'a'; length - 1], vec![b'b']].concat()
}

fn workload(
    group: &'static str,
    case: String,
    unit: &'static str,
    units: u64,
    stream: &Rc<[u8]>,
    runners: Vec<Runner>,
) -> Workload {
    Workload { group, case, unit, units, length: None, size: stream.len(), runners }
}
