//! Fuzzes `PollConnection`: one that looks at what it has read before it polls, against one that only polls.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| asynchat_tests::harness::fuzzing::poll_connection(data));
