//! Strategies for random cases. They use few letters and many pieces of the case's delimiters, so that false starts,
//! overlaps and matches are common.

use asynchat_tests::harness::case::Case;
use asynchat_tests::harness::cuts::Cut;
use asynchat_tests::oracle::TerminatorSpec;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// The longest delimiter: longer than 16 bytes, from where core stores it differently, and than 64, the size of a
/// block.
const LONGEST: usize = 80;

/// This many cases, with enough steps to shrink a failing one as far as possible.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, max_shrink_iters: 20_000, ..ProptestConfig::default() }
}

fn letter() -> impl Strategy<Value = u8> {
    prop_oneof![4 => Just(b'a'), 3 => Just(b'b'), 1 => Just(b'\r'), 1 => Just(b'\n')]
}

fn delimiter() -> impl Strategy<Value = Vec<u8>> {
    let overlapping = (vec(letter(), 1..4), 1..LONGEST / 4, vec(letter(), 0..3))
        .prop_map(|(period, times, rest)| [period.repeat(times), rest].concat());
    let known = select(vec!["\r\n", "\n", "\r\n\r\n", "\r\n.\r\n", "aab", "abab"]).prop_map(|known| known.into());
    prop_oneof![
        4 => vec(letter(), 1..=4),
        1 => vec(letter(), 5..=16),
        1 => vec(letter(), 17..=LONGEST),
        3 => overlapping,
        2 => known,
    ]
}

/// Any terminator. A set has only members that can match.
pub(crate) fn spec() -> impl Strategy<Value = TerminatorSpec> {
    let set = vec(prop_oneof![3 => vec(letter(), 1..=4), 1 => delimiter()], 1..=4);
    prop_oneof![
        6 => delimiter().prop_map(TerminatorSpec::Delimiter),
        3 => set.prop_map(|members| TerminatorSpec::any_that_match(members).unwrap_or(TerminatorSpec::None)),
        2 => Just(TerminatorSpec::UniversalNewline),
        2 => (0_u64..8).prop_map(TerminatorSpec::Count),
        1 => Just(TerminatorSpec::Count(u64::MAX)),
        1 => Just(TerminatorSpec::None),
    ]
}

/// A terminator with delimiters.
pub(crate) fn delimiter_spec() -> impl Strategy<Value = TerminatorSpec> {
    spec().prop_filter("holds no delimiter", |spec| {
        !spec.delimiters().is_empty() && *spec != TerminatorSpec::UniversalNewline
    })
}

/// A piece of a stream, before its delimiters are known.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Letters(Vec<u8>),
    /// This many bytes that begin no delimiter.
    Gap(usize),
    /// One of the delimiters.
    Whole(Index),
    /// A prefix of one of the delimiters.
    Beginning(Index, Index),
}

pub(crate) fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let piece = prop_oneof![
        2 => vec(letter(), 1..6).prop_map(Piece::Letters),
        1 => (1_usize..200).prop_map(Piece::Gap),
        3 => any::<Index>().prop_map(Piece::Whole),
        3 => any::<(Index, Index)>().prop_map(|(which, length)| Piece::Beginning(which, length)),
    ];
    vec(piece, 0..10)
}

/// Makes a stream of the pieces, with the delimiters of these specs.
pub(crate) fn stream(pieces: &[Piece], specs: &[&TerminatorSpec]) -> Vec<u8> {
    let delimiters: Vec<&Vec<u8>> = specs.iter().flat_map(|spec| spec.delimiters()).collect();
    let bytes_of = |piece: &Piece| match piece {
        Piece::Letters(letters) => letters.clone(),
        Piece::Gap(length) => vec![b'x'; *length],
        Piece::Whole(_) | Piece::Beginning(..) if delimiters.is_empty() => Vec::new(),
        Piece::Whole(which) => which.get(&delimiters).to_vec(),
        Piece::Beginning(which, length) => {
            let delimiter = which.get(&delimiters);
            delimiter[..length.index(delimiter.len())].to_vec()
        }
    };
    pieces.iter().flat_map(bytes_of).collect()
}

/// A stream of one to four segments, with changes of the terminator after its first frames and after each segment.
pub(crate) fn case() -> impl Strategy<Value = Case> {
    let segments = vec((spec(), pieces()), 0..4);
    (spec(), pieces(), vec(option::of(spec()), 0..8), segments).prop_map(|(first, begin, after, segments)| {
        let specs: Vec<&TerminatorSpec> =
            [&first].into_iter().chain(after.iter().flatten()).chain(segments.iter().map(|(spec, _)| spec)).collect();
        let mut case = Case::new(first.clone(), stream(&begin, &specs));
        for (spec, pieces) in &segments {
            case = case.switch(spec.clone(), stream(pieces, &specs));
        }
        for spec in after {
            case = match spec {
                Some(spec) => case.after_next(spec),
                None => case.keep_after_next(),
            };
        }
        case
    })
}

/// A cut of a stream of unknown length.
pub(crate) fn cut() -> impl Strategy<Value = CutOf> {
    prop_oneof![
        1 => (1_usize..9).prop_map(CutOf::Every),
        2 => vec(any::<Index>(), 0..20).prop_map(CutOf::At),
    ]
}

/// A cut before the length of the stream is known.
#[derive(Clone, Debug)]
pub(crate) enum CutOf {
    Every(usize),
    At(Vec<Index>),
}

impl CutOf {
    pub(crate) fn length(&self, length: usize) -> Cut {
        match self {
            Self::Every(size) => Cut::every(*size, length),
            Self::At(positions) => Cut::at(positions.iter().map(|at| at.index(length + 1)).collect()),
        }
    }
}
