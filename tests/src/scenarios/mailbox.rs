//! Pushes to a connection from another thread.

use std::sync::mpsc::channel;
use std::thread;

use asynchat_core::drive::MailboxError;
use asynchat_core::{BoxError, Channel, Config, Handler};

use super::conversation::EchoHandler;
use super::peer;
use crate::adapters::Adapter;

/// The pushes arrive in order, from another thread, at an idle connection. A push to a connection that has ended is an
/// error.
pub fn mailbox_push_reaches_an_idle_connection<A: Adapter>() {
    let (sender, handles) = channel();
    let serving = A::serve(Config::default(), 4, move |peer| {
        sender.send(peer).unwrap();
        EchoHandler::new().0
    });
    let client = peer::connect(serving.address());
    assert_eq!(peer::read_exactly(&client, 6), b"hello|");
    let peer = handles.recv().unwrap();
    assert_eq!(peer.address(), client.local_addr().unwrap());
    let handle = peer.handle().clone();
    for _ in 0..100 {
        let handle = handle.clone();
        let pusher = thread::spawn(move || {
            handle.push("psst, ")?;
            handle.push("you!\n")
        });
        assert_eq!(peer::read_exactly(&client, 11), b"psst, you!\n");
        assert_eq!(pusher.join().unwrap(), Ok(()));
    }
    handle.push("bye").unwrap();
    handle.close_when_done();
    assert_eq!(handle.push("too late"), Err(MailboxError::Closed));
    assert_eq!(peer::read_to_end(&client), b"bye");
    drop(client);
    serving.stop();
    assert!(handle.is_closed());
}

/// While the peer does not read, pushes are refused after a bounded number. No accepted push is lost.
// O1
pub fn mailbox_refuses_pushes_when_full<A: Adapter>() {
    let (sender, handles) = channel();
    let serving = A::serve(Config::default().with_min_input_rate(None).with_min_output_rate(None), 4, move |peer| {
        sender.send(peer.handle().clone()).unwrap();
        EchoHandler::new().0
    });
    let client = peer::connect(serving.address());
    assert_eq!(peer::read_exactly(&client, 6), b"hello|");
    let handle = handles.recv().unwrap();
    let piece = bytes::Bytes::from(peer::pattern(10_000));
    let mut pushed = 0;
    // It is sometimes full for a moment. If it is full a hundred times in a row, it is full for good.
    let mut full_in_a_row = 0;
    while full_in_a_row < 100 {
        match handle.push(piece.clone()) {
            Ok(()) => (pushed, full_in_a_row) = (pushed + 1, 0),
            Err(error) => {
                assert_eq!(error, MailboxError::Full);
                full_in_a_row += 1;
                thread::yield_now();
            }
        }
        assert!(pushed < 10_000, "100 MB are not bounded");
    }
    let received = peer::read_exactly(&client, pushed * piece.len());
    assert!(received.chunks(piece.len()).all(|chunk| chunk == piece));
    peer::half_close(&client);
    assert_eq!(peer::read_to_end(&client), b"[connection closed between two frames]bye");
    drop(client);
    serving.stop();
    assert_eq!(handle.push("late"), Err(MailboxError::Closed));
}

/// Queues a large chunk in `handle_connect`.
struct LargeGreeting;

impl Handler for LargeGreeting {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push(peer::pattern(100_000))?)
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }
}

/// A push that arrives while more than the low water mark is queued is written after that output, without any other
/// event.
// O1
pub fn mailbox_delivers_behind_output_above_low_water<A: Adapter>() {
    let serving = A::serve(Config::default().with_low_water(10), 4, |peer| {
        peer.handle().push("and this ").unwrap();
        peer.handle().push("as well").unwrap();
        LargeGreeting
    });
    let client = peer::connect(serving.address());
    assert!(peer::read_exactly(&client, 100_000) == peer::pattern(100_000));
    assert_eq!(peer::read_exactly(&client, 16), b"and this as well");
    drop(client);
    serving.stop();
}
