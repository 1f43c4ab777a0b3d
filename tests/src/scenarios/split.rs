//! A connection whose halves belong to two threads.

use std::sync::mpsc::channel;
use std::thread;

use asynchat_core::{Config, Error};

use super::peer;
use crate::adapters::{Adapter, OwnedEvent, PullConnection, PullReader, PullWriter, SplitPull};

/// More than all buffers between the two ends hold.
const BULK: usize = 4 << 20;

/// A client with two threads: one sends requests of both kinds, the other reads the answers, with the terminator of each.
// C9, F6, F8
pub fn halves_read_and_write_at_the_same_time<A: Adapter>() {
    const ROUNDS: usize = 500;
    let (client, server) = peer::pair();
    let serving = thread::spawn(move || {
        let mut connection = A::connect(server, b"\n", Config::default());
        while let Some(line) = connection.next_frame_owned().unwrap() {
            connection.push(format!("{}\n", line.len())).unwrap();
            connection.push(line).unwrap();
        }
        connection.close().unwrap();
    });
    let (mut reader, mut writer) = A::connect(client, b"\n", Config::default()).into_split();
    let reading = thread::spawn(move || {
        let mut answers = Vec::new();
        while let Some(length) = reader.next_frame().unwrap() {
            let length: u64 = String::from_utf8(length).unwrap().parse().unwrap();
            reader.set_terminator(length);
            answers.push(reader.next_frame().unwrap().unwrap());
            reader.set_terminator(b"\n");
        }
        answers
    });
    for round in 0..ROUNDS {
        writer.push(format!("{}\n", ".".repeat(round))).unwrap();
        if round % 3 == 0 {
            writer.flush().unwrap();
        }
    }
    writer.finish().unwrap();
    let answers = reading.join().unwrap();
    assert_eq!(answers.len(), ROUNDS);
    assert!(answers.iter().enumerate().all(|(round, answer)| answer.len() == round));
    serving.join().unwrap();
}

/// Both ends send 4 MiB in one thread and read in another, above every mark.
// C9
pub fn halves_send_a_lot_without_a_deadlock<A: Adapter>() {
    let (one, other) = peer::pair();
    let ends = [one, other].map(|stream| {
        let config = Config::default().with_high_water(64 * 1024).with_low_water(16 * 1024);
        let (mut reader, mut writer) = A::connect(stream, BULK as u64, config).into_split();
        let writing = thread::spawn(move || {
            for chunk in peer::pattern(BULK).chunks(BULK / 64) {
                writer.push(chunk.to_vec()).unwrap();
                writer.flush().unwrap();
            }
            writer
        });
        let reading = thread::spawn(move || {
            let mut received = Vec::new();
            while let Some(OwnedEvent::Data(data)) = reader.next_event().unwrap() {
                received.extend(data);
            }
            assert!(received == peer::pattern(BULK));
            reader
        });
        (reading, writing)
    });
    for (reading, writing) in ends {
        let (reader, writer) = (reading.join().unwrap(), writing.join().unwrap());
        // In one thread again.
        let mut connection = reader.reunite(writer);
        connection.push("bye").unwrap();
        connection.flush().unwrap();
    }
}

/// The half that writes is dropped while the other waits: the peer gets the rest of the output, and its end.
// C18, O1
pub fn halves_send_what_a_dropped_writer_has_pushed<A: Adapter>() {
    let (client, server) = peer::pair();
    let (mut reader, mut writer) = A::connect(server, b"\n", Config::default()).into_split();
    writer.push(peer::pattern(BULK)).unwrap();
    drop(writer);
    let reading = thread::spawn(move || (reader.next_frame(), reader.next_frame()));
    assert!(peer::read_to_end(&client) == peer::pattern(BULK));
    peer::send_in_pieces(&client, [&b"thanks\n"[..]]);
    drop(client);
    assert_eq!(reading.join().unwrap(), (Ok(Some(b"thanks".to_vec())), Ok(None)));
}

/// An end of one half reaches the other, which waits in its own thread.
// C4, C16, C7
pub fn halves_learn_of_each_others_end<A: Adapter>() {
    #[derive(Debug, Clone, Copy)]
    enum By {
        Abort,
        Handle,
        Close,
        Peer,
    }
    for by in [By::Abort, By::Handle, By::Close, By::Peer] {
        let (client, server) = peer::pair();
        let (mut reader, mut writer) = A::connect(server, b"\n", Config::default()).into_split();
        let handle = reader.handle();
        let (waiting, waits) = channel();
        let reading = thread::spawn(move || {
            assert_eq!(reader.next_frame(), Ok(Some(b"one".to_vec())));
            waiting.send(()).unwrap();
            reader.next_frame()
        });
        peer::send_in_pieces(&client, [&b"one\n"[..]]);
        waits.recv().unwrap();
        match by {
            By::Abort => writer.abort(),
            By::Handle => handle.abort(),
            By::Close => {
                drop(client);
                writer.close().unwrap();
            }
            By::Peer => drop(client),
        }
        let expected = match by {
            By::Abort | By::Handle => Err(Error::Aborted),
            By::Close | By::Peer => Ok(None),
        };
        assert_eq!(reading.join().unwrap(), expected, "{by:?}");
    }
}

/// A thread waits for input, while others push through handles.
// C9
pub fn halves_send_what_handles_push<A: Adapter>() {
    let (client, server) = peer::pair();
    let (mut reader, writer) = A::connect(server, b"\n", Config::default()).into_split();
    let reading = thread::spawn(move || {
        let handle = reader.handle();
        let pushing = thread::spawn(move || handle.push("news\n"));
        let last = reader.next_frame();
        (pushing.join().unwrap(), last)
    });
    assert_eq!(peer::read_exactly(&client, 5), b"news\n");
    peer::send_in_pieces(&client, [&b"seen\n"[..]]);
    assert_eq!(reading.join().unwrap(), (Ok(()), Ok(Some(b"seen".to_vec()))));
    drop(writer);
    assert_eq!(peer::read_to_end(&client), b"");
}

/// A handle that a half has made pushes to the connection, and aborts it, when it is whole again and waits for input.
// C16
pub fn halves_reunited_send_what_handles_push<A: Adapter>() {
    let (client, server) = peer::pair();
    // The alarm of a rate would end a wait that misses a push.
    let config = Config::default().with_min_output_rate(None);
    let (reader, writer) = A::connect(server, b"\n", config).into_split();
    let handle = reader.handle();
    let mut connection = reader.reunite(writer);
    let pushing = thread::spawn(move || {
        for round in 0..1000 {
            let line = format!("{round}\n");
            handle.push(line.clone()).unwrap();
            // It has arrived, so the connection waits, or is about to.
            assert_eq!(peer::read_exactly(&client, line.len()), line.as_bytes());
        }
        handle.abort();
        client
    });
    assert_eq!(connection.next_frame(), Err(Error::Aborted));
    pushing.join().unwrap();
}
