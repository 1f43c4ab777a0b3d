//! Fuzzes `Frames`: any case and any limit under any cut, against the oracle.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| asynchat_tests::harness::fuzzing::frames(data));
