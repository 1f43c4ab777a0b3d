//! `drive` over sockets, and over streams of which nothing is known.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use asynchat_blocking::{
    BoxError, Channel, Config, End, Error, Handler, IterProducer, MinRate, drive, drive_with_mailbox, mailbox,
};

mod support;

use support::{Happened, Plain, Told, exchange, tcp_pair};

const MIB: usize = 1024 * 1024;

fn with_pace(grace: Duration) -> Config {
    Config { pace: Some(MinRate { grace, bytes_per_second: 1_000_000 }), ..Config::default() }
}

// C1
#[test]
fn greeting_is_sent_before_the_first_read() {
    fn greets(over: impl FnOnce(TcpStream, Told) -> Result<(), Error> + Send + 'static) {
        let (here, there) = tcp_pair();
        let (happened, told) = channel();
        let thread = thread::spawn(move || over(there, Told::new("220 ready\n", happened)));
        let mut greeting = [0; 10];
        (&here).read_exact(&mut greeting).unwrap();
        assert_eq!(&greeting, b"220 ready\n");
        exchange(&here, "hello\n");
        here.shutdown(Shutdown::Write).unwrap();
        assert_eq!((&here).read(&mut greeting).unwrap(), 0);
        assert_eq!(thread.join().unwrap(), Ok(()));
        let all = [
            Happened::Connected,
            Happened::Line("hello".into()),
            Happened::Ended(End::Clean),
            Happened::Closed(Ok(())),
        ];
        assert_eq!(told.iter().collect::<Vec<_>>(), all);
    }
    greets(|stream, handler| drive(stream, handler, Config::default()));
    greets(|stream, handler| drive(Plain(stream), handler, Config::default()));
}

/// Sends much at once, and reads as much before it closes.
struct Heavy {
    missing: usize,
}

impl Handler for Heavy {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push(vec![b'x'; self.missing])?)
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        self.missing -= data.len();
        if self.missing == 0 {
            channel.close_when_done();
        }
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }
}

// C9
#[test]
fn handlers_that_both_send_first_do_not_deadlock() {
    let (here, there) = tcp_pair();
    let config = Config { high_water: 16 * MIB, ..Config::default() };
    let other = config.clone();
    let thread = thread::spawn(|| drive(there, Heavy { missing: 8 * MIB }, other));
    assert_eq!(drive(here, Heavy { missing: 8 * MIB }, config), Ok(()));
    assert_eq!(thread.join().unwrap(), Ok(()));
}

/// Sends more than a driver writes at a time, and only then expects something.
struct Lecture;

impl Handler for Lecture {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push_with_producer(IterProducer::new((0..64).map(|_| vec![b'x'; MIB / 16])))?)
    }

    fn collect_incoming_data(&mut self, _: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        channel.close_when_done();
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }
}

// C9, O3
#[test]
fn plain_stream_is_read_after_all_output() {
    let (mut here, there) = tcp_pair();
    let thread = thread::spawn(|| drive(Plain(there), Lecture, Config::default()));
    let mut lecture = vec![0; 4 * MIB];
    here.read_exact(&mut lecture).unwrap();
    here.write_all(b"thanks").unwrap();
    assert_eq!(here.read(&mut lecture).unwrap(), 0);
    assert_eq!(thread.join().unwrap(), Ok(()));
}

#[test]
fn push_wakes_a_connection_that_waits_for_input() {
    let (mut here, there) = tcp_pair();
    let (happened, told) = channel();
    let (peer, mailbox) = mailbox(1024);
    let thread = thread::spawn(|| drive_with_mailbox(there, Told::new("", happened), Config::default(), mailbox));
    assert_eq!(told.recv(), Ok(Happened::Connected));
    for number in 0..1000 {
        // The line before has come, so that the thread has nothing to do but to wait.
        let line = format!("{number:04}\n");
        peer.push(line.clone()).unwrap();
        let mut came = [0; 5];
        here.read_exact(&mut came).unwrap();
        assert_eq!(came, line.as_bytes());
    }
    peer.close_when_done();
    assert_eq!(here.read(&mut [0]).unwrap(), 0);
    drop(here);
    assert_eq!(thread.join().unwrap(), Ok(()));
}

#[test]
fn push_is_sent_after_the_streams_own_timeout() {
    let (mut here, there) = tcp_pair();
    there.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    let (happened, _told) = channel();
    let (peer, mailbox) = mailbox(1024);
    let handler = Told::new("", happened);
    let thread = thread::spawn(|| drive_with_mailbox(Plain(there), handler, Config::default(), mailbox));
    peer.push("to whom it may concern\n").unwrap();
    peer.close_when_done();
    let mut line = String::new();
    here.read_to_string(&mut line).unwrap();
    assert_eq!(line, "to whom it may concern\n");
    assert_eq!(thread.join().unwrap(), Ok(()));
}

// C6
#[test]
fn drive_fails_on_half_a_frame_after_grace() {
    let (mut here, there) = tcp_pair();
    here.write_all(b"half a li").unwrap();
    let (happened, told) = channel();
    let config = with_pace(Duration::from_millis(20));
    assert_eq!(drive(there, Told::new("", happened), config), Err(Error::SentTooSlowly));
    assert_eq!(told.iter().last(), Some(Happened::Closed(Err(Error::SentTooSlowly))));
}

// C6
#[test]
fn drive_fails_on_a_stalled_reader_after_grace() {
    let (_here, there) = tcp_pair();
    let config = with_pace(Duration::from_millis(20));
    assert_eq!(drive(there, Heavy { missing: 64 * MIB }, config), Err(Error::ReadTooSlowly));
}

// C6
#[test]
fn drive_enforces_rates_on_streams_with_own_timeouts() {
    let (mut here, there) = tcp_pair();
    here.write_all(b"half a li").unwrap();
    there.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    let (happened, _told) = channel();
    let config = with_pace(Duration::from_millis(20));
    assert_eq!(drive(Plain(there), Told::new("", happened), config), Err(Error::SentTooSlowly));

    let (_here, there) = tcp_pair();
    there.set_write_timeout(Some(Duration::from_millis(5))).unwrap();
    let config = with_pace(Duration::from_millis(20));
    assert_eq!(drive(Plain(there), Heavy { missing: 64 * MIB }, config), Err(Error::ReadTooSlowly));
}

/// Begins a line, and afterwards always would block, at once.
struct Restless {
    line: &'static [u8],
    reads: Arc<AtomicU32>,
}

impl Read for Restless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        match self.line.read(buffer)? {
            0 => Err(ErrorKind::WouldBlock.into()),
            len => Ok(len),
        }
    }
}

impl Write for Restless {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn nonblocking_stream_is_polled_with_backoff() {
    let reads = Arc::new(AtomicU32::new(0));
    let (happened, _told) = channel();
    let stream = Restless { line: b"half a li", reads: Arc::clone(&reads) };
    let config = with_pace(Duration::from_millis(200));
    assert_eq!(drive(stream, Told::new("", happened), config), Err(Error::SentTooSlowly));
    // One that succeeds, six at growing distances, and then one each 10 milliseconds.
    assert!(reads.load(Ordering::Relaxed) <= 7 + 20 + 1, "{reads:?}");
}

// C3
#[test]
fn drive_aborts_when_no_event_can_come() {
    fn is_given_up(over: impl FnOnce(TcpStream, Told) -> Result<(), Error>) {
        let (here, there) = tcp_pair();
        here.shutdown(Shutdown::Write).unwrap();
        let (happened, told) = channel();
        let handler = Told { closes_at_end: false, ..Told::new("", happened) };
        assert_eq!(over(there, handler), Err(Error::Aborted));
        assert_eq!(told.iter().last(), Some(Happened::Closed(Err(Error::Aborted))));
    }
    is_given_up(|stream, handler| drive(stream, handler, Config::default()));
    is_given_up(|stream, handler| drive(Plain(stream), handler, Config::default()));
}

// C3
#[test]
fn push_is_delivered_after_the_peers_end() {
    fn is_pushed_to<S: Read + Write + Send + 'static>(over: impl FnOnce(TcpStream) -> S) {
        let (mut here, there) = tcp_pair();
        here.shutdown(Shutdown::Write).unwrap();
        let (happened, told) = channel();
        let (peer, mailbox) = mailbox(1024);
        let handler = Told { closes_at_end: false, ..Told::new("", happened) };
        let stream = over(there);
        let thread = thread::spawn(|| drive_with_mailbox(stream, handler, Config::default(), mailbox));
        assert!(told.iter().any(|happened| happened == Happened::Ended(End::Clean)));
        peer.push("one more thing\n").unwrap();
        peer.close_when_done();
        let mut line = String::new();
        here.read_to_string(&mut line).unwrap();
        assert_eq!(line, "one more thing\n");
        assert_eq!(thread.join().unwrap(), Ok(()));
    }
    is_pushed_to(|stream| stream);
    is_pushed_to(Plain);
}

#[cfg(unix)]
#[test]
fn unix_sockets_send_and_receive_at_once() {
    use std::os::unix::net::UnixStream;

    let (here, there) = UnixStream::pair().unwrap();
    let config = Config { high_water: 16 * MIB, ..Config::default() };
    let other = config.clone();
    let thread = thread::spawn(|| drive(there, Heavy { missing: 8 * MIB }, other));
    assert_eq!(drive(here, Heavy { missing: 8 * MIB }, config), Ok(()));
    assert_eq!(thread.join().unwrap(), Ok(()));
}
