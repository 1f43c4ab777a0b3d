//! `drive` over sockets and over streams of unknown type.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use asynchat_blocking::{BoxError, Channel, Config, End, Error, Handler, IterProducer, Mailbox, MinRate, mailbox};

mod support;

use support::{HandlerEvent, PlainStream, RecordingHandler, exchange, tcp_pair};

const MIB: usize = 1024 * 1024;

/// `drive`, of a handler that asks for no upgrade.
fn drive<S, H>(stream: S, handler: H, config: Config) -> Result<(), Error>
where
    S: Read + Write + 'static,
    H: Handler,
{
    asynchat_blocking::drive(stream, handler, config).map(drop)
}

/// `drive_with_mailbox`, of a handler that asks for no upgrade.
fn drive_with_mailbox<S, H>(stream: S, handler: H, config: Config, mailbox: Mailbox<H>) -> Result<(), Error>
where
    S: Read + Write + 'static,
    H: Handler,
{
    asynchat_blocking::drive_with_mailbox(stream, handler, config, mailbox).map(drop)
}

fn with_grace(grace: Duration) -> Config {
    Config::default()
        .with_min_input_rate(MinRate::new(1_000_000, grace))
        .with_min_output_rate(MinRate::new(1_000_000, grace))
}

// C1
#[test]
fn drive_sends_greeting_before_the_first_read() {
    fn greets(over: impl FnOnce(TcpStream, RecordingHandler) -> Result<(), Error> + Send + 'static) {
        let (client, stream) = tcp_pair();
        let (sender, events) = channel();
        let thread = thread::spawn(move || over(stream, RecordingHandler::new("220 ready\n", sender)));
        let mut greeting = [0; 10];
        (&client).read_exact(&mut greeting).unwrap();
        assert_eq!(&greeting, b"220 ready\n");
        exchange(&client, "hello\n");
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!((&client).read(&mut greeting).unwrap(), 0);
        assert_eq!(thread.join().unwrap(), Ok(()));
        let all = [
            HandlerEvent::Connected,
            HandlerEvent::Line("hello".into()),
            HandlerEvent::Eof(End::Clean),
            HandlerEvent::Closed(Ok(())),
        ];
        assert_eq!(events.iter().collect::<Vec<_>>(), all);
    }
    greets(|stream, handler| drive(stream, handler, Config::default()));
    greets(|stream, handler| drive(PlainStream(stream), handler, Config::default()));
}

/// Sends many bytes at once, and reads as many before it closes.
struct BulkSender {
    missing: usize,
}

impl Handler for BulkSender {
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
fn drive_of_two_first_senders_never_deadlocks() {
    let (client, stream) = tcp_pair();
    let config = Config::default().with_high_water(16 * MIB);
    let other = config.clone();
    let thread = thread::spawn(|| drive(stream, BulkSender { missing: 8 * MIB }, other));
    assert_eq!(drive(client, BulkSender { missing: 8 * MIB }, config), Ok(()));
    assert_eq!(thread.join().unwrap(), Ok(()));
}

/// Sends more than a driver writes at once, and closes when input arrives.
struct LongGreeting;

impl Handler for LongGreeting {
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
fn drive_reads_plain_stream_after_all_output() {
    let (mut client, stream) = tcp_pair();
    let thread = thread::spawn(|| drive(PlainStream(stream), LongGreeting, Config::default()));
    let mut greeting = vec![0; 4 * MIB];
    client.read_exact(&mut greeting).unwrap();
    client.write_all(b"thanks").unwrap();
    assert_eq!(client.read(&mut greeting).unwrap(), 0);
    assert_eq!(thread.join().unwrap(), Ok(()));
}

#[test]
fn drive_wakes_for_push_while_awaiting_input() {
    let (mut client, stream) = tcp_pair();
    let (sender, events) = channel();
    let (peer, mailbox) = mailbox(1024);
    let thread =
        thread::spawn(|| drive_with_mailbox(stream, RecordingHandler::new("", sender), Config::default(), mailbox));
    assert_eq!(events.recv(), Ok(HandlerEvent::Connected));
    for number in 0..1000 {
        // The previous line has arrived, so the connection's thread waits for input.
        let line = format!("{number:04}\n");
        peer.push(line.clone()).unwrap();
        let mut came = [0; 5];
        client.read_exact(&mut came).unwrap();
        assert_eq!(came, line.as_bytes());
    }
    peer.close_when_done();
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    drop(client);
    assert_eq!(thread.join().unwrap(), Ok(()));
}

#[test]
fn drive_sends_push_after_the_streams_timeout() {
    let (mut client, stream) = tcp_pair();
    stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    let (sender, _events) = channel();
    let (peer, mailbox) = mailbox(1024);
    let handler = RecordingHandler::new("", sender);
    let thread = thread::spawn(|| drive_with_mailbox(PlainStream(stream), handler, Config::default(), mailbox));
    peer.push("to whom it may concern\n").unwrap();
    peer.close_when_done();
    let mut line = String::new();
    client.read_to_string(&mut line).unwrap();
    assert_eq!(line, "to whom it may concern\n");
    assert_eq!(thread.join().unwrap(), Ok(()));
}

// C6
#[test]
fn drive_fails_on_half_a_frame_after_grace() {
    let (mut client, stream) = tcp_pair();
    client.write_all(b"half a li").unwrap();
    let (sender, events) = channel();
    let config = with_grace(Duration::from_millis(20));
    assert_eq!(drive(stream, RecordingHandler::new("", sender), config), Err(Error::SentTooSlowly));
    assert_eq!(events.iter().last(), Some(HandlerEvent::Closed(Err(Error::SentTooSlowly))));
}

// C6
#[test]
fn drive_fails_on_a_stalled_reader_after_grace() {
    let (_here, stream) = tcp_pair();
    let config = with_grace(Duration::from_millis(20));
    assert_eq!(drive(stream, BulkSender { missing: 64 * MIB }, config), Err(Error::ReadTooSlowly));
}

// C6
#[test]
fn drive_enforces_rates_on_streams_with_own_timeouts() {
    let (mut client, stream) = tcp_pair();
    client.write_all(b"half a li").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    let (sender, _events) = channel();
    let config = with_grace(Duration::from_millis(20));
    assert_eq!(drive(PlainStream(stream), RecordingHandler::new("", sender), config), Err(Error::SentTooSlowly));

    let (_here, stream) = tcp_pair();
    stream.set_write_timeout(Some(Duration::from_millis(5))).unwrap();
    let config = with_grace(Duration::from_millis(20));
    assert_eq!(drive(PlainStream(stream), BulkSender { missing: 64 * MIB }, config), Err(Error::ReadTooSlowly));
}

/// Returns part of a line, then `WouldBlock` on every read, without waiting.
struct NonblockingStream {
    line: &'static [u8],
    reads: Arc<AtomicU32>,
}

impl Read for NonblockingStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        match self.line.read(buffer)? {
            0 => Err(ErrorKind::WouldBlock.into()),
            len => Ok(len),
        }
    }
}

impl Write for NonblockingStream {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn drive_polls_nonblocking_stream_with_backoff() {
    let reads = Arc::new(AtomicU32::new(0));
    let (sender, _events) = channel();
    let stream = NonblockingStream { line: b"half a li", reads: Arc::clone(&reads) };
    let config = with_grace(Duration::from_millis(200));
    assert_eq!(drive(stream, RecordingHandler::new("", sender), config), Err(Error::SentTooSlowly));
    // One read succeeds, six follow with exponential backoff, then one every 10 milliseconds.
    assert!(reads.load(Ordering::Relaxed) <= 7 + 20 + 1, "{reads:?}");
}

// C3
#[test]
fn drive_aborts_when_no_event_can_come() {
    let (client, stream) = tcp_pair();
    client.shutdown(Shutdown::Write).unwrap();
    let (sender, events) = channel();
    let handler = RecordingHandler { closes_at_eof: false, ..RecordingHandler::new("", sender) };
    // The idle timeout would be such an event, and so would be the reset of a socket.
    let config = Config::default().with_idle_timeout(None);
    assert_eq!(drive(PlainStream(stream), handler, config), Err(Error::Aborted));
    assert_eq!(events.iter().last(), Some(HandlerEvent::Closed(Err(Error::Aborted))));
}

// C3, C11
#[test]
fn drive_ends_by_idle_timeout_after_eof() {
    fn is_given_up(over: impl FnOnce(TcpStream, RecordingHandler) -> Result<(), Error>) {
        let (client, stream) = tcp_pair();
        client.shutdown(Shutdown::Write).unwrap();
        let (sender, events) = channel();
        let handler = RecordingHandler { closes_at_eof: false, ..RecordingHandler::new("", sender) };
        assert_eq!(over(stream, handler), Err(Error::Idle));
        assert_eq!(events.iter().last(), Some(HandlerEvent::Closed(Err(Error::Idle))));
    }
    let config = Config::default().with_idle_timeout(Duration::from_millis(20));
    is_given_up(|stream, handler| drive(stream, handler, config.clone()));
    is_given_up(|stream, handler| drive(PlainStream(stream), handler, config.clone()));
}

// C3
#[test]
fn drive_delivers_push_after_the_peers_end() {
    fn is_pushed_to<S: Read + Write + Send + 'static>(over: impl FnOnce(TcpStream) -> S) {
        let (mut client, stream) = tcp_pair();
        client.shutdown(Shutdown::Write).unwrap();
        let (sender, events) = channel();
        let (peer, mailbox) = mailbox(1024);
        let handler = RecordingHandler { closes_at_eof: false, ..RecordingHandler::new("", sender) };
        let stream = over(stream);
        let thread = thread::spawn(|| drive_with_mailbox(stream, handler, Config::default(), mailbox));
        assert!(events.iter().any(|event| event == HandlerEvent::Eof(End::Clean)));
        peer.push("one more thing\n").unwrap();
        peer.close_when_done();
        let mut line = String::new();
        client.read_to_string(&mut line).unwrap();
        assert_eq!(line, "one more thing\n");
        assert_eq!(thread.join().unwrap(), Ok(()));
    }
    is_pushed_to(|stream| stream);
    is_pushed_to(PlainStream);
}

#[cfg(unix)]
#[test]
fn drive_unix_socket_sends_while_it_receives() {
    use std::os::unix::net::UnixStream;

    let (client, stream) = UnixStream::pair().unwrap();
    let config = Config::default().with_high_water(16 * MIB);
    let other = config.clone();
    let thread = thread::spawn(|| drive(stream, BulkSender { missing: 8 * MIB }, other));
    assert_eq!(drive(client, BulkSender { missing: 8 * MIB }, config), Ok(()));
    assert_eq!(thread.join().unwrap(), Ok(()));
}
