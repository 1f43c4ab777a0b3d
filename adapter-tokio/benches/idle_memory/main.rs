//! Measures the resident memory of an idle connection: `cargo bench -p asynchat-tokio --bench idle_memory`.
//!
//! Each server runs in its own process, which is this binary again. So the memory of the client does not count, and no
//! server reuses memory that another one freed. The client holds 9,000 connections, exchanges a line over each, and
//! reads the resident memory of the server from the kernel. This figure includes the overhead of the allocator and the
//! runtime's share of each connection. It excludes the memory of the kernel itself, such as socket buffers.
//!
//! The exit status is 1 if a connection of an asynchat server uses more than [`LIMIT`] bytes.

mod client;
#[path = "../load/mod.rs"]
#[expect(dead_code, reason = "other benchmarks need more")]
mod load;
#[cfg_attr(not(target_os = "linux"), path = "elsewhere.rs")]
mod resident;
mod servers;

use std::io;
use std::process::ExitCode;

use client::{Figures, Order};
use servers::Contender;

/// The number of connections that the client holds.
const CONNECTIONS: usize = 9_000;

/// The most bytes that a connection of an asynchat server may use.
const LIMIT: usize = 1024;

fn main() -> io::Result<ExitCode> {
    match load::server_name() {
        Some(name) => servers::serve(&name).map(|()| ExitCode::SUCCESS),
        None => compare(),
    }
}

fn compare() -> io::Result<ExitCode> {
    if let Err(reason) = resident::allow_descriptors(CONNECTIONS) {
        println!("skipped: {reason}");
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows = Vec::new();
    for contender in Contender::ALL {
        let mut figures = [Figures::default(); Order::ALL.len()];
        for (figure, order) in figures.iter_mut().zip(Order::ALL) {
            *figure = client::measure(contender, order)?;
        }
        rows.push((contender, figures));
    }
    Ok(report(&rows))
}

fn report(rows: &[(Contender, [Figures; Order::ALL.len()])]) -> ExitCode {
    println!("\nresident bytes for each of {CONNECTIONS} idle connections, after an exchange over each of them:\n");
    print!("{:<44}", "");
    for order in Order::ALL {
        print!("{:>18}", order.name());
    }
    println!();
    for (contender, figures) in rows {
        print!("{:<44}", contender.title());
        for figure in figures {
            print!("{:>18}", figure.for_each());
        }
        println!();
    }
    let framed = rows.iter().find(|(contender, _)| *contender == Contender::Framed);
    let mut within_limit = true;
    for (contender, figures) in rows.iter().filter(|(contender, _)| contender.is_ours()) {
        print!("{:<44}", format!("Framed / {}", contender.name()));
        for (figure, of_framed) in figures.iter().zip(framed.map(|(_, figures)| figures).into_iter().flatten()) {
            within_limit &= figure.for_each() <= LIMIT;
            print!("{:>17.1}x", of_framed.for_each() as f64 / figure.for_each().max(1) as f64);
        }
        println!();
    }
    println!("\nat most {LIMIT} for each asynchat server: {}", if within_limit { "reached" } else { "NOT reached" });
    if within_limit { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
