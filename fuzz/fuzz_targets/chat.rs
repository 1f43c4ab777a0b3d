//! Fuzzes `Chat`: a handler that changes the terminator, the limit and the output, under any cut, against the oracle.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| asynchat_tests::harness::fuzzing::chat(data));
