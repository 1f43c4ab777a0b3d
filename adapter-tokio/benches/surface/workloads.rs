//! The streams, the programs that read them, and the targets.

use std::rc::Rc;

use asynchat_tokio::Terminator;
use bytes::Bytes;
use tokio::runtime::{Builder, Runtime};

use crate::measure::{Comparison, Runner, Seen, Workload};
use crate::repeated::TIMES;
use crate::{ours, peers, streams};

/// The average lengths of the lines, in bytes, without their ends.
const LENGTHS: [usize; 5] = [8, 32, 64, 256, 1024];

pub(crate) fn all() -> Vec<Workload> {
    LENGTHS.into_iter().map(lines).collect()
}

/// Lines of random length that end in CRLF.
fn lines(length: usize) -> Workload {
    let stream = streams::random_lines(length);
    let bytes = Bytes::copy_from_slice(&stream);
    let same = bytes.clone();
    let runner = |name, run: fn(Bytes) -> Run| asynchronous(name, &bytes, run);
    let runners = vec![
        runner("next_frame", |stream| Box::pin(ours::frames(stream))),
        runner("next_event", |stream| Box::pin(ours::events(stream))),
        runner("next_frame_owned", |stream| Box::pin(ours::owned_frames(stream))),
        runner("Stream", |stream| Box::pin(ours::stream(stream))),
        runner("split next_frame", |stream| Box::pin(ours::split_frames(stream))),
        runner("drive", |stream| Box::pin(ours::handler_calls(stream))),
        Runner::new("Framer", &stream, |stream| ours::framer(&Terminator::from(b"\r\n"), stream)),
        runner("Framed<LinesCodec>", |stream| Box::pin(peers::framed_lines(stream))),
        runner("read_until", |stream| Box::pin(peers::read_until(stream))),
        Runner::new("read_until of std", &Rc::from([]), move |_| peers::std_read_until(same.clone())),
    ];
    let units = stream.iter().filter(|&&byte| byte == b'\n').count() * TIMES;
    Workload {
        group: "lines",
        case: format!("{length}B"),
        unit: "line",
        units: units as u64,
        length: Some(length),
        size: stream.len() * TIMES,
        runners,
    }
}

type Run = std::pin::Pin<Box<dyn Future<Output = Seen>>>;

/// Makes a runner that reads the stream within a runtime.
fn asynchronous(name: &'static str, stream: &Bytes, run: fn(Bytes) -> Run) -> Runner {
    let runtime = runtime();
    let stream = stream.clone();
    // The stream is passed by a `Bytes`, which can outlive the pass.
    Runner::new(name, &Rc::from([]), move |_| runtime.block_on(run(stream.clone())))
}

#[expect(clippy::expect_used, reason = "without a runtime there is no benchmark")]
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("the system allows a runtime")
}

/// The comparisons and their targets.
pub(crate) fn comparisons(workload: &Workload) -> Vec<Comparison> {
    let is_short = workload.length.is_some_and(|length| length <= 64);
    let compare = |ours, peer, target| Comparison { ours, peer, target: Some(target) };
    vec![
        compare("next_frame", "Framed<LinesCodec>", 4.0),
        compare("next_frame", "read_until", 1.5),
        Comparison { ours: "next_frame", peer: "read_until of std", target: None },
        compare("next_event", "read_until", 1.2),
        Comparison { ours: "next_event", peer: "read_until of std", target: None },
        compare("Stream", "Framed<LinesCodec>", 2.0),
        compare("next_frame_owned", "Framed<LinesCodec>", 2.0),
        Comparison { ours: "split next_frame", peer: "Framed<LinesCodec>", target: None },
        // At most one and a half times its time.
        compare("drive", "Framer", 1.0 / 1.5),
        compare("drive", "Framed<LinesCodec>", if is_short { 5.0 } else { 2.5 }),
    ]
}
