//! Rounds in which contenders take turns, so that other load on the machine affects them alike.

use std::io;

/// Measures each of `N` contenders `rounds` times, in turn. Returns the figures of each.
pub(crate) fn in_turn<const N: usize>(
    rounds: usize,
    mut measure: impl FnMut(usize) -> io::Result<f64>,
) -> io::Result<[Vec<f64>; N]> {
    let mut figures = [const { Vec::new() }; N];
    for round in 0..rounds {
        for turn in 0..N {
            // Another one begins in each round: a load that comes and goes with the rounds favours nobody.
            let contender = (turn + round) % N;
            figures[contender].push(measure(contender)?);
        }
    }
    Ok(figures)
}

/// Returns the median, or NaN of nothing.
pub(crate) fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Returns the median of the ratios of the rounds. The two figures of a round were measured under nearly the same load.
pub(crate) fn ratio(ours: &[f64], peer: &[f64]) -> f64 {
    let ratios: Vec<_> = ours.iter().zip(peer).map(|(ours, peer)| ours / peer).collect();
    median(&ratios)
}
