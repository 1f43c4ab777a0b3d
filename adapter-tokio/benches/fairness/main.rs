//! The time of a PING beside one client that pipelines as fast as it can: the Redis of the examples on tokio, beside
//! redis-server under the same load: `cargo bench -p asynchat-tokio --bench fairness`.
//!
//! The figures are the median and the 99th percentile of the time until the answer, in milliseconds. The load is MSET of ten
//! keys. `--quick` makes it short.

use std::io;
use std::process::ExitCode;

mod flood;
#[path = "../load/mod.rs"]
#[expect(dead_code, reason = "other benchmarks need more")]
mod load;
mod ping;
mod servers;

use flood::Flood;
use load::process::Process;
use load::report::{Row, Target, print_head, print_row};
use load::rounds::in_turn;

/// The names of the servers. The first is the peer.
const SERVERS: [&str; 3] = [servers::REDIS_SERVER, "current_thread", "multi_thread"];

/// The most that our median may be, in medians of redis-server.
const TARGET: Target = Target::AtMost(5.0);

fn main() -> io::Result<ExitCode> {
    load::run(measure, servers::serve)
}

fn measure(is_quick: bool) -> io::Result<()> {
    let (rounds, pings) = if is_quick { (3, 20) } else { (15, 200) };
    let Some(peer) = servers::start_redis_server()? else {
        println!("skipped: redis-server is not installed");
        return Ok(());
    };
    let servers = [peer, Process::start(SERVERS[1])?, Process::start(SERVERS[2])?];
    let mut last: [Vec<f64>; SERVERS.len()] = Default::default();
    let mut rates: [Vec<f64>; SERVERS.len()] = Default::default();
    let medians = in_turn::<{ SERVERS.len() }>(rounds, |contender| {
        let server = &servers[contender];
        let flood = Flood::start(server)?;
        let (median, percentile) = ping::measure(server, pings)?;
        rates[contender].push(flood.stop()? / 1e3);
        last[contender].push(percentile);
        Ok(median)
    })?;
    for (case, unit, figures, target) in [
        ("PING, median", "ms", &medians, TARGET),
        ("PING, 99th percentile", "ms", &last, Target::None),
        ("MSET of the load", "1,000/s", &rates, Target::None),
    ] {
        print_head(unit);
        for ours in [1, 2] {
            print_row(&Row { case, ours: (SERVERS[ours], &figures[ours]), peer: (SERVERS[0], &figures[0]), target });
        }
    }
    Ok(())
}
