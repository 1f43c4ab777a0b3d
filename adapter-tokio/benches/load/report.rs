//! The table that a benchmark prints.

use super::rounds::{median, ratio};

/// The figure that a ratio has to reach.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// For costs.
    AtMost(f64),
    /// For speeds.
    AtLeast(f64),
    /// There is none: the row is for information.
    None,
}

impl Target {
    fn text(self, ratio: f64) -> (String, &'static str) {
        // Compared as printed: with two decimal places.
        let ratio = (ratio * 100.0).round() / 100.0;
        match self {
            Self::AtMost(most) => (format!("<= {most:.2}"), answer(ratio <= most)),
            Self::AtLeast(least) => (format!(">= {least:.2}"), answer(ratio >= least)),
            Self::None => ("-".into(), "-"),
        }
    }
}

fn answer(is_reached: bool) -> &'static str {
    if is_reached { "yes" } else { "NO" }
}

/// A comparison: the figures of all rounds of ours and of the peer.
pub(crate) struct Row<'r> {
    pub(crate) case: &'r str,
    pub(crate) ours: (&'r str, &'r [f64]),
    pub(crate) peer: (&'r str, &'r [f64]),
    pub(crate) target: Target,
}

/// Prints the head of a table of figures in this unit.
pub(crate) fn print_head(unit: &str) {
    println!("{:<40}{:<34}{unit:>12}{unit:>12}{:>8}{:>9}  reached", "case", "ours / peer", "ratio", "target");
}

/// Prints one row: the medians, and the median of the ratios.
pub(crate) fn print_row(row: &Row<'_>) {
    let (ours, peer) = (median(row.ours.1), median(row.peer.1));
    let ratio = ratio(row.ours.1, row.peer.1);
    let (target, reached) = row.target.text(ratio);
    let names = format!("{} / {}", row.ours.0, row.peer.0);
    println!("{:<40}{names:<34}{ours:>12.2}{peer:>12.2}{ratio:>8.2}{target:>9}  {reached}", row.case);
}
