//! Full duplex: both sides send before they read.

use std::io::Write;
use std::net::TcpStream;
use std::thread;

use asynchat_core::{BoxError, Channel, Config, Handler};

use super::peer;
use crate::adapters::{Adapter, OwnedEvent, PullConnection};

/// More than all buffers between the two ends hold.
const BULK: usize = 4 << 20;

fn config() -> Config {
    Config::default().with_high_water(4 * BULK)
}

/// Sends a bulk of data at once, and counts the bytes that arrive.
#[derive(Default)]
struct BulkHandler(usize);

impl Handler for BulkHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(BULK as u64);
        Ok(channel.push(peer::pattern(BULK))?)
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.0 += data.len();
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push(format!("{} bytes arrived", self.0))?;
        channel.close_when_done();
        Ok(())
    }
}

/// The peer sends 4 MiB before it reads anything, and so does the handler.
// C9
pub fn server_reads_while_it_writes<A: Adapter>() {
    let serving = A::serve(config(), 4, |_| BulkHandler::default());
    let mut client = peer::connect(serving.address());
    client.write_all(&peer::pattern(BULK)).unwrap();
    let output = peer::read_to_end(&client);
    assert!(output == [peer::pattern(BULK), format!("{BULK} bytes arrived").into_bytes()].concat());
    drop(client);
    serving.stop();
}

/// Two connections each push 4 MiB and flush.
// C9
pub fn connection_flushes_before_its_peer_reads<A: Adapter>() {
    both_ends(|stream| {
        let mut connection = A::connect(stream, BULK as u64, config());
        connection.push(peer::pattern(BULK)).unwrap();
        connection.flush().unwrap();
        assert_eq!(connection.queued(), 0);
        let mut received = Vec::new();
        loop {
            match connection.next_event().unwrap() {
                Some(OwnedEvent::Data(data)) => received.extend(data),
                Some(OwnedEvent::Terminator) => break,
                None => panic!("the stream ended after {} bytes", received.len()),
            }
        }
        assert!(received == peer::pattern(BULK));
        connection.close().unwrap();
    });
}

/// A connection pushes 4 MiB and closes. Its peer sends far more than the water marks before it reads anything. The
/// input is dropped, so no water mark is reached.
// C7, C9
pub fn connection_closes_before_its_peer_reads<A: Adapter>() {
    let (mut client, server) = peer::pair();
    let client_thread = thread::spawn(move || {
        client.write_all(&vec![b'x'; 4 * BULK]).unwrap();
        assert!(peer::read_to_end(&client) == peer::pattern(BULK));
    });
    let mut connection = A::connect(server, b"\r\n", Config::default());
    connection.push(peer::pattern(BULK)).unwrap();
    connection.close().unwrap();
    assert_eq!(connection.queued(), 0);
    client_thread.join().unwrap();
}

fn both_ends(end: impl Fn(TcpStream) + Sync) {
    let (one, other) = peer::pair();
    thread::scope(|scope| {
        scope.spawn(|| end(one));
        scope.spawn(|| end(other));
    });
}
