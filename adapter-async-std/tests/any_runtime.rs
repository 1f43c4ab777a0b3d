//! `drive` and `Connection` need no particular runtime. These tests run them under executors that have neither a reactor
//! nor a timer.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use asynchat_async_std::{BoxError, Channel, Config, Connection, Error, Handler, MinRate, drive};

struct Echo;

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

/// Returns the two ends of a TCP connection: a blocking peer, and the stream to drive.
fn pair() -> io::Result<(TcpStream, async_net::TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let blocking = TcpStream::connect(listener.local_addr()?)?;
    Ok((blocking, listener.accept()?.0.try_into()?))
}

/// Runs a future under each executor.
fn on_each_executor<F: Future>(mut future: impl FnMut() -> F) {
    pollster::block_on(future());
    futures_lite::future::block_on(future());
}

// C3
#[test]
fn drive_ends_when_the_peer_hangs_up() {
    on_each_executor(|| async {
        let (mut peer, stream) = pair().unwrap();
        let peer = std::thread::spawn(move || {
            let mut answer = [0; 6];
            for _ in 0..100 {
                peer.write_all(b"hello\n").unwrap();
                peer.read_exact(&mut answer).unwrap();
                assert_eq!(&answer, b"hello\n");
            }
            peer.write_all(b"held").unwrap();
            peer.shutdown(Shutdown::Write).unwrap();
            let mut rest = Vec::new();
            peer.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, b"held");
        });
        drive(stream, Echo, Config::default()).await.unwrap();
        peer.join().unwrap();
    });
}

// C6
#[test]
fn drive_cuts_off_peers_that_send_too_slowly() {
    on_each_executor(|| async {
        let grace = Duration::from_millis(50);
        let (mut peer, stream) = pair().unwrap();
        peer.write_all(b"half a li").unwrap();
        let config = Config::default()
            .with_min_input_rate(MinRate::default().with_grace(grace))
            .with_min_output_rate(MinRate::default().with_grace(grace));
        let start = Instant::now();
        assert_eq!(drive(stream, Echo, config).await.map(drop), Err(Error::SentTooSlowly));
        assert!(start.elapsed() >= grace);
    });
}

// C7
#[test]
fn connection_close_lingers_for_a_bounded_time() {
    on_each_executor(|| async {
        let linger = Duration::from_millis(50);
        let (mut peer, stream) = pair().unwrap();
        let mut connection = Connection::with_config(stream, b"\n", Config::default().with_linger(linger));
        connection.push("bye").unwrap();
        let start = Instant::now();
        connection.close().await.unwrap();
        assert!(start.elapsed() >= linger);
        let mut rest = Vec::new();
        peer.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"bye");
    });
}

// C4, C7
#[test]
fn connection_reset_fails_read_not_close() {
    on_each_executor(|| async {
        let (peer, stream) = pair().unwrap();
        let mut connection = Connection::new(stream, b"\n");
        connection.push("never read").unwrap();
        connection.flush().await.unwrap();
        // The unread input makes the close a reset.
        peer.peek(&mut [0]).unwrap();
        drop(peer);
        let error = io::Error::from(connection.next_frame().await.unwrap_err());
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        connection.close().await.unwrap();
    });
}

// C9
#[test]
fn connection_reads_while_its_output_is_blocked() {
    /// More bytes than the buffers of two sockets hold.
    const LENGTH: usize = 32 << 20;
    on_each_executor(|| async {
        let (mut peer, stream) = pair().unwrap();
        let mut connection = Connection::new(stream, b"\n");
        connection.push(vec![b'.'; LENGTH]).unwrap();
        let (sender, lines_read) = mpsc::channel();
        let peer = std::thread::spawn(move || {
            peer.write_all(b"are you there?\nyes\n").unwrap();
            // The peer reads nothing until the connection has read both lines.
            lines_read.recv().unwrap();
            let mut rest = Vec::new();
            peer.read_to_end(&mut rest).unwrap();
            assert_eq!(rest.len(), LENGTH);
        });
        assert_eq!(connection.next_frame().await.unwrap().unwrap(), b"are you there?");
        assert_eq!(connection.next_frame().await.unwrap().unwrap(), b"yes");
        sender.send(()).unwrap();
        connection.flush().await.unwrap();
        drop(connection);
        peer.join().unwrap();
    });
}
