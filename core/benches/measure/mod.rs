//! Benchmarks as ratios: our code and its peers read the same stream in turn, in one run. The benches of the adapters include
//! this module by its path: core cannot depend on a crate of the workspace that depends on core with `std`.
//!
//! A [`Workload`] is a stream and several [`Runner`]s that read it. All of them must find the same frames, or the benchmark
//! fails. The result is a table with one line for each [`Comparison`], and the target of those that have one.
//!
//! Other load makes a pass slower and never faster. So the runners take turns, and the fastest of many short passes
//! counts: a ratio then repeats within a few percent on a busy machine.

use std::cell::RefCell;
use std::env;
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use bytes::BytesMut;

mod report;
mod sampling;
pub(crate) mod timing;

/// The counts of one pass over a stream. They must be equal for all runners of a workload.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Lines, requests or matches.
    pub(crate) frames: u64,
    /// The bytes in them, delimiters not counted. A runner needs both ends of each frame to count them.
    pub(crate) bytes: u64,
}

/// A stream and its runners.
pub(crate) struct Workload {
    /// The kind of workload.
    pub(crate) group: &'static str,
    /// The stream.
    pub(crate) case: String,
    /// The unit by which the time is divided.
    pub(crate) unit: &'static str,
    /// The number of units in the stream.
    pub(crate) units: u64,
    /// The length of each frame, if all have the same.
    pub(crate) length: Option<usize>,
    /// The length of the stream, in bytes.
    pub(crate) size: usize,
    /// The programs that read it.
    pub(crate) runners: Vec<Runner>,
}

/// One way to read a stream.
pub(crate) struct Runner {
    /// Its name in the table.
    pub(crate) name: &'static str,
    prepare: Box<dyn FnMut()>,
    run: Box<dyn FnMut() -> Seen>,
}

impl Runner {
    /// Makes a runner that borrows the stream.
    pub(crate) fn new(name: &'static str, stream: &Rc<[u8]>, mut run: impl FnMut(&[u8]) -> Seen + 'static) -> Self {
        let stream = Rc::clone(stream);
        Self { name, prepare: Box::new(|| {}), run: Box::new(move || run(black_box(&stream))) }
    }

    /// Makes a runner that consumes a buffer, which is filled with the stream before each pass.
    pub(crate) fn with_buffer(
        name: &'static str,
        stream: &Rc<[u8]>,
        run: impl Fn(&mut BytesMut) -> Seen + 'static,
    ) -> Self {
        let stream = Rc::clone(stream);
        let filled = Rc::new(RefCell::new(BytesMut::new()));
        let buffer = Rc::clone(&filled);
        let prepare = move || {
            filled.borrow_mut().clear();
            filled.borrow_mut().extend_from_slice(&stream);
        };
        Self { name, prepare: Box::new(prepare), run: Box::new(move || run(black_box(&mut *buffer.borrow_mut()))) }
    }

    /// Prepares a pass. Not measured.
    pub(crate) fn prepare(&mut self) {
        (self.prepare)();
    }

    /// Runs one pass.
    pub(crate) fn pass(&mut self) -> Seen {
        (self.run)()
    }
}

/// A runner of ours, compared with one of a peer.
pub(crate) struct Comparison {
    /// The name of our runner.
    pub(crate) ours: &'static str,
    /// The name of the peer's.
    pub(crate) peer: &'static str,
    /// The target, if any: ours has to be this many times as fast as the peer.
    pub(crate) target: Option<f64>,
}

/// A benchmark: the main function of a file in `benches`.
///
/// - without arguments: measures all workloads
/// - `--quick`: fewer samples, to check that it runs
/// - `PART`: only workloads whose name contains `PART`
/// - `--passes COUNT GROUP/CASE/RUNNER`: only `COUNT` passes of one runner, for counting instructions
pub(crate) struct Benchmark {
    /// The beginning of the names of its files.
    pub(crate) name: &'static str,
    /// The folder of its files: `CARGO_TARGET_TMPDIR`.
    pub(crate) folder: &'static Path,
    /// Makes the workloads.
    pub(crate) workloads: fn() -> Vec<Workload>,
    /// Returns the lines of the table for a workload.
    pub(crate) comparisons: fn(&Workload) -> Vec<Comparison>,
}

impl Benchmark {
    /// Runs the benchmark as the arguments of the process say.
    pub(crate) fn run(&self) -> ExitCode {
        let mut arguments: Vec<_> = env::args().skip(1).collect();
        let given = arguments.len();
        arguments.retain(|argument| argument != "--bench");
        // `cargo bench` passes `--bench`. `cargo test --benches` does not, and only checks that it runs.
        let is_bench = arguments.len() < given;
        let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["--passes", count, name] => self.run_passes(count, name),
            [] if is_bench => self.measure("", sampling::THOROUGH, ""),
            [] | ["--quick"] => self.measure("", sampling::QUICK, "quick-"),
            [part] if !part.starts_with('-') => self.measure(part, sampling::THOROUGH, "part-"),
            _ => Err("usage: [--quick | PART | --passes COUNT GROUP/CASE/RUNNER]".into()),
        };
        match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        }
    }

    /// Measures, prints and writes files. The prefix of their names keeps a partial or quick run from overwriting the
    /// files of a full run.
    fn measure(&self, part: &str, budget: Duration, prefix: &str) -> Result<(), Box<dyn std::error::Error>> {
        let mut measurements = Vec::new();
        for mut workload in (self.workloads)() {
            if format!("{}/{}", workload.group, workload.case).contains(part) {
                let times = sampling::fastest(&mut workload, budget)?;
                measurements.push((workload, times));
            }
        }
        let rows = report::rows(&measurements, self.comparisons);
        report::print(&rows);
        report::write(&measurements, &rows, self.folder, &format!("{}-{prefix}", self.name))
    }

    /// Runs `count` passes of one runner, and prints the number of units and bytes in the stream.
    fn run_passes(&self, count: &str, name: &str) -> Result<(), Box<dyn std::error::Error>> {
        let count: u64 = count.parse()?;
        for mut workload in (self.workloads)() {
            let prefix = format!("{}/{}/", workload.group, workload.case);
            let runner = workload.runners.iter_mut().find(|runner| name.strip_prefix(&prefix) == Some(runner.name));
            if let Some(runner) = runner {
                for _ in 0..count {
                    runner.prepare();
                    black_box(runner.pass());
                }
                println!("{} {}", workload.units, workload.size);
                return Ok(());
            }
        }
        Err(format!("there is no {name}").into())
    }
}
