/// The behaviour of a [`Faulty`](super::Faulty) stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultPlan {
    /// The bytes that can be read before the end of the stream.
    pub input: Vec<u8>,
    /// The most bytes that one read or write moves.
    pub cut: usize,
    /// Makes every operation pending once before it completes.
    pub pending_once: bool,
    /// A fault. It hits the first operation that it applies to and whose number, counted from 0, is not smaller than
    /// this.
    pub fault: Option<(Fault, usize, Times)>,
}

impl FaultPlan {
    /// Creates a plan without a fault, which moves at most `cut` bytes at once.
    pub fn new(input: &[u8], cut: usize) -> Self {
        Self { input: input.to_vec(), cut, pending_once: false, fault: None }
    }

    /// Makes every operation pending once before it completes.
    #[must_use]
    pub fn pending_once(self) -> Self {
        Self { pending_once: true, ..self }
    }

    /// Adds a fault.
    #[must_use]
    pub fn with_fault(self, fault: Fault, at: usize, times: Times) -> Self {
        Self { fault: Some((fault, at, times)), ..self }
    }
}

/// A fault of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The operation is pending. With [`Times::Once`] the task is woken and can retry; with [`Times::Always`] it is
    /// never woken again.
    WouldBlock,
    /// `ErrorKind::Interrupted`.
    Interrupted,
    /// `ErrorKind::ConnectionReset`.
    Reset,
    /// `ErrorKind::BrokenPipe`, for every operation but a read.
    BrokenPipe,
    /// A read returns the end of the stream.
    End,
    /// A write takes no bytes.
    WriteZero,
}

impl Fault {
    /// All faults.
    pub const ALL: [Self; 6] =
        [Self::WouldBlock, Self::Interrupted, Self::Reset, Self::BrokenPipe, Self::End, Self::WriteZero];

    pub(super) fn applies_to(self, operation: Operation) -> bool {
        match self {
            Self::WouldBlock | Self::Interrupted | Self::Reset => true,
            Self::BrokenPipe => operation != Operation::Read,
            Self::End => operation == Operation::Read,
            Self::WriteZero => operation == Operation::Write,
        }
    }
}

/// The number of times that a fault hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Once; all later operations succeed.
    Once,
    /// Every operation that it applies to, from then on.
    Always,
}

/// An operation on a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A read.
    Read,
    /// A write.
    Write,
    /// A flush.
    Flush,
    /// A shutdown of the write side.
    Shutdown,
}
