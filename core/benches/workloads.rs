//! The workloads, shared by all benches.
//!
//! A workload is a stream and several runners that read it. All runners must find the same frames. The first is ours.

use std::cell::RefCell;
use std::hint::black_box;
use std::rc::Rc;

use bytes::BytesMut;

mod chat;
mod delimiters;
mod lines;
mod ours;
mod peers;
mod resp;
mod streams;

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
    pub(crate) group: &'static str,
    pub(crate) case: String,
    /// The unit by which the time is divided.
    pub(crate) unit: &'static str,
    /// The number of units in the stream.
    pub(crate) units: u64,
    /// The length of each frame, if all have the same.
    pub(crate) length: Option<usize>,
    /// The stream, in bytes.
    pub(crate) size: usize,
    pub(crate) runners: Vec<Runner>,
}

/// One way to read a stream.
pub(crate) struct Runner {
    pub(crate) name: &'static str,
    prepare: Box<dyn FnMut()>,
    run: Box<dyn FnMut() -> Seen>,
}

impl Runner {
    /// Creates a runner that borrows the stream.
    fn new(name: &'static str, stream: &Rc<[u8]>, mut run: impl FnMut(&[u8]) -> Seen + 'static) -> Self {
        let stream = Rc::clone(stream);
        Self { name, prepare: Box::new(|| {}), run: Box::new(move || run(black_box(&stream))) }
    }

    /// Creates a runner that consumes a buffer, which is filled with the stream before each pass.
    fn with_buffer(name: &'static str, stream: &Rc<[u8]>, run: impl Fn(&mut BytesMut) -> Seen + 'static) -> Self {
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

/// Returns all workloads.
pub(crate) fn all() -> Vec<Workload> {
    let mut all = lines::of_one_length();
    all.extend(lines::as_they_are());
    all.extend(delimiters::long());
    all.extend(delimiters::either());
    all.extend(delimiters::one_byte_inputs());
    all.extend(delimiters::too_long());
    all.extend(resp::workloads());
    all.extend(chat::workloads());
    all
}
