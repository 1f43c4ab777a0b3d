//! Fuzzes `Framer`: any case under any cut and any order of calls, against the oracle.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| asynchat_tests::harness::fuzzing::framer(data));
