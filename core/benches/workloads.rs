//! The workloads, shared by all benches.

use crate::measure::{Runner, Seen, Workload};

mod chat;
mod delimiters;
mod lines;
mod ours;
mod peers;
mod resp;
mod streams;
pub(crate) mod targets;

/// Returns all workloads.
pub(crate) fn all() -> Vec<Workload> {
    let mut all = lines::of_one_length();
    all.extend(lines::of_random_length());
    all.extend(lines::as_they_are());
    all.extend(delimiters::long());
    all.extend(delimiters::either());
    all.extend(delimiters::one_byte_inputs());
    all.extend(delimiters::too_long());
    all.extend(resp::workloads());
    all.extend(chat::workloads());
    all
}
