//! More connections than a process has descriptors for.

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

/// Set for the process that is to be the server.
const SERVER_PROCESS_ENV: &str = "ASYNCHAT_FLOOD_SERVER";

const CONNECTS: usize = 10_000;

/// How many of them are open at once: more than the server can have.
const AT_ONCE: usize = 300;

/// How soon after the flood a good client is served.
const RECOVERY: Duration = Duration::from_secs(1);

/// A process that may have 64 descriptors serves while 10,000 connects come: it goes on, those that came before do
/// not notice, it does not spin, and a second after the flood a good client is served.
pub fn server_survives_connect_flood_without_spinning<A: Adapter>() {
    if std::env::var_os(SERVER_PROCESS_ENV).is_some() {
        let serving = A::serve(Config::default(), usize::MAX, |_| EchoHandler::new().0);
        println!("\nlistening on {}", serving.address());
        // Until the parent has what it wants.
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

    // It has all it can have, and more wait. There is nothing that it could do, so it is to do nothing.
    let before = processor_time(&child);
    let started = Instant::now();
    let waiting = flood.back().unwrap();
    waiting.set_nonblocking(false).unwrap();
    waiting.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let _ = { waiting }.read(&mut [0; 16]);
    let (used, took) = (processor_time(&child) - before, started.elapsed());
    assert!(used < Duration::from_millis(250), "it used {used:?} of {took:?} for nothing");

    let over = Instant::now();
    drop(flood);
    let client = loop {
        // If the backlog is still full the system would try again only after a second.
        match TcpStream::connect_timeout(&address, Duration::from_millis(50)) {
            Ok(client) => break client,
            Err(error) => assert_eq!(error.kind(), ErrorKind::TimedOut),
        }
    };
    client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    assert_served(&client);
    let took = over.elapsed();
    assert!(took < RECOVERY, "it was served after {took:?}");

    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

/// This test once more, in a process that may have 64 descriptors.
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

/// A connection that is under way; whether the system lets it through does not matter.
fn connect_without_waiting(address: SocketAddr, to_be_reset: bool) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_nonblocking(true).unwrap();
    if to_be_reset {
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    }
    // It is in progress.
    let _ = socket.connect(&address.into());
    socket.into()
}

/// How much of the processor's time a process has had.
#[cfg(target_os = "linux")]
fn processor_time(child: &Child) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    // The name, in parentheses, may have blanks; the times are fields 14 and 15, in hundredths of a second.
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// Not to be had here without more than std has.
#[cfg(not(target_os = "linux"))]
fn processor_time(_: &Child) -> Duration {
    Duration::ZERO
}
