//! `Connection` as a `Stream` and a `Sink`, in one task and split into halves.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use asynchat_async_std::{Config, Connection, End, Error};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, TryStreamExt};

/// More bytes than the buffers of two sockets hold.
const LENGTH: usize = 32 << 20;

/// Returns a blocking peer and a connection to it.
fn pair(config: Config) -> io::Result<(TcpStream, Connection<async_net::TcpStream>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let blocking = TcpStream::connect(listener.local_addr()?)?;
    Ok((blocking, Connection::with_config(listener.accept()?.0.try_into()?, b"\n", config)))
}

// L2, F9
#[test]
fn stream_yields_all_frames_then_the_final_error() {
    let (mut peer, connection) = pair(Config::default().with_max_frame_len(4)).unwrap();
    peer.write_all(b"one\nthree\ntwo\nhal").unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    let items: Vec<_> = pollster::block_on(connection.collect());
    let [Ok(one), Err(Error::FrameTooLong(_)), Ok(two), Err(Error::Truncated(End::MidFrame))] = items.as_slice() else {
        panic!("{items:?}");
    };
    assert_eq!((&one[..], &two[..]), (&b"one"[..], &b"two"[..]));
}

// O2
#[test]
fn sink_refuses_items_after_close() {
    let (mut peer, mut connection) = pair(Config::default()).unwrap();
    pollster::block_on(async {
        connection.send(Bytes::from("hello\n")).await.unwrap();
        connection.feed(Bytes::from("bye\n")).await.unwrap();
        let peer = thread::spawn(move || {
            let mut all = String::new();
            peer.read_to_string(&mut all).map(|_| all)
        });
        SinkExt::close(&mut connection).await.unwrap();
        assert_eq!(peer.join().unwrap().unwrap(), "hello\nbye\n");
        connection.feed(Bytes::from("again\n")).await.unwrap_err();
    });
}

// O6
#[test]
fn sink_applies_backpressure_at_the_high_water_mark() {
    let (_peer, mut connection) = pair(Config::default().with_high_water(4096).with_low_water(1024)).unwrap();
    let mut fed = 0;
    let chunk = Bytes::from(vec![b'.'; 1024]);
    // The sink accepts what the socket buffers hold, and the bytes up to the mark.
    while futures_lite::future::block_on(futures_lite::future::poll_once(connection.feed(chunk.clone()))).is_some() {
        fed += chunk.len();
        assert!(connection.queued() < 4096 + chunk.len());
    }
    assert!(fed > 4096);
}

// C9
#[test]
fn connection_halves_miss_no_wakeup() {
    const ROUNDS: usize = 200;
    // Above a mark the reading half would wait for the output, which this peer takes only while it can write (O6).
    let (peer, connection) = pair(Config::default().with_high_water(usize::MAX)).unwrap();
    // The peer echoes everything at its own pace: many small rounds, then a large transfer.
    let echo = thread::spawn(move || {
        let (mut from, mut to) = (&peer, &peer);
        io::copy(&mut from, &mut to).and_then(|_| peer.shutdown(Shutdown::Write))
    });
    let (mut sink, stream) = connection.split();
    let writing = thread::spawn(move || {
        pollster::block_on(async {
            for round in 0..ROUNDS {
                sink.send(Bytes::from(format!("{round}\n"))).await?;
            }
            for _ in 0..LENGTH >> 10 {
                sink.feed(Bytes::from([&[b'.'; 1023][..], b"\n"].concat())).await?;
            }
            sink.flush().await?;
            Ok::<_, Error>(sink)
        })
    });
    let frames = pollster::block_on(async {
        let mut stream = stream.enumerate().map(|(round, frame)| frame.map(|frame| (round, frame)));
        while let Some((round, frame)) = stream.try_next().await? {
            match round {
                ..ROUNDS => assert_eq!(frame, round.to_string()),
                _ => assert_eq!(frame.len(), 1023),
            }
            if round + 1 == ROUNDS + (LENGTH >> 10) {
                return Ok::<_, Error>(round + 1);
            }
        }
        Ok(0)
    });
    assert_eq!(frames.unwrap(), ROUNDS + (LENGTH >> 10));
    drop(writing.join().unwrap().unwrap());
    // Both halves are gone, so the peer has come to the end of the stream.
    echo.join().unwrap().unwrap();
}
