//! Taking the stream back from a connection, to continue with another protocol (STARTTLS).

use std::io::Read;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use asynchat_core::{Blame, BoxError, Channel, Config, Error, Handler, MinRate};

use super::peer;
use crate::adapters::{Adapter, PullConnection, Settings, any_port};
use crate::harness::faulty::{FaultPlan, Faulty};

const LINE: &[u8] = b"STARTTLS\r\n";
const INJECTED: &[u8] = b"MAIL FROM:<eve>\r\nRCPT\r";

/// Returns a connection that has returned the line, and has read `injected` more bytes with it.
fn after_the_line<A: Adapter>(injected: usize) -> A::Faulty {
    let input = [LINE, INJECTED.get(..injected).unwrap(), b"not read yet"].concat();
    let stream = Faulty::new(FaultPlan::new(&input, LINE.len() + injected)).0;
    let mut connection = A::connect_faulty(stream, b"\r\n", Config::default());
    assert_eq!(connection.next_frame(), Ok(Some(b"STARTTLS".to_vec())));
    connection
}

/// For every number of unread bytes.
// C5
pub fn connection_into_inner_refuses_unread_input<A: Adapter>() {
    for injected in 0..=INJECTED.len() {
        match after_the_line::<A>(injected).into_inner() {
            Ok(mut stream) => {
                assert_eq!(injected, 0, "the stream was returned despite {injected} unread bytes");
                let mut rest = String::new();
                stream.read_to_string(&mut rest).unwrap();
                assert_eq!(rest, "not read yet");
            }
            Err(refused) => {
                assert_eq!((refused.unread, refused.unsent), (injected, 0));
                let mut connection = refused.connection;
                if injected >= 17 {
                    assert_eq!(
                        connection.next_frame(),
                        Ok(Some(b"MAIL FROM:<eve>".to_vec())),
                        "the connection is unchanged"
                    );
                }
            }
        }
    }
    let mut connection = after_the_line::<A>(0);
    connection.push("220 go ahead\r\n").unwrap();
    let refused = connection.into_inner().map(drop).expect_err("output is unsent");
    assert_eq!((refused.unread, refused.unsent), (0, 14));
    let mut connection = refused.connection;
    connection.flush().unwrap();
    // The flush may have read ahead; the parts contain what it read.
    let parts = connection.into_parts();
    let mut rest = parts.unread.to_vec();
    { parts.stream }.read_to_end(&mut rest).unwrap();
    assert_eq!((rest, parts.unsent), (b"not read yet".to_vec(), 0));
}

/// Byte for byte: whole frames, a partial frame, and the bytes that are held back as a prefix of the delimiter.
// C5
pub fn connection_into_parts_returns_unread_input<A: Adapter>() {
    for injected in 0..=INJECTED.len() {
        let parts = after_the_line::<A>(injected).into_parts();
        assert_eq!(parts.unread, INJECTED.get(..injected).unwrap());
        assert_eq!(parts.unsent, 0);

        // Reads one event, where one is available without a read. Bytes that were returned are not unread.
        let mut connection = after_the_line::<A>(injected);
        let returned = match injected {
            0 => 0,
            len => {
                assert!(connection.next_event().unwrap().is_some());
                len.min(15)
            }
        };
        assert_eq!(connection.into_parts().unread, INJECTED.get(returned..injected).unwrap(), "{injected}");
    }
}

/// Over a real socket: the bytes that arrive later are read from the stream itself.
// C5
pub fn connection_into_parts_returns_a_working_socket<A: Adapter>() {
    let (client, server) = peer::pair();
    let client_thread = thread::spawn(move || {
        peer::send_in_pieces(&client, [LINE]);
        assert_eq!(peer::read_exactly(&client, 4), b"220\n");
        peer::send_in_pieces(&client, [&b"another protocol"[..]]);
        peer::half_close(&client);
    });
    let mut connection = A::connect(server, b"\r\n", Config::default());
    assert_eq!(connection.next_frame(), Ok(Some(b"STARTTLS".to_vec())));
    connection.push("220\n").unwrap();
    // A flush may read ahead. `into_inner` would then refuse; `into_parts` returns what was read.
    connection.flush().unwrap();
    let parts = connection.into_parts();
    let rest = [parts.unread.to_vec(), peer::read_to_end(&parts.stream)].concat();
    assert_eq!(rest, b"another protocol");
    client_thread.join().unwrap();
}

/// A handler that asks for an upgrade at STARTTLS, and answers all other lines. It records what it is told.
#[derive(Debug, Default)]
pub struct Upgrading {
    line: Vec<u8>,
    log: Vec<String>,
}

impl Upgrading {
    /// Returns what it was told: `connect`, the lines, and `closed`.
    pub fn log(&self) -> &[String] {
        &self.log
    }
}

impl Handler for Upgrading {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.log.push("connect".into());
        channel.set_terminator(b"\r\n");
        Ok(channel.push("hello\r\n")?)
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let line = String::from_utf8(std::mem::take(&mut self.line))?;
        if line == "STARTTLS" {
            channel.push("220 go ahead\r\n")?;
            channel.upgrade_when_done();
        } else {
            channel.push(format!("250 {line}\r\n"))?;
        }
        self.log.push(line);
        Ok(())
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        self.log.push(format!("closed {}", outcome.map_err(ToString::to_string).err().unwrap_or_default()));
    }
}

/// For every number of bytes that are read behind the request, and for each cut of the request.
// C15, C5
pub fn drive_upgrade_hands_over_stream_and_unread<A: Adapter>() {
    for injected in 0..=INJECTED.len() {
        for read_size in [1, 3, LINE.len(), LINE.len() + injected] {
            let behind = INJECTED.get(..injected).unwrap();
            let input = [LINE, behind, b"not read yet"].concat();
            let (stream, log) = Faulty::new(FaultPlan::new(&input, read_size));
            let mut handler = Upgrading::default();
            let ended = A::drive_faulty_to_upgrade(stream, &mut handler, Config::default()).unwrap();
            let mut parts = ended.into_upgrade().expect("an upgrade");
            let unread = parts.unread.to_vec();
            assert_eq!(parts.unsent.unsent_len(), 0);
            assert_eq!(handler.log, ["connect", "STARTTLS"], "it lives on, and is told of no byte behind the request");
            let record = log.snapshot();
            assert_eq!(record.written, b"hello\r\n220 go ahead\r\n");
            assert!(record.flushed == record.written.len() && !record.shut_down, "{record:?}");
            let mut rest = unread.clone();
            parts.stream.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, [behind, b"not read yet"].concat(), "nothing is lost: {read_size}");
            if read_size > LINE.len() {
                assert_eq!(unread, behind);
            }
            let refused = parts.into_stream().map(drop);
            assert_eq!(refused.is_err(), !unread.is_empty(), "{refused:?}");
        }
    }
}

/// Over a real socket. The same handler serves what follows the upgrade.
// C15
pub fn drive_upgrade_keeps_its_handler<A: Adapter>() {
    let (client, server) = peer::pair();
    let client_thread = thread::spawn(move || {
        peer::send_in_pieces(&client, [LINE]);
        assert_eq!(peer::read_exactly(&client, 21), b"hello\r\n220 go ahead\r\n");
        peer::send_in_pieces(&client, [&b"NOOP\r\n"[..]]);
        peer::half_close(&client);
        assert_eq!(peer::read_to_end(&client), b"hello\r\n250 NOOP\r\n");
    });
    let mut handler = Upgrading::default();
    let ended = A::drive_to_upgrade(server, &mut handler, Config::default()).unwrap();
    let stream = ended.into_upgrade().expect("an upgrade").into_stream().unwrap();
    A::drive(stream, &mut handler, Config::default()).unwrap();
    client_thread.join().unwrap();
    assert_eq!(handler.log, ["connect", "STARTTLS", "connect", "NOOP", "closed "]);
}

/// A peer that does not read is cut off, though nothing is read from it any more.
// C15, C6
pub fn drive_upgrade_fails_for_nonreading_peers<A: Adapter>() {
    struct Large;

    impl Handler for Large {
        fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
            channel.push(peer::pattern(32 << 20))?;
            channel.upgrade_when_done();
            Ok(())
        }

        fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
            Err("no byte may be delivered".into())
        }

        fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
            Ok(())
        }
    }

    let (client, server) = peer::pair();
    peer::send_in_pieces(&client, [&b"some input"[..]]);
    let rate = MinRate::new(1_000_000_000, Duration::from_millis(50));
    let config = Config::default().with_min_output_rate(rate);
    assert_eq!(A::drive_to_upgrade(server, Large, config).map(drop), Err(Error::ReadTooSlowly));
}

/// A handler that reports its end.
struct Refused(Sender<Result<(), Error>>);

impl Handler for Refused {
    fn collect_incoming_data(&mut self, _: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        channel.push("220 go ahead\r\n")?;
        channel.upgrade_when_done();
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        let _ = self.0.send(outcome.map_err(Clone::clone));
    }
}

/// `Server::serve` has nobody to take the stream. The peer is not invited.
// C15
pub fn server_refuses_an_upgrade<A: Adapter>() {
    let (sender, outcomes) = channel();
    let serving = A::serve(Config::default(), 4, move |_| Refused(sender.clone()));
    let mut client = peer::connect(serving.address());
    peer::send_in_pieces(&client, [LINE]);
    // Output was unsent, so the connection is reset.
    let mut received = Vec::new();
    assert!(client.read_to_end(&mut received).is_err() && received.is_empty(), "{received:?}");
    let error = outcomes.recv().unwrap().unwrap_err();
    assert_eq!(error.blame(), Blame::Handler);
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    assert!(cause.contains("serve_with"), "{cause}");
    serving.stop();
}

/// Above an upgrade, `Incoming::drive` goes on with the mailbox of the connection: pushes arrive, and so does a shutdown.
// C15, C17
pub fn serve_with_goes_on_above_an_upgrade<A: Adapter>() {
    let (handles, accepted) = channel();
    let serving = A::serve_drive(any_port(), Settings::default(), move |handle| {
        handles.send(handle.clone()).unwrap();
        Upgrading::default()
    });
    let client = peer::connect(serving.address());
    peer::send_in_pieces(&client, [LINE]);
    assert_eq!(peer::read_exactly(&client, 28), b"hello\r\n220 go ahead\r\nhello\r\n");
    accepted.recv().unwrap().push("pushed\r\n").unwrap();
    assert_eq!(peer::read_exactly(&client, 8), b"pushed\r\n");
    serving.shutdown();
    assert_eq!(peer::read_to_end(&client), b"");
    drop(client);
    serving.join();
}
