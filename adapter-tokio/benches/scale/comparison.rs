//! A server with 10,000 connections, of which 1,000 are busy, beside the same server with 10 connections.
//!
//! The rows of a server are:
//!
//! - the processor time of a line, beside that with 10 connections. All of these are busy;
//! - the lines of the slowest of the busy connections, beside their mean (fairness);
//! - the resident memory after the load, beside that before it, after a first load.
//!
//! A server by hand is there for information: what the connections cost the kernel and the runtime is in each figure.

use std::io;

use crate::clients::Clients;
use crate::load::process::Process;
use crate::load::report::{Row, Target, print_head, print_row};
use crate::load::rounds::in_turn;
use crate::resident;

/// The connections of a server, and those of them that are busy.
pub(crate) const CONNECTIONS: usize = 10_000;
const BUSY: usize = 1_000;

/// The connections of the same server, with which it is compared. All of them are busy.
const FEW: usize = 10;

/// Measures the servers of these names.
pub(crate) fn measure(names: &[&str], is_quick: bool) -> io::Result<()> {
    let scale = if is_quick { CONNECTIONS / 10 } else { CONNECTIONS };
    if let Err(reason) = resident::allow_descriptors(scale + FEW) {
        println!("skipped: {reason}");
        return Ok(());
    }
    for name in names {
        measure_server(name, scale, is_quick)?;
    }
    Ok(())
}

fn measure_server(name: &str, scale: usize, is_quick: bool) -> io::Result<()> {
    let busy = scale * BUSY / CONNECTIONS;
    let (rounds, batches) = if is_quick { (3, 5_000) } else { (9, 100_000) };
    let servers = [Process::start(name)?, Process::start(name)?];
    let mut clients = [Clients::connect(&servers[0], scale, busy)?, Clients::connect(&servers[1], FEW, FEW)?];
    // The first load fills what the runtime and the allocator keep.
    clients[0].exchange(batches)?;
    let before = resident::settled(servers[0].id())? as f64;
    let (mut slowest, mut mean) = (Vec::new(), Vec::new());
    let times = in_turn::<2>(rounds, |contender| {
        let server = &servers[contender];
        let before = server.processor_time()?;
        let lines = clients[contender].exchange(batches)?;
        let time = server.processor_time()? - before;
        if contender == 0 {
            slowest.push(*lines.iter().min().unwrap_or(&0) as f64);
            mean.push(lines.iter().sum::<u64>() as f64 / lines.len() as f64);
        }
        Ok(time as f64 / lines.iter().sum::<u64>() as f64)
    })?;
    let after = resident::settled(servers[0].id())? as f64;

    let many = format!("{name}, {scale} connections");
    let row = |case, ours, peer, target| print_row(&Row { case, ours, peer, target });
    print_head("ns a line");
    row(&many, ("1 in 10 busy", &times[0]), ("10 connections", &times[1]), Target::AtMost(1.15));
    print_head("lines");
    row(&many, ("slowest", &slowest), ("mean of the busy", &mean), Target::AtLeast(0.50));
    print_head("KiB");
    row(&many, ("after the load", &[after / 1024.0]), ("before", &[before / 1024.0]), Target::AtMost(1.10));
    Ok(())
}
