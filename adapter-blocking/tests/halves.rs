//! The halves of a blocking `Connection`, over sockets and over streams that are none.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;

use asynchat_blocking::{Config, Connection, Error};

mod support;

use support::{PlainStream, SHORT_TIMEOUT, kind, tcp_pair};

/// Asks for lines in one thread and reads them in another.
fn ask<S: Read + Write + Send + 'static>(connection: Connection<S>, lines: usize) -> Result<Connection<S>, Error> {
    let (mut reader, mut writer) = connection.into_split();
    let reading = thread::spawn(move || {
        for line in 0..lines {
            assert_eq!(reader.next_frame()?, Some(format!("line {line}").as_bytes()));
        }
        Ok::<_, Error>(reader)
    });
    for line in 0..lines {
        writer.push(format!("line {line}\n"))?;
        writer.flush()?;
    }
    let reader = reading.join().map_err(|_| Error::handler("it has panicked"))??;
    Ok(reader.reunite(writer)?)
}

/// Sends everything back.
fn echo<S: Read + Write + 'static>(stream: S) -> Result<(), Error> {
    let mut connection = Connection::new(stream, b"\n");
    while let Some(line) = connection.next_frame_owned()? {
        connection.push(line)?;
        connection.push_slice(b"\n")?;
    }
    Ok(())
}

// C9
#[cfg(unix)]
#[test]
fn halves_work_over_unix_sockets() {
    let (here, there) = std::os::unix::net::UnixStream::pair().unwrap();
    let echoing = thread::spawn(|| echo(there));
    drop(ask(Connection::new(here, b"\n"), 500).unwrap());
    echoing.join().unwrap().unwrap();
}

/// The calls of such a stream wait, and hold up the other half for as long as its own timeout.
// C9
#[test]
fn halves_take_turns_over_streams_with_timeouts() {
    let (here, there) = tcp_pair();
    let echoing = thread::spawn(|| echo(there));
    here.set_read_timeout(SHORT_TIMEOUT).unwrap();
    drop(ask(Connection::new(PlainStream(here), b"\n"), 20).unwrap());
    echoing.join().unwrap().unwrap();
}

// C8
#[test]
fn half_that_reads_shows_what_came_before_its_timeout() {
    let (mut client, stream) = tcp_pair();
    let mut connection = Connection::new(stream, b"\n");
    connection.set_read_timeout(SHORT_TIMEOUT);
    client.write_all(b"half a ").unwrap();
    assert_eq!(kind(connection.next_frame().unwrap_err()), ErrorKind::TimedOut);
    assert_eq!(connection.partial(), b"half a ");
    let (mut reader, _writer) = connection.into_split();
    assert_eq!(kind(reader.next_frame().unwrap_err()), ErrorKind::TimedOut);
    assert_eq!(reader.partial(), b"half a ");
    client.write_all(b"line\n").unwrap();
    reader.set_read_timeout(None);
    assert_eq!(reader.next_frame(), Ok(Some(&b"half a line"[..])));
}

// C6, C8
#[test]
fn half_that_writes_keeps_its_timeout_while_the_other_waits() {
    let (_client, stream) = tcp_pair();
    let config = Config::default().with_min_output_rate(None);
    let (mut reader, mut writer) = Connection::with_config(stream, b"\n", config).into_split();
    let reading = thread::spawn(move || reader.next_frame_owned());
    writer.push(vec![b'x'; 32 << 20]).unwrap();
    writer.set_write_timeout(SHORT_TIMEOUT);
    assert_eq!(kind(writer.flush().unwrap_err()), ErrorKind::TimedOut);
    assert!(writer.queued() > 0);
    writer.abort();
    assert_eq!(reading.join().unwrap(), Err(Error::Aborted));
}

// C18
#[test]
fn half_dropped_ends_the_output() {
    let (mut client, stream) = tcp_pair();
    let (mut reader, mut writer) = Connection::new(stream, b"\n").into_split();
    writer.push("bye\n").unwrap();
    drop(writer);
    let mut all = String::new();
    client.read_to_string(&mut all).unwrap();
    assert_eq!(all, "bye\n");
    client.write_all(b"thanks\n").unwrap();
    assert_eq!(reader.next_frame(), Ok(Some(&b"thanks"[..])));
}

// C16, C19
#[test]
fn half_dropped_by_a_panic_aborts_the_connection() {
    let (mut client, stream) = tcp_pair();
    let (mut reader, mut writer) = Connection::new(stream, b"\n").into_split();
    writer.push("half of an answer").unwrap();
    let writing = thread::spawn(move || {
        let _writer = writer;
        panic!("it is not complete");
    });
    assert!(writing.join().is_err());
    assert_eq!(reader.next_frame(), Err(Error::Aborted));
    drop(reader);
    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

// C5
#[test]
fn halves_of_two_connections_stay_apart() {
    let [one, two] = [(); 2].map(|()| Connection::<TcpStream>::new(tcp_pair().0, b"\n").into_split());
    let refused = one.0.reunite(two.1).unwrap_err();
    let connection = two.0.reunite(refused.into_halves().1).unwrap();
    assert!(connection.into_inner().is_ok());
}
