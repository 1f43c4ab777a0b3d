//! Delimiters at every position. The position must not matter to a search that looks at many bytes at once, or that
//! caches what it found.

use asynchat_tests::harness::case::Case;
use asynchat_tests::harness::cuts::Cut;
use asynchat_tests::harness::framer_lockstep;
use asynchat_tests::harness::random::Random;
use asynchat_tests::harness::suite::check_cuts;
use asynchat_tests::harness::transcript::framer_transcript;
use asynchat_tests::oracle::TerminatorSpec;

const DELIMITERS: [&str; 8] = [
    "\n",
    "\r\n",
    "\r\n\r\n",
    "aab",
    "abcde",
    "sixteen bytes...",
    "seventeen bytes..",
    "--a boundary of forty bytes, or nearly--",
];

/// Gaps of up to more than two blocks of 64 bytes, and around larger powers of two.
fn gaps() -> impl Iterator<Item = usize> {
    let about = |power: usize| power - 1..=power + 1;
    (0..=140).chain(about(256)).chain(about(512)).chain(about(1024)).chain(about(4096))
}

fn check(delimiter: &str, stream: &[u8], near: usize) {
    let case = Case::new(TerminatorSpec::delimiter(delimiter), stream);
    let cuts = [
        Cut::whole(),
        Cut::two_way(near.min(stream.len())),
        Cut::two_way((near + 1).min(stream.len())),
        Cut::every(64, stream.len()),
    ];
    check_cuts(&case, &cuts, framer_transcript);
}

// F1, F2
#[test]
fn framer_finds_delimiter_after_every_gap() {
    for delimiter in DELIMITERS {
        for gap in gaps() {
            let gap_bytes = vec![b'x'; gap];
            let stream = [&gap_bytes, delimiter.as_bytes(), b"between", delimiter.as_bytes(), &gap_bytes].concat();
            check(delimiter, &stream, gap);
        }
    }
}

// F1, F2, F5
#[test]
fn framer_finds_delimiter_after_runs_of_its_bytes() {
    for delimiter in DELIMITERS {
        for (at, byte) in delimiter.bytes().enumerate().take(3) {
            for gap in gaps().filter(|gap| *gap < 300) {
                let run = vec![byte; gap];
                let beginning = &delimiter.as_bytes()[..at];
                let stream =
                    [&run, beginning, &run, delimiter.as_bytes(), &run, delimiter.as_bytes(), beginning].concat();
                check(delimiter, &stream, 2 * gap + at);
            }
        }
    }
}

/// Lines of up to `most` bytes, each with one of four delimiters.
fn lines(random: &mut Random, most: usize) -> Vec<u8> {
    const ENDS: [&str; 4] = ["\n", "\r\n", ";", "\r\n\r\n"];
    let mut stream = Vec::new();
    while stream.len() < 1500 {
        let length = random.up_to(most);
        stream.extend(vec![b'x'; length]);
        stream.extend(ENDS[random.up_to(ENDS.len() - 1)].bytes());
    }
    stream
}

/// A terminator that ends many of these lines, or counts into the middle of one.
fn spec(random: &mut Random) -> TerminatorSpec {
    match random.up_to(5) {
        0 => TerminatorSpec::delimiter("\n"),
        1 => TerminatorSpec::delimiter("\r\n"),
        2 => TerminatorSpec::delimiter(";"),
        3 => TerminatorSpec::delimiter("\r\n\r\n"),
        4 => TerminatorSpec::any_of(["\n", "\r\n", ";"]),
        _ => TerminatorSpec::Count(random.up_to(90) as u64),
    }
}

// F1, F8, F12
#[test]
fn framer_search_cache_is_dropped_by_terminator_change() {
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let most = [2, 10, 70, 300][random.up_to(3)];
        let mut case = Case::new(spec(&mut random), lines(&mut random, most));
        for _ in 0..400 {
            case = if random.up_to(2) == 0 { case.after_next(spec(&mut random)) } else { case.keep_after_next() };
        }
        let cut = Cut::random(&mut random, case.stream().len(), 20);
        framer_lockstep::run(&case, &Cut::whole());
        framer_lockstep::run(&case, &cut);
        check_cuts(&case, &[Cut::whole(), cut], framer_transcript);
    }
}
