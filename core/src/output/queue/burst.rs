//! The size of a burst of output, to make as much room for the next one.

use core::mem;

/// Counts the chunks or the bytes between two moments at which the queue was drained.
///
/// A drained queue frees its memory, since a connection may be idle from then on. One that is not would grow it again by
/// doubling, at each read: 16 answers of 33 bytes cost six allocations, and one with this.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Burst {
    // The size of a queue is most of what an idle `Connection` has, and these fit into its padding.
    present: u16,
    last: u16,
}

impl Burst {
    /// Counts more of the present burst.
    pub(super) fn add(&mut self, count: usize) {
        self.present = self.present.saturating_add(u16::try_from(count).unwrap_or(u16::MAX));
    }

    /// Counts at least so many in the present burst.
    pub(super) fn add_up_to(&mut self, count: usize) {
        self.present = self.present.max(u16::try_from(count).unwrap_or(u16::MAX));
    }

    /// Ends the present burst, if it has begun.
    pub(super) fn end(&mut self) {
        if self.present > 0 {
            self.last = mem::take(&mut self.present);
        }
    }

    /// Returns the size of the last burst, and at most `most`.
    pub(super) fn expected(self, most: usize) -> usize {
        usize::from(self.last).min(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burst_expects_the_last_that_was_not_empty() {
        let mut burst = Burst::default();
        assert_eq!(burst.expected(9), 0);
        burst.add(3);
        burst.add(4);
        assert_eq!(burst.expected(9), 0);
        burst.end();
        burst.end();
        assert_eq!((burst.expected(9), burst.expected(5)), (7, 5));
        burst.add_up_to(2);
        burst.add_up_to(1);
        burst.end();
        assert_eq!(burst.expected(9), 2);
    }

    #[test]
    fn burst_of_any_size_is_counted() {
        let mut burst = Burst::default();
        burst.add(usize::MAX);
        burst.add(usize::MAX);
        burst.end();
        assert_eq!(burst.expected(usize::MAX), usize::from(u16::MAX));
    }
}
