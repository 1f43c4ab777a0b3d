//! Idle connections and the timers that they share, on runtimes of tokio.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use asynchat_tokio::{BoxError, Channel, Config, Drive, Error, Handler, drive};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, advance};

/// Answers each line. It holds an allocation, by which a test sees that it was dropped.
#[derive(Default)]
struct Echo(Arc<()>);

impl Handler for Echo {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push(data.to_vec())?)
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push("\n")?)
    }
}

const MINUTE: Duration = Duration::from_secs(60);

/// An idle timeout that is over soon, for runtimes whose time runs.
const SHORT: Duration = Duration::from_millis(50);

fn idle_timeout(idle_timeout: Duration) -> Config {
    Config { idle_timeout: Some(idle_timeout), ..Config::default() }
}

/// Returns the client's end of a stream, and a handler driven over the other end.
fn echo(config: Config) -> (DuplexStream, Drive<DuplexStream, Echo>) {
    let (client, server) = duplex(64);
    (client, drive(server, Echo::default(), config))
}

async fn exchange(client: &mut DuplexStream) {
    client.write_all(b"hello\n").await.unwrap();
    let mut answer = [0; 6];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"hello\n");
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

// C11
#[tokio::test(start_paused = true)]
async fn drive_ends_idle_connections_in_paused_time() {
    let start = Instant::now();
    let connections: Vec<_> = (0..100).map(|_| echo(idle_timeout(5 * MINUTE))).collect();
    let tasks: Vec<_> = connections.into_iter().map(|(client, drive)| (client, tokio::spawn(drive))).collect();
    for (client, task) in tasks {
        assert_eq!(task.await.unwrap(), Err(Error::Idle));
        drop(client);
    }
    let waited = start.elapsed();
    assert!(waited >= 5 * MINUTE && waited < 6 * MINUTE, "{waited:?}");
}

// C11
#[tokio::test(start_paused = true)]
async fn drive_counts_from_the_last_exchange() {
    let start = Instant::now();
    let (_silent_client, silent) = echo(idle_timeout(5 * MINUTE));
    let (mut client, active) = echo(idle_timeout(5 * MINUTE));
    let (silent, active) = (tokio::spawn(silent), tokio::spawn(active));
    for _ in 0..4 {
        exchange(&mut client).await;
        advance(MINUTE).await;
    }
    exchange(&mut client).await;
    assert_eq!(silent.await.unwrap(), Err(Error::Idle));
    assert!(!active.is_finished());
    assert_eq!(active.await.unwrap(), Err(Error::Idle));
    let waited = start.elapsed();
    assert!(waited >= 9 * MINUTE && waited < 10 * MINUTE, "{waited:?}");
}

// C11
#[test]
fn drive_ends_idle_while_another_runtime_stands_still() {
    let (one, other) = (one_thread(), one_thread());
    let (_one_client, in_one) = echo(idle_timeout(SHORT));
    let (_other_client, in_other) = echo(idle_timeout(SHORT));
    let in_one = one.spawn(in_one);
    one.block_on(tokio::task::yield_now());
    assert_eq!(other.block_on(in_other), Err(Error::Idle));
    assert_eq!(one.block_on(in_one).unwrap(), Err(Error::Idle));
}

// C11
#[test]
fn drive_ends_idle_in_a_runtime_with_threads() {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let connections: Vec<_> = (0..100).map(|_| echo(idle_timeout(SHORT))).collect();
    let tasks: Vec<_> = connections.into_iter().map(|(client, drive)| (client, runtime.spawn(drive))).collect();
    runtime.block_on(async {
        for (client, task) in tasks {
            assert_eq!(task.await.unwrap(), Err(Error::Idle));
            drop(client);
        }
    });
}

// C1
#[test]
fn drive_that_is_idle_is_dropped_with_its_runtime() {
    for runtime in [one_thread(), Builder::new_multi_thread().enable_all().build().unwrap()] {
        let mut clients = Vec::new();
        let mut handlers = Vec::new();
        for _ in 0..10 {
            let (client, server) = duplex(64);
            let handler = Echo::default();
            clients.push(client);
            handlers.push(Arc::downgrade(&handler.0));
            runtime.spawn(drive(server, handler, Config::default()));
        }
        runtime.block_on(async {
            for client in &mut clients {
                exchange(client).await;
            }
        });
        drop(runtime);
        assert!(handlers.iter().all(|handler| handler.strong_count() == 0));
    }
}

// C11
#[test]
fn drive_moves_on_to_another_runtime() {
    let (_client, drive) = echo(idle_timeout(SHORT));
    let mut drive = pin!(drive);
    let runtime = one_thread();
    runtime.block_on(poll_fn(|cx| {
        assert!(drive.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    }));
    // Its timers go off.
    drop(runtime);
    assert_eq!(one_thread().block_on(drive), Err(Error::Idle));
}

#[test]
fn drive_without_timeouts_needs_no_time_driver() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let config = Config {
        idle_timeout: None,
        min_input_rate: None,
        min_output_rate: None,
        linger: Duration::ZERO,
        ..Config::default()
    };
    let (mut client, drive) = echo(config);
    runtime.block_on(async {
        let task = tokio::spawn(drive);
        exchange(&mut client).await;
        drop(client);
        task.await.unwrap().unwrap();
    });
}
