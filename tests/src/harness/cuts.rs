//! The ways to split a stream into chunks. None of them may make a difference (F1, L1).

use crate::harness::case::Case;
use crate::harness::random::Random;

/// The positions at which a stream is split, in order. A position that occurs twice makes an empty chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut(Vec<usize>);

impl Cut {
    /// One chunk.
    #[must_use]
    pub fn whole() -> Self {
        Self(Vec::new())
    }

    /// One chunk for each byte.
    #[must_use]
    pub fn byte_by_byte(length: usize) -> Self {
        Self((1..length).collect())
    }

    /// Two chunks; one of them may be empty.
    #[must_use]
    pub fn two_way(at: usize) -> Self {
        Self(vec![at])
    }

    /// Chunks of `size` bytes; the last may be shorter.
    #[must_use]
    pub fn every(size: usize, length: usize) -> Self {
        Self((size..length).step_by(size).collect())
    }

    /// Up to `most` positions at random. With more positions, more chunks are empty.
    pub fn random(random: &mut Random, length: usize, most: usize) -> Self {
        Self::at((0..random.up_to(most)).map(|_| random.up_to(length)).collect())
    }

    /// Splits at these positions, given in any order.
    #[must_use]
    pub fn at(mut positions: Vec<usize>) -> Self {
        positions.sort_unstable();
        Self(positions)
    }

    /// Splits a part of the stream that begins at `offset`. Returns at least one chunk, even if it is empty.
    #[must_use]
    pub fn chunks<'b>(&self, offset: usize, bytes: &'b [u8]) -> Vec<&'b [u8]> {
        let end = offset + bytes.len();
        let mut chunks = Vec::new();
        let mut from = 0;
        for at in self.0.iter().filter(|&&at| (offset..=end).contains(&at)).map(|at| at - offset) {
            chunks.push(&bytes[from..at]);
            from = at;
        }
        chunks.push(&bytes[from..]);
        chunks
    }

    /// Splits each segment of a case.
    #[must_use]
    pub fn segments<'b>(&self, case: &'b Case) -> Vec<Vec<&'b [u8]>> {
        let mut offset = 0;
        let mut cut = Vec::new();
        for segment in case.segments() {
            cut.push(self.chunks(offset, &segment.bytes));
            offset += segment.bytes.len();
        }
        cut
    }
}

/// Returns the whole stream, byte by byte, an empty chunk before and after each byte, every two-way cut, and a few
/// random cuts.
///
/// The random cuts are few because every suite runs over many streams.
#[must_use]
pub fn every_cut(length: usize) -> Vec<Cut> {
    const RANDOM_CUTS: u64 = 4;
    let mut cuts = vec![
        Cut::whole(),
        Cut::byte_by_byte(length),
        Cut::at((0..=length).chain(0..=length).collect()),
        Cut::every(2, length),
        Cut::every(3, length),
    ];
    cuts.extend((0..=length).map(Cut::two_way));
    cuts.extend((0..RANDOM_CUTS).map(|seed| Cut::random(&mut Random::new(seed), length, length)));
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::TerminatorSpec;

    #[test]
    fn cut_chunks_make_up_the_stream() {
        let stream = b"0123456789";
        for cut in every_cut(stream.len()) {
            assert_eq!(cut.chunks(0, stream).concat(), stream, "{cut:?}");
        }
    }

    #[test]
    fn cut_makes_empty_chunks() {
        assert_eq!(Cut::whole().chunks(0, b""), [b""]);
        assert_eq!(Cut::byte_by_byte(2).chunks(0, b"ab"), [b"a", b"b"]);
        assert_eq!(Cut::two_way(0).chunks(0, b"ab"), [&b""[..], b"ab"]);
        assert_eq!(Cut::two_way(2).chunks(0, b"ab"), [&b"ab"[..], b""]);
        assert_eq!(Cut::at(vec![1, 1]).chunks(0, b"ab"), [&b"a"[..], b"", b"b"]);
    }

    #[test]
    fn cut_segments_follow_the_stream() {
        let case =
            Case::new(TerminatorSpec::None, "abc").switch(TerminatorSpec::None, "").switch(TerminatorSpec::None, "de");
        assert_eq!(Cut::two_way(4).segments(&case), [vec![&b"abc"[..]], vec![b""], vec![b"d", b"e"]]);
    }
}
