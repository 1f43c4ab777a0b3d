//! What is measured, written once for all the ways to measure it.
//!
//! A workload is a stream and several ways to go through it that have to see the same in it. The first is ours.

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

/// What a pass over a stream has seen. All runners of a workload see the same, or one of them is wrong.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Lines, requests or matches.
    pub(crate) frames: u64,
    /// The bytes in them, delimiters not counted. To know them takes both ends of each frame.
    pub(crate) bytes: u64,
}

/// A stream, and the ways to go through it.
pub(crate) struct Workload {
    pub(crate) group: &'static str,
    pub(crate) case: String,
    /// What the time is divided by.
    pub(crate) unit: &'static str,
    /// How many there are in the stream.
    pub(crate) units: u64,
    /// How long each frame is, if all are alike.
    pub(crate) length: Option<usize>,
    /// The stream, in bytes.
    pub(crate) size: usize,
    pub(crate) runners: Vec<Runner>,
}

/// One way to go through a stream.
pub(crate) struct Runner {
    pub(crate) name: &'static str,
    prepare: Box<dyn FnMut()>,
    run: Box<dyn FnMut() -> Seen>,
}

impl Runner {
    /// A runner to which the stream is given where it lies.
    fn new(name: &'static str, stream: &Rc<[u8]>, mut run: impl FnMut(&[u8]) -> Seen + 'static) -> Self {
        let stream = Rc::clone(stream);
        Self { name, prepare: Box::new(|| {}), run: Box::new(move || run(black_box(&stream))) }
    }

    /// A runner that uses its buffer up, and to which the stream is given in one.
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

    /// What has to be done before each pass, and does not count.
    pub(crate) fn prepare(&mut self) {
        (self.prepare)();
    }

    /// One pass.
    pub(crate) fn pass(&mut self) -> Seen {
        (self.run)()
    }
}

/// All there are.
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
