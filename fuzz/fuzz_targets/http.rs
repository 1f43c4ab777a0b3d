//! Fuzzes the HTTP handler: whole input and cut input give the same well-formed responses.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| asynchat_tests::protocols::http::fuzzing::http(data));
