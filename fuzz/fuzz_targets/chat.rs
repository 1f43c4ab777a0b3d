//! Fuzzes `Chat` against the oracle, under any cut: a handler that changes the terminator, the limit, the output and the
//! timer, and that ends the conversation in each way.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| asynchat_tests::harness::fuzzing::chat(data));
