//! Prints the table, and writes files for other programs.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use super::{Comparison, Workload};

/// A workload, and the nanoseconds that each of its runners needs for a unit.
pub(super) type Measurement = (Workload, Vec<f64>);

/// One line of the table.
pub(super) struct Row<'m> {
    workload: &'m Workload,
    comparison: Comparison,
    ours: f64,
    peer: f64,
}

impl Row<'_> {
    fn ratio(&self) -> f64 {
        self.peer / self.ours
    }

    fn reached(&self) -> Option<bool> {
        // Compared as printed: with two decimal places.
        self.comparison.target.map(|target| (self.ratio() * 100.0).round() >= (target * 100.0).floor())
    }
}

/// Prints the table.
pub(super) fn print(rows: &[Row<'_>]) {
    println!("{:<46}{:<38}{:>9}{:>9}{:>8}{:>8}  reached", "workload", "ours / peer", "ns", "ns", "ratio", "target");
    for row in rows {
        let Comparison { ours, peer, target } = row.comparison;
        let target = target.map_or("-".into(), |target| format!("{target:.2}"));
        let name = format!("{}/{} ({})", row.workload.group, row.workload.case, row.workload.unit);
        println!(
            "{name:<46}{:<38}{:>9.2}{:>9.2}{:>8.2}{target:>8}  {}",
            format!("{ours} / {peer}"),
            row.ours,
            row.peer,
            row.ratio(),
            answer(row.reached()),
        );
    }
    summarize(rows);
}

/// Prints, for each kind with a target, the worst ratio and the number of cases that reach the target.
fn summarize(rows: &[Row<'_>]) {
    let mut kinds: BTreeMap<_, Vec<&Row<'_>>> = BTreeMap::new();
    for row in rows {
        if let Some(target) = row.comparison.target {
            let target = format!("{target:.2}");
            kinds.entry((row.workload.group, row.comparison.ours, row.comparison.peer, target)).or_default().push(row);
        }
    }
    println!("\n{:<70}{:>8}{:>8}  {:<22}reached", "the worst of each", "target", "ratio", "at");
    for ((group, ours, peer, target), rows) in kinds {
        let reached = rows.iter().filter(|row| row.reached() == Some(true)).count();
        if let Some(worst) = rows.iter().min_by(|one, other| one.ratio().total_cmp(&other.ratio())) {
            let (ratio, case) = (worst.ratio(), &worst.workload.case);
            let kind = format!("{group}: {ours} / {peer}");
            println!("{kind:<70}{target:>8}{ratio:>8.2}  {case:<22}{reached} of {}", rows.len());
        }
    }
    println!();
}

/// Writes every measurement and the table as files of tab-separated values.
pub(super) fn write(
    measurements: &[Measurement],
    rows: &[Row<'_>],
    folder: &Path,
    prefix: &str,
) -> Result<(), Box<dyn Error>> {
    let mut all = String::from("group\tcase\tlength\tunit\trunner\tns_per_unit\n");
    for (Workload { group, case, unit, length, runners, .. }, times) in measurements {
        let length = length.map_or(String::new(), |length| length.to_string());
        for (runner, time) in runners.iter().zip(times) {
            all.push_str(&format!("{group}\t{case}\t{length}\t{unit}\t{}\t{time:.3}\n", runner.name));
        }
    }
    let mut table = String::from("group\tcase\tours\tpeer\tours_ns\tpeer_ns\tratio\ttarget\treached\n");
    for row in rows {
        let Comparison { ours, peer, target } = row.comparison;
        let target = target.map_or(String::new(), |target| format!("{target:.2}"));
        table.push_str(&format!(
            "{}\t{}\t{ours}\t{peer}\t{:.3}\t{:.3}\t{:.2}\t{target}\t{}\n",
            row.workload.group,
            row.workload.case,
            row.ours,
            row.peer,
            row.ratio(),
            answer(row.reached()),
        ));
    }
    for (name, content) in [("measurements.tsv", all), ("ratios.tsv", table)] {
        let path = folder.join(format!("{prefix}{name}"));
        fs::write(&path, content)?;
        println!("{}", path.display());
    }
    Ok(())
}

/// Returns the lines of the table.
pub(super) fn rows(measurements: &[Measurement], comparisons: fn(&Workload) -> Vec<Comparison>) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for (workload, times) in measurements {
        let time = |name| workload.runners.iter().zip(times).find(|(runner, _)| runner.name == name).map(|(_, &t)| t);
        for comparison in comparisons(workload) {
            if let (Some(ours), Some(peer)) = (time(comparison.ours), time(comparison.peer)) {
                rows.push(Row { workload, comparison, ours, peer });
            }
        }
    }
    rows
}

fn answer(reached: Option<bool>) -> &'static str {
    match reached {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "",
    }
}
