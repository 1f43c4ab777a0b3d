//! Fuzzes the SMTP handler: any bytes get the replies and the messages of a slow oracle.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| asynchat_tests::protocols::smtp::fuzzing::smtp(data));
