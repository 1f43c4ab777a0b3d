//! A server or a client with a `Connection` beyond frames: it ends its output, aborts, and is pushed to by others.

use std::io::{ErrorKind, Read, Write};
use std::sync::mpsc::channel;
use std::thread;

use asynchat_core::drive::MailboxError;
use asynchat_core::{Config, Error, Terminator};

use super::peer;
use crate::adapters::{Adapter, PullConnection};

/// The loop that everybody writes first.
// O1, F1
pub fn connection_echoes_owned_frames<A: Adapter>() {
    let (client, server) = peer::pair();
    let serving = thread::spawn(move || -> std::io::Result<()> {
        let mut connection = A::connect(server, b"\n", Config::default());
        while let Some(line) = connection.next_frame_owned()? {
            connection.push(line)?;
            connection.push_slice(b"\n")?;
        }
        Ok(connection.close()?)
    });
    peer::send_in_pieces(&client, ["one\ntw", "o\n\nthree\n"].map(str::as_bytes));
    peer::half_close(&client);
    assert_eq!(peer::read_to_end(&client), b"one\ntwo\n\nthree\n");
    drop(client);
    serving.join().unwrap().unwrap();
}

/// As `sort` does, the peer answers when it has all of the input.
// C18
pub fn connection_finishes_and_reads_the_answer<A: Adapter>() {
    let (client, server) = peer::pair();
    let sorting = thread::spawn(move || {
        assert_eq!(peer::read_to_end(&server), b"b\na\n");
        peer::send_in_pieces(&server, [&b"a\nb\n"[..]]);
    });
    let mut connection = A::connect(client, b"\n", Config::default());
    connection.push("b\na\n").unwrap();
    connection.finish().unwrap();
    assert_eq!(connection.next_frame(), Ok(Some(b"a".to_vec())));
    assert_eq!(connection.next_frame(), Ok(Some(b"b".to_vec())));
    assert_eq!(connection.next_frame(), Ok(None));
    sorting.join().unwrap();
}

/// With output that the peer has not read, the peer sees a reset, and no end that could be taken for a whole answer.
// C16
pub fn connection_abort_resets_unsent_output<A: Adapter>() {
    let (mut client, server) = peer::pair();
    let mut connection = A::connect(server, b"\n", Config::default());
    client.write_all(b"go\n").unwrap();
    assert_eq!(connection.next_frame(), Ok(Some(b"go".to_vec())));
    connection.push("the first half of an answer").unwrap();
    connection.abort();
    assert_eq!(client.read_to_end(&mut Vec::new()).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

/// A system reports a reset once, to the first call that fails. If that was a write, a read then finds an end that could be
/// taken for a whole answer.
// C10, C4
pub fn connection_tells_a_reset_from_the_end<A: Adapter>() {
    for terminator in [Terminator::from(b"\n"), Terminator::None] {
        let (mut server, client) = peer::pair();
        let mut connection = A::connect(client, b"\n", Config::default());
        server.write_all(b"go\n").unwrap();
        assert_eq!(connection.next_frame(), Ok(Some(b"go".to_vec())));
        server.write_all(b"the first half of an answer\n").unwrap();
        peer::reset(server);
        connection.set_terminator(terminator);
        connection.push("next\n").unwrap();
        let error = loop {
            match connection.next_frame() {
                Ok(frame) => assert_eq!(frame, Some(b"the first half of an answer".to_vec())),
                Err(error) => break error,
            }
        };
        assert_eq!(std::io::Error::from(error).kind(), ErrorKind::ConnectionReset);
        assert_eq!(connection.end(), None);
    }
}

/// A push of another thread is sent while the connection waits for input. A close through the handle ends the loop, behind
/// the last word; an abort fails it.
// C2, C16
pub fn connection_is_pushed_to_closed_and_aborted_by_handles<A: Adapter>() {
    for aborts in [false, true] {
        let (client, server) = peer::pair();
        let (handles, made) = channel();
        let serving = thread::spawn(move || {
            let mut connection = A::connect(server, b"\n", Config::default());
            handles.send(connection.handle()).unwrap();
            loop {
                match connection.next_frame() {
                    Ok(Some(_)) => {}
                    ended => return ended,
                }
            }
        });
        let handle = made.recv().unwrap();
        for _ in 0..100 {
            handle.push("news\n").unwrap();
            assert_eq!(peer::read_exactly(&client, 5), b"news\n");
            peer::send_in_pieces(&client, [&b"seen\n"[..]]);
        }
        if aborts {
            handle.abort();
            assert_eq!(serving.join().unwrap(), Err(Error::Aborted));
        } else {
            handle.close_with("bye\n").unwrap();
            assert_eq!(peer::read_to_end(&client), b"bye\n");
            assert_eq!(serving.join().unwrap(), Ok(None));
        }
        assert_eq!(handle.push("late"), Err(MailboxError::Closed));
    }
}

/// Behind a PROXY header that another layer took off, together with the beginning of the first line.
// F1
pub fn connection_continues_unread_input<A: Adapter>() {
    let (client, server) = peer::pair();
    peer::send_in_pieces(&client, [&b"LO\r\nQUIT\r\n"[..]]);
    let mut connection = A::connect_with_unread(server, b"EH", b"\r\n");
    assert_eq!(connection.next_frame(), Ok(Some(b"EHLO".to_vec())));
    connection.set_max_frame_len(3);
    assert!(matches!(connection.next_frame(), Err(Error::FrameTooLong(_))));
    connection.set_max_frame_len(4);
    peer::send_in_pieces(&client, [&b"NOOP\r\n"[..]]);
    assert_eq!(connection.next_frame(), Ok(Some(b"NOOP".to_vec())));
}

/// Stale answers that came in the same read do not appear, and neither does the rest of the one that was cut.
pub fn connection_discards_stale_input<A: Adapter>() {
    let (client, server) = peer::pair();
    let mut connection = A::connect(server, b"\r\n", Config::default());
    peer::send_in_pieces(&client, [&b"first\r\nstale\r\nsta"[..]]);
    assert_eq!(connection.next_frame(), Ok(Some(b"first".to_vec())));
    connection.discard_input();
    peer::send_in_pieces(&client, [&b"le\r\nfresh\r\n"[..]]);
    assert_eq!(connection.next_frame(), Ok(Some(b"fresh".to_vec())));
}

/// A server loop against a peer that sends requests and never reads: its memory is that of the marks.
// O6, O9
pub fn connection_loop_is_bounded_by_its_marks<A: Adapter>() {
    const HIGH: usize = 64 * 1024;
    let answer = bytes::Bytes::from(vec![b'.'; 1000]);
    let config = Config::default().with_high_water(HIGH).with_low_water(HIGH / 4).with_min_output_rate(None);
    let (client, server) = peer::pair();
    let (reports, held_back) = channel();
    let serving = {
        let answer = answer.clone();
        thread::spawn(move || {
            let (mut connection, mut most, mut answers) = (A::connect(server, b"\n", config), 0, 0);
            while let Some(_request) = connection.next_frame().unwrap() {
                connection.push(answer.clone()).unwrap();
                answers += 1;
                most = most.max(connection.queued());
                if most > HIGH {
                    let _ = reports.send(());
                }
            }
            connection.close().unwrap();
            (most, answers)
        })
    };
    let sending = {
        let client = client.try_clone().unwrap();
        thread::spawn(move || {
            let requests = "a request\n".repeat(20_000);
            peer::send_in_pieces(&client, requests.as_bytes().chunks(64 * 1024));
            peer::half_close(&client);
        })
    };
    held_back.recv().unwrap();
    assert_eq!(peer::read_to_end(&client).len(), 20_000 * answer.len(), "no answer is missing");
    sending.join().unwrap();
    drop(client);
    let (most, answers) = serving.join().unwrap();
    assert_eq!(answers, 20_000);
    // The mark, and two answers with the cost of their chunks.
    assert!(most <= HIGH + 2 * (answer.len() + 96), "{most}");
}
