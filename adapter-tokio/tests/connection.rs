//! `Connection` and its halves with what else tokio has: tasks, timeouts, `select!`, and other sockets than TCP.

use std::io;
use std::time::Duration;

use asynchat_tokio::{Config, Connection, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

// C9, C18
#[cfg(unix)]
#[tokio::test]
async fn connection_works_over_unix_sockets() -> Outcome {
    let (here, there) = tokio::net::UnixStream::pair()?;
    let echo = tokio::spawn(async move {
        let mut connection = Connection::new(there, b"\n");
        while let Some(line) = connection.next_frame_owned().await? {
            connection.push(line)?;
            connection.push_slice(b"\n")?;
        }
        connection.close().await
    });
    let (mut reader, mut writer) = Connection::new(here, b"\n").into_split();
    writer.push("one\ntwo\n")?;
    writer.finish().await?;
    assert_eq!(reader.next_frame().await?, Some(&b"one"[..]));
    assert_eq!(reader.next_frame().await?, Some(&b"two"[..]));
    assert_eq!(reader.next_frame().await?, None);
    Ok(echo.await??)
}

// C8
#[tokio::test(start_paused = true)]
async fn connection_timeout_shows_what_came() -> Outcome {
    let (mut here, there) = duplex(64);
    let mut connection = Connection::new(there, b"\n");
    here.write_all(b"half a li").await?;
    let minute = Duration::from_secs(60);
    assert!(tokio::time::timeout(minute, connection.next_frame()).await.is_err());
    assert_eq!(connection.partial(), b"half a li");
    here.write_all(b"ne\n").await?;
    assert_eq!(tokio::time::timeout(minute, connection.next_frame()).await??, Some(&b"half a line"[..]));

    let (mut reader, _writer) = connection.into_split();
    here.write_all(b"and a").await?;
    assert!(tokio::time::timeout(minute, reader.next_frame()).await.is_err());
    assert_eq!(reader.partial(), b"and a");
    Ok(())
}

/// A request of two lines, kept outside of the future that reads it: the pattern of the page of `Connection`.
#[derive(Default)]
struct PartialRequest {
    lines: Vec<Vec<u8>>,
}

impl PartialRequest {
    async fn complete(&mut self, connection: &mut Connection<DuplexStream>) -> Result<Option<Vec<Vec<u8>>>, Error> {
        while self.lines.len() < 2 {
            let Some(line) = connection.next_frame().await? else { return Ok(None) };
            self.lines.push(line.to_vec());
        }
        Ok(Some(std::mem::take(&mut self.lines)))
    }
}

// C8
#[tokio::test]
async fn connection_requests_of_several_frames_survive_select() -> Outcome {
    const REQUESTS: usize = 100;
    let (mut here, there) = duplex(16);
    let client = tokio::spawn(async move {
        for request in 0..REQUESTS {
            for piece in ["GE".to_owned(), format!("T {request}\n"), "HOST\n".to_owned()] {
                here.write_all(piece.as_bytes()).await?;
                tokio::task::yield_now().await;
            }
        }
        io::Result::Ok(())
    });
    let (mut connection, mut partial) = (Connection::new(there, b"\n"), PartialRequest::default());
    let (mut requests, mut interruptions) = (0, 0);
    loop {
        tokio::select! {
            biased;
            request = partial.complete(&mut connection) => {
                let Some(request) = request? else { break };
                assert_eq!(request, [format!("GET {requests}").into_bytes(), b"HOST".to_vec()]);
                requests += 1;
            }
            () = tokio::task::yield_now() => interruptions += 1,
        }
    }
    assert_eq!(requests, REQUESTS);
    assert!(interruptions > REQUESTS, "the future was dropped {interruptions} times");
    Ok(client.await??)
}

// C8
#[tokio::test]
async fn read_half_survives_select() -> Outcome {
    const LINES: usize = 200;
    let (mut here, there) = duplex(16);
    let (mut reader, mut writer) = Connection::new(there, b"\n").into_split();
    let writing = tokio::spawn(async move {
        for line in 0..LINES {
            writer.push(format!("answer {line}\n"))?;
            writer.flush().await?;
        }
        Ok::<_, Error>(writer)
    });
    let client = tokio::spawn(async move {
        let mut all = Vec::new();
        for line in 0..LINES {
            here.write_all(format!("line {line}\n").as_bytes()).await?;
            let mut answer = vec![0; format!("answer {line}\n").len()];
            here.read_exact(&mut answer).await?;
            all.extend(answer);
        }
        io::Result::Ok(all)
    });
    let mut lines = 0;
    while lines < LINES {
        tokio::select! {
            biased;
            line = reader.next_frame() => {
                assert_eq!(line?, Some(format!("line {lines}").as_bytes()));
                lines += 1;
            }
            () = tokio::task::yield_now() => {}
        }
    }
    let answers = client.await??;
    assert_eq!(String::from_utf8(answers)?, (0..LINES).map(|line| format!("answer {line}\n")).collect::<String>());
    reader.reunite(writing.await??)?.close().await?;
    Ok(())
}

// C5
#[tokio::test]
async fn halves_of_two_connections_stay_apart() -> Outcome {
    let pair = || Connection::new(duplex(64).0, b"\n").into_split();
    let ((one, mut other), (stranger, _)) = (pair(), pair());
    assert!(one.is_half_of(&other) && !stranger.is_half_of(&other));
    (_, other) = stranger.reunite(other).unwrap_err().into_halves();
    let connection: Connection<_> = one.reunite(other)?;
    drop(connection);
    Ok(())
}

// C5
#[tokio::test]
async fn connection_gives_access_to_the_stream() -> Outcome {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let stream = tokio::net::TcpStream::connect(listener.local_addr()?).await?;
    let mut connection = Connection::with_config(stream, b"\n", Config::default());
    connection.get_mut().set_nodelay(true)?;
    assert!(connection.get_ref().nodelay()?);
    Ok(())
}

#[cfg(feature = "futures")]
mod streams {
    use bytes::Bytes;
    use futures_util::{SinkExt, StreamExt, TryStreamExt};

    use super::*;

    // C18
    #[tokio::test]
    async fn sink_close_leaves_the_stream_to_the_peers_end() -> Outcome {
        for is_split_by_futures in [true, false] {
            let (mut here, there) = duplex(64);
            let sorting = tokio::spawn(async move {
                let mut input = String::new();
                here.read_to_string(&mut input).await?;
                assert_eq!(input, "b\na\n");
                here.write_all(b"a\nb\n").await
            });
            let connection = Connection::new(there, b"\n");
            let answer: Vec<Bytes> = if is_split_by_futures {
                let (mut sink, stream) = connection.split();
                sink.send(Bytes::from("b\na\n")).await?;
                sink.close().await?;
                stream.try_collect().await?
            } else {
                let (stream, mut sink) = connection.into_split();
                sink.send(Bytes::from("b\na\n")).await?;
                SinkExt::close(&mut sink).await?;
                stream.try_collect().await?
            };
            assert_eq!(answer, ["a", "b"]);
            sorting.await??;
        }
        Ok(())
    }

    // O6, C9
    #[tokio::test]
    async fn halves_forward_streams_in_two_tasks() -> Outcome {
        const LINES: usize = 5_000;
        let (here, there) = duplex(100);
        let echo = tokio::spawn(async move {
            let (reader, writer) = Connection::new(there, b"\n").into_split();
            reader.map_ok(|line| Bytes::from([&line[..], b"\n"].concat())).forward(writer).await
        });
        let config = Config::default().with_high_water(1000).with_low_water(100);
        let (reader, mut writer) = Connection::with_config(here, b"\n", config).into_split();
        let writing = tokio::spawn(async move {
            for line in 0..LINES {
                writer.feed(Bytes::from(format!("{line}\n"))).await?;
                assert!(writer.queued() <= 1000 + 200, "backpressure");
            }
            SinkExt::close(&mut writer).await
        });
        let lines: Vec<Bytes> = reader.try_collect().await?;
        assert!(lines.len() == LINES && lines.iter().enumerate().all(|(at, line)| *line == at.to_string()));
        writing.await??;
        Ok(echo.await??)
    }

    // L2
    #[tokio::test]
    async fn read_half_stream_goes_on_behind_a_long_frame() -> Outcome {
        let (mut here, there) = duplex(64);
        here.write_all(b"one\nthree\ntwo\nhal").await?;
        drop(here);
        let config = Config::default().with_max_frame_len(4);
        let (reader, _writer) = Connection::with_config(there, b"\n", config).into_split();
        let items: Vec<_> = reader.collect().await;
        let [Ok(one), Err(Error::FrameTooLong(_)), Ok(two), Err(Error::Truncated(_))] = items.as_slice() else {
            panic!("{items:?}");
        };
        assert_eq!((&one[..], &two[..]), (&b"one"[..], &b"two"[..]));
        Ok(())
    }
}
