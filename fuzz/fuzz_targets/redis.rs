//! Fuzzes the Redis handler: whole input and cut input give the same well-formed replies.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| asynchat_tests::protocols::redis::fuzzing::redis(data));
