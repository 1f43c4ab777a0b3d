//! Lines that end in CRLF.
//!
//! Our code gets inputs as they arrive, and joins frames that are cut. The peers get the stream in one piece, in their
//! own buffer if they have one. So reading is not measured, and the comparison favours the peers.

use std::rc::Rc;

use asynchat_core::Terminator;

use super::{Runner, Workload, ours, peers, streams};

/// The lengths of the lines, in bytes, without their ends.
const LENGTHS: [usize; 9] = [8, 16, 32, 64, 128, 256, 1024, 4096, 16_384];

/// The average lengths of the lines of random length, in bytes.
const RANDOM_LENGTHS: [usize; 6] = [8, 32, 64, 128, 256, 1024];

const KIB: usize = 1024;

/// The sizes of the inputs, in bytes.
const INPUT_SIZES: [usize; 2] = [4 * KIB, 64 * KIB];

/// Lines of the same length.
pub(super) fn of_one_length() -> Vec<Workload> {
    let mut found = Vec::new();
    for length in LENGTHS {
        let stream = streams::lines(length);
        for input_size in INPUT_SIZES {
            let case = format!("{length}B-by-{}KiB", input_size / KIB);
            let workload = workload("lines", case, &stream, input_size);
            found.push(Workload { length: Some(length), ..workload });
        }
    }
    found
}

/// Lines of random length: the processor cannot predict where the next one ends.
pub(super) fn of_random_length() -> Vec<Workload> {
    let mut found = Vec::new();
    for mean in RANDOM_LENGTHS {
        let stream = streams::random_lines(mean);
        for input_size in INPUT_SIZES {
            let case = format!("{mean}B-by-{}KiB", input_size / KIB);
            found.push(workload("random_lines", case, &stream, input_size));
        }
    }
    found
}

/// Lines of real lengths: those of Rust sources, and those that redis-benchmark sends.
pub(super) fn as_they_are() -> Vec<Workload> {
    [("rust-sources", streams::sources()), ("redis-benchmark", streams::redis())]
        .map(|(case, stream)| workload("real_lines", case.into(), &stream, 64 * KIB))
        .into()
}

fn workload(group: &'static str, case: String, stream: &Rc<[u8]>, input_size: usize) -> Workload {
    let crlf = Terminator::from(b"\r\n");
    let same = crlf.clone();
    let mut line = Vec::new();
    let runners = vec![
        Runner::new("next_event", stream, move |stream| ours::events(&crlf, stream, input_size)),
        Runner::new("next_frame", stream, move |stream| ours::frames(&same, stream, input_size)),
        Runner::new("memmem::find_iter", stream, |stream| peers::memmem(b"\r\n", stream)),
        Runner::new("memchr_iter", stream, peers::memchr_crlf),
        Runner::new("bstr", stream, peers::bstr),
        Runner::new("read_until", stream, move |stream| peers::read_until(stream, &mut line)),
        Runner::with_buffer("LinesCodec", stream, peers::tokio_lines),
        Runner::with_buffer("asynchronous-codec", stream, peers::asynchronous_lines),
    ];
    let units = stream.iter().filter(|&&byte| byte == b'\n').count() as u64;
    Workload { group, case, unit: "line", units, length: None, size: stream.len(), runners }
}
