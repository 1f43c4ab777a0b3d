//! Slow peers (slowloris), and the minimum rates that cut them off.

use std::collections::HashMap;
use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use asynchat_core::{BoxError, Channel, Config, Error, Handler, MinRate};
use bytes::Bytes;

use super::{is_full_run, peer};
use crate::adapters::Adapter;

const GRACE: Duration = Duration::from_millis(300);

/// A peer may be cut off this late on a busy machine.
const SLACK: Duration = Duration::from_secs(10);

/// The most resident bytes for a connection, with both of its ends and other scenarios in this process. The answer that
/// the peer does not read is a thousand times as large.
#[cfg(target_os = "linux")]
const RESIDENT: usize = 64 * 1024;

/// The name of a peer that was cut off, why, and when. Its address cannot serve as a name: the system soon gives it to
/// another peer.
type CutOff = (String, Error, Instant);

/// Answers each line; `more` gets more than any socket holds. Reports how each connection ended. A slow peer's first
/// word is its name.
struct LineServer {
    line: Vec<u8>,
    large_answer: Bytes,
    cut_off_sender: Sender<CutOff>,
}

impl Handler for LineServer {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        if self.line.ends_with(b" more") {
            channel.push(self.large_answer.clone())?;
        } else {
            self.line.clear();
            channel.push("yes\n")?;
        }
        Ok(())
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        if let Err(error) = outcome {
            let name = String::from_utf8_lossy(&self.line).split(' ').take(1).collect();
            let _ = self.cut_off_sender.send((name, error.clone(), Instant::now()));
        }
    }
}

/// Peers that send a byte now and then, and peers that never read, are cut off in time. An idle client is not, and a
/// good client is served all the while. In a full run, memory stays flat.
// C6, O3
pub fn server_cuts_off_slow_peers_only<A: Adapter>() {
    let count = if is_full_run() { 1_000 } else { 100 };
    // So fast that the megabytes which a socket buffer takes buy no time to speak of: not every system says how much of
    // them the peer has taken.
    let pace = MinRate::new(1_000_000_000, GRACE);
    let config = Config::default().with_min_input_rate(pace).with_min_output_rate(pace).with_high_water(usize::MAX);
    let (cut_off_sender, cut_offs) = channel();
    let large_answer = Bytes::from(vec![b'x'; 64 << 20]);
    let before = resident();
    let mut most = before;
    let serving = {
        A::serve(config, 2 * count + 2, move |_| LineServer {
            line: Vec::new(),
            large_answer: large_answer.clone(),
            cut_off_sender: cut_off_sender.clone(),
        })
    };
    let idle = peer::connect(serving.address());
    let good = peer::connect(serving.address());
    let mut started = HashMap::new();
    // The smallest receive buffers, so that a thousand of them do not exhaust the system's memory for sockets.
    let readers: Vec<_> = (0..count).map(|_| peer::connect_with_small_buffer(serving.address(), 4096)).collect();
    let mut senders: Vec<_> = (0..count).map(|_| peer::connect(serving.address())).collect();
    for (number, (reader, sender)) in readers.iter().zip(&senders).enumerate() {
        for (stream, name, asks) in
            [(reader, format!("reader{number}"), " more\n"), (sender, format!("sender{number}"), " ")]
        {
            let first = [&name, asks].concat();
            started.insert(name, Instant::now());
            peer::send_in_pieces(stream, [first.as_bytes()]);
        }
        sender.set_nonblocking(true).unwrap();
    }

    let (sent_too_slowly, read_too_slowly) = collect_cut_offs(&cut_offs, started, || {
        senders.retain_mut(send_byte);
        peer::ask(&good, "there?\n", "yes\n");
        most = most.max(resident());
    });
    assert_eq!((sent_too_slowly, read_too_slowly), (count, count));
    // The last senders see at their own end that they were cut off.
    for sender in senders {
        sender.set_nonblocking(false).unwrap();
        peer::assert_closed(&sender);
    }
    peer::ask(&idle, "there?\n", "yes\n");
    drop((readers, idle, good));
    serving.stop();
    let grown = (most - before) / (2 * count);
    println!("{grown} bytes resident for each of {count} senders and {count} readers");
    #[cfg(target_os = "linux")]
    assert!(!is_full_run() || grown < RESIDENT, "{grown} bytes for each");
}

/// Waits until each of these peers has been cut off, and calls `each_round` every moment. `started` says when each was
/// about to send its first byte.
fn collect_cut_offs(
    cut_offs: &Receiver<CutOff>,
    mut started: HashMap<String, Instant>,
    mut each_round: impl FnMut(),
) -> (usize, usize) {
    let (mut sent_too_slowly, mut read_too_slowly) = (0, 0);
    while !started.is_empty() {
        each_round();
        let first = match cut_offs.recv_timeout(Duration::from_millis(10)) {
            Ok(first) => Some(first),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("the server is gone"),
        };
        // All that are there: a thousand calls of `each_round` would take longer than a thousand peers have.
        for (name, error, at) in first.into_iter().chain(cut_offs.try_iter()) {
            let started = started.remove(&name).expect("a slow peer, once");
            let after = at - started;
            assert!(after >= GRACE && after < GRACE + SLACK, "{name}: {error} after {after:?}");
            match error {
                Error::SentTooSlowly => sent_too_slowly += 1,
                Error::ReadTooSlowly => read_too_slowly += 1,
                error => panic!("{error}"),
            }
        }
    }
    (sent_too_slowly, read_too_slowly)
}

/// Sends a byte, and returns whether the connection still exists.
fn send_byte(stream: &mut TcpStream) -> bool {
    match stream.write_all(b"x") {
        Ok(()) => true,
        Err(error) => error.kind() == ErrorKind::WouldBlock,
    }
}

/// The resident memory of this process, in bytes.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
}

/// Not available from std on this system.
#[cfg(not(target_os = "linux"))]
fn resident() -> usize {
    0
}
