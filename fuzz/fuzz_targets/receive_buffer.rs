//! Fuzzes `ReceiveBuffer`: calls in any order, while bytes are appended and owned frames kept, against the oracle.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| asynchat_tests::harness::fuzzing::receive_buffer(data));
