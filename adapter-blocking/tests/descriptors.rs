//! A server while its process may have no further descriptor. The limit is that of the whole process, so these tests have
//! one of their own, and take turns.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read, Write};
use std::sync::mpsc::channel;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use asynchat_blocking::Server;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

mod support;

use support::{RecordingHandler, Stuck, connect};

/// Takes the right to open a descriptor from the process until it is dropped. Meanwhile poll(2) fails with `EINVAL` for
/// any number of descriptors.
struct NoDescriptors {
    limit: Rlimit,
    _turn: MutexGuard<'static, ()>,
}

impl NoDescriptors {
    fn new(turn: MutexGuard<'static, ()>) -> Self {
        let limit = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: Some(0), maximum: limit.maximum }).unwrap();
        Self { limit, _turn: turn }
    }
}

impl Drop for NoDescriptors {
    fn drop(&mut self) {
        let _ = setrlimit(Resource::Nofile, self.limit);
    }
}

/// Waits until no other test has taken the descriptors.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

// C17
#[test]
fn server_drains_although_poll_fails() {
    let turn = turn();
    let server = Server::bind("127.0.0.1:0").unwrap().with_drain_timeout(Duration::ZERO);
    let (address, shutdown) = (server.local_addr().unwrap(), server.shutdown_handle());
    let (handler, is_stuck, release) = Stuck::new();
    let mut handler = Some(handler);
    let serving = thread::spawn(move || server.serve(|_| handler.take().unwrap()));
    let mut client = connect(address);
    client.read_exact(&mut [0; 5]).unwrap();
    client.write_all(b"get stuck").unwrap();
    is_stuck.recv().unwrap();
    let no_descriptors = NoDescriptors::new(turn);
    shutdown.shutdown();
    // It has waited for the handler in vain, in a poll(2) that fails.
    serving.join().unwrap().unwrap();
    drop(no_descriptors);
    drop(release);
    assert_eq!(client.read(&mut [0]).unwrap_or(0), 0);
}

#[test]
fn server_without_a_notifier_shuts_down() {
    let turn = turn();
    let server = Server::bind("127.0.0.1:0").unwrap();
    let shutdown = server.shutdown_handle();
    let no_descriptors = NoDescriptors::new(turn);
    let serving = thread::spawn(move || server.serve(|_| RecordingHandler::new("", channel().0)));
    shutdown.shutdown();
    serving.join().unwrap().unwrap();
    drop(no_descriptors);
}
