//! A server with 64 descriptors, and 10,000 connects at it.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "what fails here is the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use asynchat_blocking::{Channel, Handler, HandlerError, Server, ShutdownHandle};
use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Set in the process that is the server: the limit is for a whole process, and those who connect need more.
const IS_SERVER: &str = "ASYNCHAT_FLOODED_SERVER";

const DESCRIPTORS: u64 = 64;
const CONNECTS: usize = 10_000;
const FLOODERS: usize = 8;
/// More than can be served, fewer than wait in any system's backlog.
const HELD: usize = 100;

/// Says what is asked for: how long its process has kept a processor, in microseconds, or the same again.
struct Told {
    line: Vec<u8>,
    shutdown: ShutdownHandle,
}

impl Handler for Told {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), HandlerError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), HandlerError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), HandlerError> {
        let line = std::mem::take(&mut self.line);
        match line.as_slice() {
            b"processor" => {
                let time = Duration::try_from(clock_gettime(ClockId::ProcessCPUTime))?;
                channel.push(format!("{}\n", time.as_micros()))?;
            }
            b"shutdown" => self.shutdown.shutdown(),
            _ => channel.push([line, b"\n".to_vec()].concat())?,
        }
        Ok(())
    }
}

fn serve_with_few_descriptors() {
    setrlimit(Resource::Nofile, Rlimit { current: Some(DESCRIPTORS), maximum: Some(DESCRIPTORS) }).unwrap();
    let server = Server::bind("127.0.0.1:0").unwrap().with_connection_limit(CONNECTS);
    println!("\nlistening on {}", server.local_addr().unwrap());
    let shutdown = server.shutdown_handle();
    server.serve(|_| Told { line: Vec::new(), shutdown: shutdown.clone() });
}

/// The process that is the server, which does not outlive the test.
struct Flooded(Child);

impl Drop for Flooded {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

fn ask(stream: &mut TcpStream, question: &str) -> String {
    stream.write_all(question.as_bytes()).unwrap();
    hear(stream)
}

fn hear(stream: &mut TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut answer = Vec::new();
    let mut byte = [0];
    while byte != *b"\n" {
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    String::from_utf8(answer).unwrap()
}

fn processor_time(stream: &mut TcpStream) -> Duration {
    Duration::from_micros(ask(stream, "processor\n").trim().parse().unwrap())
}

#[test]
fn a_flood_neither_stops_nor_spins_a_server_that_is_short_of_descriptors() {
    if std::env::var_os(IS_SERVER).is_some() {
        return serve_with_few_descriptors();
    }
    let process = Command::new(std::env::current_exe().unwrap())
        .args(["--nocapture", "--test-threads", "1"])
        .env(IS_SERVER, "yes")
        .stdout(Stdio::piped())
        .spawn();
    let mut process = Flooded(process.unwrap());
    let mut lines = BufReader::new(process.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address: SocketAddr =
        lines.by_ref().find_map(|line| line.strip_prefix("listening on ")?.parse().ok()).expect("it listens");

    let mut good = TcpStream::connect(address).unwrap();
    assert_eq!(ask(&mut good, "before\n"), "before\n");
    let held: Vec<_> = (0..HELD).map(|_| TcpStream::connect(address).unwrap()).collect();
    let mut waiting = TcpStream::connect(address).unwrap();
    waiting.write_all(b"waiting\n").unwrap();

    let (begun, used) = (Instant::now(), processor_time(&mut good));
    thread::scope(|scope| {
        for _ in 0..FLOODERS {
            scope.spawn(|| {
                for _ in 0..CONNECTS / FLOODERS {
                    // When the backlog is full too, the system answers no more.
                    let _ = TcpStream::connect_timeout(&address, Duration::from_millis(1));
                }
            });
        }
    });
    assert_eq!(ask(&mut good, "meanwhile\n"), "meanwhile\n");
    let used = processor_time(&mut good) - used;
    let taken = begun.elapsed();
    assert!(used < taken / 4, "it has used {used:?} of {taken:?} to accept nothing");

    let begun = Instant::now();
    drop(held);
    assert_eq!(hear(&mut waiting), "waiting\n");
    let taken = begun.elapsed();
    assert!(taken < Duration::from_secs(1), "it has taken {taken:?} to recover");

    assert_eq!(ask(&mut TcpStream::connect(address).unwrap(), "afterwards\n"), "afterwards\n");
    good.write_all(b"shutdown\n").unwrap();
    assert!(process.0.wait().unwrap().success());
}
