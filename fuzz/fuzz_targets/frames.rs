//! Fuzzes `Frames`: any case and any limit under any cut, and calls in any order, against the oracle.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| asynchat_tests::harness::fuzzing::frames(data));
