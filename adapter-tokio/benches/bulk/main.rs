//! A bulk upload through `Terminator::Count`, beside a bare read loop, and a bulk download through a producer, beside
//! `write_all` of the same chunks: `cargo bench -p asynchat-tokio --bench bulk`.
//!
//! The figures are the processor time of the server process for a KiB, and the throughput. `--quick` makes it short.

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::time::Instant;

#[path = "../load/mod.rs"]
#[expect(dead_code, reason = "other benchmarks need more")]
mod load;
mod servers;

use load::process::Process;
use load::report::{Row, Target, print_head, print_row};
use load::rounds::in_turn;

/// The bytes of a transfer, and of one of a quick run.
const SIZE: u64 = 1 << 30;
const QUICK_SIZE: u64 = 1 << 26;

/// The bytes of a chunk of a download, and of a read.
const CHUNK: usize = 64 * 1024;

/// A request is a letter and the bytes of the transfer, as a number of 8 bytes; the answer to an upload is one byte.
const UPLOAD: u8 = b'u';
const DOWNLOAD: u8 = b'd';
const DONE: &[u8] = b"!";

/// Our speed has to be at least this share of the peer's.
const TARGET: Target = Target::AtLeast(0.95);

/// The contenders: a case, a server and a direction. The first of each pair is ours.
const CONTENDERS: [(&str, &str, u8); 5] = [
    ("upload", "Handler", UPLOAD),
    ("upload", "Connection", UPLOAD),
    ("upload", "by hand", UPLOAD),
    ("download", "Handler", DOWNLOAD),
    ("download", "by hand", DOWNLOAD),
];

/// The pairs that are compared.
const PAIRS: [(usize, usize); 3] = [(0, 2), (1, 2), (3, 4)];

fn main() -> io::Result<ExitCode> {
    load::run(measure, servers::serve)
}

fn measure(is_quick: bool) -> io::Result<()> {
    let (rounds, size) = if is_quick { (3, QUICK_SIZE) } else { (9, SIZE) };
    let servers = CONTENDERS.map(|(_, name, _)| Process::start(name));
    let servers = servers.into_iter().collect::<io::Result<Vec<_>>>()?;
    let mut mib_a_second: [Vec<f64>; CONTENDERS.len()] = Default::default();
    let mib_a_processor_second = in_turn::<{ CONTENDERS.len() }>(rounds, |contender| {
        let server = &servers[contender];
        let transferred = || transfer(server, CONTENDERS[contender].2, size);
        // The time until the connection is there, and until the server has begun, is not part of it.
        let (before, begun) = (server.processor_time()?, Instant::now());
        transferred()?;
        let mib = size as f64 / f64::from(1 << 20);
        mib_a_second[contender].push(mib / begun.elapsed().as_secs_f64());
        Ok(mib / ((server.processor_time()? - before) as f64 / 1e9))
    })?;
    for (unit, figures) in [("MiB/CPU s", &mib_a_processor_second), ("MiB/s", &mib_a_second)] {
        print_head(unit);
        for (ours, peer) in PAIRS {
            let (case, name, _) = CONTENDERS[ours];
            print_row(&Row {
                case: &format!("{case} of {} MiB", size >> 20),
                ours: (name, &figures[ours]),
                peer: (CONTENDERS[peer].1, &figures[peer]),
                target: TARGET,
            });
        }
    }
    Ok(())
}

/// Moves this many bytes in one direction, over a connection of its own.
fn transfer(server: &Process, direction: u8, size: u64) -> io::Result<()> {
    let mut connection = server.connect()?;
    connection.write_all(&[direction])?;
    connection.write_all(&size.to_be_bytes())?;
    let mut buffer = vec![b'x'; 4 * CHUNK];
    let mut left = size;
    while left > 0 {
        let room = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let moved = match direction {
            UPLOAD => connection.write(&buffer[..room])?,
            _ => connection.read(&mut buffer[..room])?,
        };
        if moved == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        left -= moved as u64;
    }
    if direction == UPLOAD {
        connection.read_exact(&mut buffer[..DONE.len()])?;
    }
    Ok(())
}
