//! `Debug` of each public type, with a secret in it: a log line shows lengths and states, never a byte that a peer sent
//! or will be sent.
//!
//! `debug_test_knows_every_public_type` fails if a public type is added to core or to an adapter and is in neither list
//! here.

mod scan;
mod secrets;

use std::fmt::Debug;

/// The bytes that no `Debug` may show.
const SECRET: &str = "SECRET";

/// More characters than any `Debug` of a connection needs. A connection that holds a megabyte must not print one.
const MAX_LEN: usize = 8192;

/// Returns `SECRET` many times: as a buffer full of other people's bytes.
fn secrets(count: usize) -> String {
    SECRET.repeat(count)
}

/// Checks that neither form of `Debug` has the secret, as text or as a list of numbers.
fn check(name: &str, value: &dyn Debug) {
    for shown in [format!("{value:?}"), format!("{value:#?}")] {
        let numbers: String = shown.split_whitespace().collect();
        assert!(!shown.contains(SECRET), "{name} shows a peer's bytes: {shown:.200}");
        assert!(!numbers.contains("83,69,67,82,69,84"), "{name} shows a peer's bytes as numbers: {shown:.200}");
        assert!(shown.len() < MAX_LEN, "{name} shows {} characters", shown.len());
    }
}
