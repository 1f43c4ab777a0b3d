/// What a [`Faulty`](super::Faulty) stream does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultPlan {
    /// What can be read, before the end of the stream.
    pub input: Vec<u8>,
    /// How many bytes are read or written at once at most.
    pub cut: usize,
    /// Every operation is pending once before it is done.
    pub pending_once: bool,
    /// A fault, at the first operation it can strike that is no earlier than this, counted from 0.
    pub fault: Option<(Fault, usize, Times)>,
}

impl FaultPlan {
    /// Faultless, in pieces of at most `cut` bytes.
    pub fn new(input: &[u8], cut: usize) -> Self {
        Self { input: input.to_vec(), cut, pending_once: false, fault: None }
    }

    /// With every operation pending once before it is done.
    #[must_use]
    pub fn pending_once(self) -> Self {
        Self { pending_once: true, ..self }
    }

    /// With a fault.
    #[must_use]
    pub fn with_fault(self, fault: Fault, at: usize, times: Times) -> Self {
        Self { fault: Some((fault, at, times)), ..self }
    }
}

/// What can happen to a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The operation is pending. Once, it is worth trying again; for ever, nobody is woken any more.
    WouldBlock,
    /// `ErrorKind::Interrupted`.
    Interrupted,
    /// `ErrorKind::ConnectionReset`.
    Reset,
    /// `ErrorKind::BrokenPipe`, to all but a read.
    BrokenPipe,
    /// A read finds the end of the stream.
    End,
    /// A write takes nothing.
    WriteZero,
}

impl Fault {
    /// All of them.
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

/// How often a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// And afterwards all is well.
    Once,
    /// And nothing it can strike is ever well again.
    Always,
}

/// What can be asked of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// To read.
    Read,
    /// To write.
    Write,
    /// To flush.
    Flush,
    /// To shut down the write side.
    Shutdown,
}
