//! Fuzzes `ProducerQueue`: any order of calls with partial writes, against the oracle.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| asynchat_tests::harness::fuzzing::queue(data));
