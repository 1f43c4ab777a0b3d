//! A line echo, pipelined 16 deep, beside a loop that is written by hand: `cargo bench -p asynchat-tokio --bench echo`.
//!
//! The figure is the processor time of the server process for a line, system calls included. `--quick` makes it short.

use std::io;
use std::process::ExitCode;

mod client;
#[path = "../load/mod.rs"]
#[expect(dead_code, reason = "other benchmarks need more")]
mod load;
mod servers;

use client::LineClient;
use load::process::Process;
use load::report::{Row, Target, print_head, print_row};
use load::rounds::in_turn;

/// The lengths of the lines, in bytes, without the LF.
const LENGTHS: [usize; 2] = [32, 1024];

/// The lines that a client sends before it waits for their echo.
const DEPTH: usize = 16;

/// The connections that are used at once. With one, each batch wakes the server, which costs the kernel more than the lines
/// cost the server.
const CONNECTIONS: [usize; 2] = [1, 8];

/// The names of the servers. The first is the peer.
const SERVERS: [&str; 3] = ["by hand", "Handler", "Connection"];

/// The most that ours may take of the peer's time.
const TARGETS: [Target; 3] = [Target::None, Target::AtMost(1.05), Target::AtMost(1.10)];

fn main() -> io::Result<ExitCode> {
    load::run(measure, servers::serve)
}

fn measure(is_quick: bool) -> io::Result<()> {
    print_head("ns a line");
    for length in LENGTHS {
        for connections in CONNECTIONS {
            compare(length, connections, is_quick)?;
        }
    }
    Ok(())
}

fn compare(length: usize, connections: usize, is_quick: bool) -> io::Result<()> {
    let (rounds, batches) = if is_quick { (3, 400) } else { (31, 16_000) };
    let mut pairs = Vec::new();
    for name in SERVERS {
        let server = Process::start(name)?;
        let mut client = LineClient::connect(&server, connections, DEPTH, length)?;
        // The first lines grow the buffers.
        client.exchange()?;
        pairs.push((server, client));
    }
    let figures = in_turn::<3>(rounds, |contender| {
        let (server, client) = &mut pairs[contender];
        let before = server.processor_time()?;
        let mut lines = 0;
        for _ in 0..batches / connections {
            lines += client.exchange()?;
        }
        Ok((server.processor_time()? - before) as f64 / lines as f64)
    })?;
    for ours in [1, 2] {
        print_row(&Row {
            case: &format!("lines of {length} B, {connections} at once"),
            ours: (SERVERS[ours], &figures[ours]),
            peer: (SERVERS[0], &figures[0]),
            target: TARGETS[ours],
        });
    }
    Ok(())
}
