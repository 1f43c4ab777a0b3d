//! How much memory an idle connection takes up: `cargo bench -p asynchat-tokio --bench idle_memory`.
//!
//! Each server runs in a process of its own, which is this binary once more, so that nothing of the client's is counted
//! and nothing one server leaves behind is there for the next to use. The client holds 9,000 connections, over each of
//! which a line has gone there and back, and looks at what of the server's memory is resident: the kernel's figure, so
//! that the allocator's waste is in it, and the runtime's share of each connection. The kernel's own memory is not.
//!
//! It exits with 1 if a connection of ours takes up more than [`REACH`].

mod client;
#[cfg_attr(not(target_os = "linux"), path = "elsewhere.rs")]
mod resident;
mod servers;

use std::io;
use std::process::ExitCode;

use client::{Figures, Order};
use servers::Contender;

/// How many connections are held.
const CONNECTIONS: usize = 9_000;

/// How many bytes one of ours may take up.
const REACH: usize = 1024;

/// By this argument a process knows that it is to serve; the next one says what.
const SERVE: &str = "serve";

fn main() -> io::Result<ExitCode> {
    // `cargo bench` adds arguments of its own, which are of no interest.
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(SERVE) {
        let name = arguments.next().unwrap_or_default();
        let contender = Contender::named(&name).ok_or_else(|| io::Error::other(format!("no server named `{name}`")))?;
        return contender.serve().map(|()| ExitCode::SUCCESS);
    }
    compare()
}

fn compare() -> io::Result<ExitCode> {
    if let Err(why) = resident::allow_descriptors(CONNECTIONS) {
        println!("skipped: {why}");
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
    let mut reached = true;
    for (contender, figures) in rows.iter().filter(|(contender, _)| contender.is_ours()) {
        print!("{:<44}", format!("Framed / {}", contender.name()));
        for (figure, of_framed) in figures.iter().zip(framed.map(|(_, figures)| figures).into_iter().flatten()) {
            reached &= figure.for_each() <= REACH;
            print!("{:>17.1}x", of_framed.for_each() as f64 / figure.for_each().max(1) as f64);
        }
        println!();
    }
    println!("\nat most {REACH} for each of ours: {}", if reached { "reached" } else { "NOT reached" });
    if reached { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
