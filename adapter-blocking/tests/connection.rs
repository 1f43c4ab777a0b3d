//! `Connection` over sockets and over streams of unknown type.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use asynchat_blocking::{Connection, End, Error, Event};

mod support;

use support::{PlainStream, SHORT_TIMEOUT, kind, tcp_pair};

const MIB: usize = 1024 * 1024;

// C9
#[test]
fn connections_that_both_send_first_do_not_deadlock() {
    fn sends_first(stream: TcpStream) {
        let mut connection = Connection::new(stream, 8 * MIB as u64);
        connection.push(vec![b'x'; 8 * MIB]).unwrap();
        let mut missing = 8 * MIB;
        while missing > 0 {
            let Some(Event::Data(data)) = connection.next_event().unwrap() else { panic!("the stream ended early") };
            missing -= data.len();
        }
        assert_eq!(connection.next_event().unwrap(), Some(Event::Terminator));
        connection.close().unwrap();
    }
    let (client, stream) = tcp_pair();
    let thread = thread::spawn(|| sends_first(stream));
    sends_first(client);
    thread.join().unwrap();
}

// C8
#[test]
fn connection_read_timeout_loses_no_bytes() {
    fn loses_nothing<S: Read + Write + 'static>(mut client: TcpStream, mut connection: Connection<S>) {
        connection.push("question\n").unwrap();
        connection.set_read_timeout(SHORT_TIMEOUT);
        let mut answer: &[u8] = b"it is 42\nand no more";
        while let Some((byte, rest)) = answer.split_first() {
            client.write_all(&[*byte]).unwrap();
            answer = rest;
            match connection.next_frame() {
                Ok(frame) => assert_eq!((frame, *byte), (Some(&b"it is 42"[..]), b'\n')),
                Err(error) => assert_eq!(kind(error), ErrorKind::TimedOut),
            }
        }
        let mut question = [0; 9];
        client.read_exact(&mut question).unwrap();
        assert_eq!(&question, b"question\n");
        client.shutdown(Shutdown::Write).unwrap();
        connection.set_read_timeout(None);
        assert_eq!(connection.next_frame(), Err(Error::Truncated(End::MidFrame)));
        assert_eq!(connection.partial(), b"and no more");
    }
    let (client, stream) = tcp_pair();
    loses_nothing(client, Connection::new(stream, b"\n"));
    let (client, stream) = tcp_pair();
    stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    loses_nothing(client, Connection::new(PlainStream(stream), b"\n"));
}

// C8, O1
#[test]
fn connection_flush_continues_after_a_write_timeout() {
    let (mut client, stream) = tcp_pair();
    let mut connection = Connection::new(stream, b"\n");
    let sent: Vec<u8> = (0..16 * MIB).map(|at| (at % 251) as u8).collect();
    connection.push(sent.clone()).unwrap();
    connection.set_write_timeout(SHORT_TIMEOUT);
    assert_eq!(kind(connection.flush().unwrap_err()), ErrorKind::TimedOut);
    let thread = thread::spawn(move || {
        let mut came = Vec::new();
        client.read_to_end(&mut came).unwrap();
        came
    });
    connection.set_write_timeout(None);
    connection.close().unwrap();
    assert!(thread.join().unwrap() == sent);
}

#[test]
fn connection_uses_the_timeouts_of_its_socket() {
    let (_here, stream) = tcp_pair();
    stream.set_read_timeout(SHORT_TIMEOUT).unwrap();
    stream.set_write_timeout(SHORT_TIMEOUT).unwrap();
    let mut connection = Connection::new(stream, b"\n");
    assert_eq!(kind(connection.next_frame().unwrap_err()), ErrorKind::TimedOut);
    connection.push(vec![b'x'; 64 * MIB]).unwrap();
    assert_eq!(kind(connection.flush().unwrap_err()), ErrorKind::TimedOut);
}

#[test]
fn connection_zero_timeout_returns_only_buffered_frames() {
    let (mut client, stream) = tcp_pair();
    let mut connection = Connection::new(stream, b"\n");
    connection.set_read_timeout(Some(Duration::ZERO));
    assert_eq!(kind(connection.next_frame().unwrap_err()), ErrorKind::TimedOut);
    client.write_all(b"a\nb\n").unwrap();
    connection.set_read_timeout(None);
    assert_eq!(connection.next_frame(), Ok(Some(&b"a"[..])));
    connection.set_read_timeout(Some(Duration::ZERO));
    assert_eq!(connection.next_frame(), Ok(Some(&b"b"[..])));
    assert_eq!(kind(connection.next_frame().unwrap_err()), ErrorKind::TimedOut);
}

/// Returns whether the socket is in nonblocking mode. Only Unix can report this.
#[cfg(unix)]
fn is_nonblocking(stream: &TcpStream) -> io::Result<bool> {
    Ok(rustix::fs::fcntl_getfl(stream)?.contains(rustix::fs::OFlags::NONBLOCK))
}

// C5
#[test]
fn connection_into_parts_restores_blocking_mode() {
    let (mut client, stream) = tcp_pair();
    client.write_all(b"STARTTLS\nplain").unwrap();
    let mut connection = Connection::new(stream, b"\n");
    #[cfg(unix)]
    assert!(is_nonblocking(connection.get_ref()).unwrap());
    assert_eq!(connection.next_frame(), Ok(Some(&b"STARTTLS"[..])));
    let refused = connection.into_inner().unwrap_err();
    assert_eq!((refused.unread(), refused.unsent()), (5, 0));
    let parts = refused.into_connection().into_parts();
    assert_eq!(parts.unread, "plain");
    #[cfg(unix)]
    assert!(!is_nonblocking(&parts.stream).unwrap());
}

// C7
#[test]
fn connection_close_lingers_and_discards_late_input() {
    let (mut client, stream) = tcp_pair();
    let (closed, is_closed) = channel();
    let thread = thread::spawn(move || {
        let mut connection = Connection::new(stream, b"\n");
        connection.push("bye\n").unwrap();
        connection.close().unwrap();
        closed.send(()).unwrap();
    });
    let mut line = String::new();
    client.read_to_string(&mut line).unwrap();
    assert_eq!(line, "bye\n");
    for _ in 0..100 {
        client.write_all(b"but I am not done yet\n").unwrap();
        assert!(is_closed.try_recv().is_err(), "close returned before the peer hung up");
    }
    drop(client);
    thread.join().unwrap();
}

// C7
#[test]
fn connection_over_plain_stream_does_not_linger() {
    let (mut client, stream) = tcp_pair();
    let mut connection = Connection::new(PlainStream(stream), b"\n");
    connection.push("bye\n").unwrap();
    connection.close().unwrap();
    drop(connection);
    let mut line = String::new();
    client.read_to_string(&mut line).unwrap();
    assert_eq!(line, "bye\n");
}

#[test]
fn connection_is_send() {
    fn goes<T: Send>() {}
    goes::<Connection<TcpStream>>();
}
