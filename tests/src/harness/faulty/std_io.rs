//! `Faulty` as a blocking stream. A pending operation returns `WouldBlock`, as a socket does when its timeout expires.
//! Its write side cannot be shut down: in std, only a socket has a shutdown.

use std::io::{self, ErrorKind, IoSlice, Read, Write};

use super::{Faulty, Operation, Outcome, failed};

impl Read for Faulty {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.begin(Operation::Read) {
            Outcome::Proceed => {
                let piece = self.read_bytes(buffer.len());
                buffer.iter_mut().zip(&piece).for_each(|(to, from)| *to = *from);
                Ok(piece.len())
            }
            Outcome::Zero => Ok(0),
            Outcome::Pending { .. } => failed(ErrorKind::WouldBlock),
            Outcome::Error(kind) => failed(kind),
        }
    }
}

impl Faulty {
    fn write_slices<'s>(&mut self, slices: impl IntoIterator<Item = &'s [u8]>) -> io::Result<usize> {
        match self.begin(Operation::Write) {
            Outcome::Proceed => Ok(self.accept(slices)),
            Outcome::Zero => Ok(0),
            Outcome::Pending { .. } => failed(ErrorKind::WouldBlock),
            Outcome::Error(kind) => failed(kind),
        }
    }
}

impl Write for Faulty {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.write_slices([data])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write_slices(slices.iter().map(|slice| &**slice))
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.begin(Operation::Flush) {
            Outcome::Proceed | Outcome::Zero => {
                self.complete(Operation::Flush);
                Ok(())
            }
            Outcome::Pending { .. } => failed(ErrorKind::WouldBlock),
            Outcome::Error(kind) => failed(kind),
        }
    }
}
