//! A blocking `Connection` over a `File`, here the ends of a serial line: it is waited for as a socket is.
#![cfg(unix)]

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::thread;
use std::time::Duration;

use asynchat_blocking::{BoxError, Channel, Config, Connection, Ended, Error, Handler, drive};
use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::ioctl_fionbio;
use serial2::SerialPort;

/// Returns two ends whose calls block.
fn serial_line() -> io::Result<[File; 2]> {
    let (here, there) = SerialPort::pair()?;
    for port in [&here, &there] {
        ioctl_fionbio(port, false)?;
    }
    Ok([here, there].map(|port| File::from(OwnedFd::from(port))))
}

/// The calls of the stream itself would wait for ever.
// C8
#[test]
fn file_call_times_out_and_loses_nothing() {
    let [here, there] = serial_line().unwrap().map(|file| Connection::new(file, b"\n"));
    let (mut reader, mut writer) = (here, there);
    writer.push("half a ").unwrap();
    writer.flush().unwrap();
    reader.set_read_timeout(Some(Duration::from_millis(1)));
    while reader.partial() != b"half a " {
        assert!(reader.next_frame().unwrap_err().is_call_timeout());
    }
    writer.push("line\n").unwrap();
    writer.flush().unwrap();
    reader.set_read_timeout(None);
    assert_eq!(reader.next_frame().unwrap(), Some(&b"half a line"[..]));
}

/// The thread waits for input, but for the first of the pushes, and none comes before the last of them.
// C14
#[test]
fn file_push_of_another_thread_leaves_at_once() {
    let [here, there] = serial_line().unwrap().map(|file| Connection::new(file, b"\n"));
    let (mut waiting, mut peer) = (here, there);
    let handle = waiting.handle();
    let answer = thread::spawn(move || waiting.next_frame_owned());
    for _ in 0..100 {
        handle.push("ping\n").unwrap();
        assert_eq!(peer.next_frame().unwrap(), Some(&b"ping"[..]));
    }
    peer.push("pong\n").unwrap();
    peer.flush().unwrap();
    assert_eq!(answer.join().unwrap().unwrap().unwrap(), "pong");
}

/// More than a terminal holds goes both ways, and neither end reads before it has written.
// C9
#[test]
fn file_is_read_while_it_is_written() {
    const LINES: usize = 2000;
    let ends = serial_line().unwrap().map(|file| {
        thread::spawn(move || {
            let mut connection = Connection::new(file, b"\n");
            for line in 0..LINES {
                connection.push(format!("line {line} of {LINES}\n"))?;
            }
            connection.flush()?;
            for line in 0..LINES {
                let expected = format!("line {line} of {LINES}");
                assert_eq!(connection.next_frame()?, Some(expected.as_bytes()));
            }
            // Open until the other end has read everything.
            Ok::<_, Error>(connection)
        })
    });
    let [here, there] = ends.map(|end| end.join().unwrap());
    here.and(there).unwrap();
}

// C9
#[test]
fn file_halves_wait_at_the_same_time() {
    let [here, there] = serial_line().unwrap().map(|file| Connection::new(file, b"\n"));
    let (mut reader, mut writer) = here.into_split();
    let reading = thread::spawn(move || reader.next_frame_owned());
    let mut peer = there;
    for line in ["one", "two"] {
        writer.push(format!("{line}\n")).unwrap();
        writer.flush().unwrap();
        assert_eq!(peer.next_frame().unwrap(), Some(line.as_bytes()));
    }
    peer.push("answer\n").unwrap();
    peer.flush().unwrap();
    assert_eq!(reading.join().unwrap().unwrap().unwrap(), "answer");
}

/// Echoes a line, and closes behind it.
struct Echo;

impl Handler for Echo {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push_slice(data)?)
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push("\n")?;
        channel.close_when_done();
        Ok(())
    }
}

#[test]
fn file_is_driven_and_does_not_linger() {
    let [here, there] = serial_line().unwrap();
    let config = Config::default().with_linger(Duration::from_secs(3600));
    let driving = thread::spawn(|| drive(there, Echo, config));
    let mut peer = Connection::new(here, b"\n");
    peer.push("hello\n").unwrap();
    assert_eq!(peer.next_frame().unwrap(), Some(&b"hello"[..]));
    // The peer is still open.
    assert!(matches!(driving.join().unwrap(), Ok(Ended::Closed)));
}

#[test]
fn file_is_blocking_again_when_taken_back() {
    let is_nonblocking = |file: &File| fcntl_getfl(file).unwrap().contains(OFlags::NONBLOCK);
    let [here, _there] = serial_line().unwrap();
    let connection = Connection::new(here, b"\n");
    assert!(is_nonblocking(connection.get_ref()));
    assert!(!is_nonblocking(&connection.into_inner().unwrap()));
}
