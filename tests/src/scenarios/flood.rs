//! More connections than the server process has file descriptors.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use asynchat_core::Config;
use socket2::{Domain, Socket, Type};

use super::conversation::EchoHandler;
use super::server::assert_served;
use crate::adapters::Adapter;

/// The environment variable that makes a process the server.
const SERVER_PROCESS_ENV: &str = "ASYNCHAT_FLOOD_SERVER";

const CONNECTS: usize = 10_000;

/// The number of connections that are open at once: more than the server can accept.
const AT_ONCE: usize = 300;

/// A good client must be served this soon after the flood.
const RECOVERY: Duration = Duration::from_secs(1);

/// The server may have 64 file descriptors, and 10,000 connections arrive. It keeps running, earlier clients are
/// served, it does not spin, and a second after the flood it serves a good client.
pub fn server_survives_connect_flood_without_spinning<A: Adapter>() {
    if std::env::var_os(SERVER_PROCESS_ENV).is_some() {
        let serving = A::serve(Config::default(), usize::MAX, |_| EchoHandler::new().0);
        println!("\nlistening on {}", serving.address());
        // Until the parent has finished.
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        return;
    }
    let mut child = spawn_server();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let address = address_in(&mut output);

    let early = TcpStream::connect(address).unwrap();
    early.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut flood = VecDeque::new();
    for number in 0..CONNECTS {
        if flood.len() == AT_ONCE {
            flood.pop_front();
        }
        flood.push_back(connect_without_waiting(address, number % 2 == 0));
    }

    assert_served(&early);

    // All descriptors are in use, and more connections wait. The server can do nothing about it, so it must use no CPU
    // time.
    let before = processor_time(&child);
    let started = Instant::now();
    let waiting = flood.back().unwrap();
    waiting.set_nonblocking(false).unwrap();
    waiting.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let _ = { waiting }.read(&mut [0; 16]);
    let (used, elapsed) = (processor_time(&child) - before, started.elapsed());
    assert!(used < Duration::from_millis(250), "the idle server used {used:?} of CPU time in {elapsed:?}");

    let over = Instant::now();
    drop(flood);
    let client = loop {
        // While the backlog is full, the system itself would retry only after a second.
        match TcpStream::connect_timeout(&address, Duration::from_millis(50)) {
            Ok(client) => break client,
            Err(error) => assert_eq!(error.kind(), ErrorKind::TimedOut),
        }
    };
    client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    assert_served(&client);
    let elapsed = over.elapsed();
    assert!(elapsed < RECOVERY, "the client was served after {elapsed:?}");

    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

/// Runs this test again in a process that may have 64 file descriptors.
fn spawn_server() -> Child {
    let thread = std::thread::current();
    let test = thread.name().expect("scenarios run on threads with their names");
    Command::new("sh")
        .args(["-c", r#"ulimit -n 64; exec "$0" "$@""#])
        .arg(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(SERVER_PROCESS_ENV, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn address_in(output: &mut impl BufRead) -> SocketAddr {
    let address = output.lines().find_map(|line| line.unwrap().strip_prefix("listening on ").map(str::to_owned));
    address.expect("the server listens").parse().unwrap()
}

/// Starts to connect; it does not matter whether the connection succeeds.
fn connect_without_waiting(address: SocketAddr, to_be_reset: bool) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_nonblocking(true).unwrap();
    if to_be_reset {
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    }
    // The connect is in progress.
    let _ = socket.connect(&address.into());
    socket.into()
}

/// The CPU time that a process has used.
#[cfg(target_os = "linux")]
fn processor_time(child: &Child) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    // The name, in parentheses, may contain spaces. The times are fields 14 and 15, in hundredths of a second.
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// Not available from std on this system.
#[cfg(not(target_os = "linux"))]
fn processor_time(_: &Child) -> Duration {
    Duration::ZERO
}
