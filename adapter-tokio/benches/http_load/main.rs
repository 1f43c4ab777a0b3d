//! Measures the processor time of a request: `cargo bench -p asynchat-tokio --bench http_load`.
//!
//! Two servers answer the same requests with the same bytes: `http_server` of this repository, and a server on hyper 1.
//! Each runs in its own process, which is this binary again, on tokio's default runtime. The client holds
//! [`CONNECTIONS`] connections, each with one request at a time. It is `wrk` if that is there, and otherwise a client
//! of this binary.
//!
//! The processor time is that of the server's process, in the kernel too, from `/proc`. Other processes do not add to it.
//! Each round measures both servers in turn, so that other load on the machine affects them alike.
//!
//! Environment: `ROUNDS` (5 by default), and `RUN_SECONDS` of each measurement under `wrk` (2).

mod client;
#[path = "../load/mod.rs"]
#[expect(dead_code, reason = "other benchmarks need more")]
mod load;
mod measure;
mod servers;

use std::io;
use std::process::ExitCode;

use load::process::Process;
use load::rounds::median;
use measure::Run;
use servers::Contender;

/// The number of connections that the client holds.
const CONNECTIONS: usize = 64;

/// A request that is measured, with its name.
const REQUESTS: [(&str, client::Request); 2] = [
    ("GET / (a page of 3 KB)", client::Request { line: "GET / HTTP/1.1", content: "" }),
    (
        "POST /echo (27 B)",
        client::Request { line: "POST /echo HTTP/1.1", content: "{\"hello\":\"world\",\"n\":12345}" },
    ),
];

fn main() -> io::Result<ExitCode> {
    load::run(|_| compare(), servers::serve)
}

fn compare() -> io::Result<()> {
    let servers = Contender::ALL.map(|contender| Process::start(contender.name()));
    let [ours, peer] = servers;
    let servers = [ours?, peer?];
    let rounds = number("ROUNDS", 5)?.max(1);
    let load = client::Load::choose(number("RUN_SECONDS", 2)?);
    println!("\nnanoseconds of processor time for a request, {CONNECTIONS} connections, load by {}:", load.name());
    println!("medians of {rounds} rounds\n");
    println!("| request | asynchat | hyper | asynchat / hyper | requests/s, asynchat | requests/s, hyper |");
    println!("|---|--:|--:|--:|--:|--:|");
    for (name, request) in &REQUESTS {
        let [one, other] = servers.each_ref().map(|server| client::answer(server.address(), request));
        let answer_len = client::check_same(&one?, &other?)?;
        let mut runs: [Vec<Run>; 2] = Default::default();
        for _ in 0..rounds {
            for (server, runs) in servers.iter().zip(&mut runs) {
                runs.push(Run::measure(server, |address| load.run(address, request, answer_len))?);
            }
        }
        let [ours, peer] = runs.each_ref().map(|runs| median(&runs.iter().map(Run::nanoseconds).collect::<Vec<_>>()));
        let [our_rate, peer_rate] = runs.each_ref().map(|runs| median(&runs.iter().map(Run::rate).collect::<Vec<_>>()));
        println!("| {name} | {ours:.0} | {peer:.0} | {:.2} | {our_rate:.0} | {peer_rate:.0} |", ours / peer);
    }
    Ok(())
}

/// Returns the number in an environment variable, or the default.
fn number(name: &str, default: u64) -> io::Result<u64> {
    match std::env::var(name) {
        Ok(value) => value.parse().map_err(|_| io::Error::other(format!("{name} is not a number: {value}"))),
        Err(_) => Ok(default),
    }
}
