//! The allocations of the pull face on a runtime: none for an event or a frame that was read before.
//!
//! `allocation-counter` counts for each thread, so each connection is read on the thread that counts.
#![expect(clippy::unwrap_used, reason = "support for tests: whatever fails here fails the test")]

use std::io::Write;
use std::net::{TcpListener, TcpStream};

use allocation_counter::measure;

/// The lines that one read brings.
const LINES: usize = 500;

fn stream() -> Vec<u8> {
    b"a line of text\r\n".repeat(LINES)
}

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Counts the allocations of a future that is ready at its first poll.
fn count_ready<F: Future>(future: F) -> u64 {
    let mut future = std::pin::pin!(future);
    measure(|| assert!(future.as_mut().poll(&mut asynchat_tests::harness::noop_context()).is_ready())).count_total
}

fn socket_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

#[test]
fn connection_ready_input_allocates_nothing() {
    run(async {
        let mut connection = asynchat_tokio::Connection::with_unread(tokio::io::empty(), stream(), b"\r\n");
        let allocations = count_ready(async {
            for _ in 0..LINES / 2 {
                assert_eq!(connection.next_frame().await.unwrap(), Some(&b"a line of text"[..]));
                assert!(connection.next_event().await.unwrap().is_some());
                assert_eq!(connection.next_event().await.unwrap(), Some(asynchat_tokio::Event::Terminator));
            }
        });
        assert_eq!((allocations, connection.unread()), (0, 0));
    });
}

#[test]
fn read_half_ready_input_allocates_nothing() {
    run(async {
        let connection = asynchat_tokio::Connection::with_unread(tokio::io::empty(), stream(), b"\r\n");
        let (mut reader, _writer) = connection.into_split();
        // The copy that is lent has room after the first line.
        assert!(reader.next_frame().await.unwrap().is_some());
        assert!(reader.next_frame().await.unwrap().is_some());
        let allocations = count_ready(async {
            for _ in 1..LINES / 2 {
                assert_eq!(reader.next_frame().await.unwrap(), Some(&b"a line of text"[..]));
                assert!(reader.next_event().await.unwrap().is_some());
                assert_eq!(reader.next_event().await.unwrap(), Some(asynchat_tokio::Event::Terminator));
            }
        });
        assert_eq!((allocations, reader.unread()), (0, 0));
    });
}

#[test]
fn blocking_connection_ready_input_allocates_nothing() {
    let (mut client, server) = socket_pair();
    client.write_all(&stream()).unwrap();
    let mut connection = asynchat_blocking::Connection::new(server, b"\r\n");
    assert!(connection.next_frame().unwrap().is_some());
    let ready = connection.unread() / 16 / 2;
    let allocations = measure(|| {
        for _ in 0..ready {
            assert_eq!(connection.next_frame().unwrap(), Some(&b"a line of text"[..]));
            assert!(connection.next_event().unwrap().is_some());
            assert_eq!(connection.next_event().unwrap(), Some(asynchat_blocking::Event::Terminator));
        }
    });
    assert!(ready > 0, "one read brings more than a line");
    assert_eq!(allocations.count_total, 0);
}

#[test]
fn blocking_halves_ready_input_allocates_nothing() {
    let (mut client, server) = socket_pair();
    client.write_all(&stream()).unwrap();
    let (mut reader, _writer) = asynchat_blocking::Connection::new(server, b"\r\n").into_split();
    assert!(reader.next_frame().unwrap().is_some());
    let ready = reader.unread() / 16 / 2;
    let allocations = measure(|| {
        for _ in 0..ready {
            assert_eq!(reader.next_frame().unwrap(), Some(&b"a line of text"[..]));
            assert!(reader.next_event().unwrap().is_some());
            assert_eq!(reader.next_event().unwrap(), Some(asynchat_blocking::Event::Terminator));
        }
    });
    assert!(ready > 0, "one read brings more than a line");
    assert_eq!(allocations.count_total, 0);
}
