//! STARTTLS with a `Connection` of tokio.

use std::sync::Arc;

use asynchat_tests::scenarios::conversation::{EchoHandler, INPUTS, expected};
use asynchat_tokio::{Config, Connection, Incoming, Metrics, Server, drive};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::{GO, INJECTED, LINE, Outcome, tls_configs};

/// Both ends of TLS.
fn tls_pair() -> Result<(TlsAcceptor, TlsConnector), Box<dyn std::error::Error + Send + Sync>> {
    let (server, client) = tls_configs()?;
    Ok((server.into(), client.into()))
}

/// A client behind an attacker, who adds `early` to its plaintext request and `late` to its handshake.
async fn client(
    mut stream: DuplexStream,
    connector: TlsConnector,
    early: &[u8],
    late: &[u8],
) -> std::io::Result<Vec<u8>> {
    let [input, ..] = INPUTS;
    stream.write_all(&[LINE, early].concat()).await?;
    let mut answer = [0; GO.len()];
    stream.read_exact(&mut answer).await?;
    assert_eq!(answer, GO);
    stream.write_all(late).await?;
    let name = ServerName::try_from("localhost").map_err(std::io::Error::other)?;
    let mut encrypted = connector.connect(name, stream).await?;
    encrypted.write_all(input).await?;
    encrypted.shutdown().await?;
    let mut output = Vec::new();
    encrypted.read_to_end(&mut output).await?;
    Ok(output)
}

/// The server's plaintext side, up to the point where it takes the stream back.
async fn until_starttls(stream: DuplexStream) -> Result<Connection<DuplexStream>, asynchat_tokio::Error> {
    let mut connection = Connection::new(stream, b"\r\n");
    assert_eq!(connection.next_frame().await?, Some(&b"STARTTLS"[..]));
    Ok(connection)
}

// C5
#[tokio::test]
async fn starttls_never_processes_injected_plaintext() -> Outcome {
    let (acceptor, connector) = tls_pair()?;
    let [input, ..] = INPUTS;
    let (events, output) = expected(input, true);
    for injected in 0..=INJECTED.len() {
        let (early, _) = INJECTED.split_at(injected);
        let (here, there) = duplex(64 * 1024);
        let client = client(here, connector.clone(), early, b"");
        let server = async {
            let connection = until_starttls(there).await?;
            let mut connection = match connection.into_inner() {
                Ok(stream) => {
                    assert_eq!(injected, 0, "into_inner must refuse unread plaintext");
                    Connection::new(stream, b"\r\n")
                }
                Err(refused) => {
                    assert_eq!(refused.unread(), injected);
                    refused.into_connection()
                }
            };
            connection.push(GO)?;
            connection.flush().await?;
            // A server that continues nevertheless must discard what `into_parts` returns as unread.
            let parts = connection.into_parts();
            assert_eq!(parts.unread, early);
            let encrypted = acceptor.accept(parts.stream).await?;
            let (handler, call_log) = EchoHandler::new();
            drive(encrypted, handler, Config::default()).await?;
            let call_log = call_log.lock().map_err(|_| "poisoned")?.clone();
            assert_eq!(call_log.events, events, "only encrypted data is processed");
            Outcome::Ok(())
        };
        let (received, served) = tokio::join!(client, server);
        served?;
        assert_eq!(received?, output);
    }
    Ok(())
}

// C5
#[tokio::test]
async fn starttls_handshake_fails_on_late_plaintext() -> Outcome {
    let (acceptor, connector) = tls_pair()?;
    for injected in 0..INJECTED.len() {
        let (early, late) = INJECTED.split_at(injected);
        let (here, there) = duplex(64 * 1024);
        let client = client(here, connector.clone(), early, late);
        let server = async {
            let mut connection = until_starttls(there).await?;
            connection.push(GO)?;
            connection.flush().await?;
            let parts = connection.into_parts();
            assert_eq!(parts.unread, early);
            assert!(
                acceptor.accept(parts.stream).await.is_err(),
                "{} bytes of plaintext passed as a handshake",
                late.len()
            );
            Outcome::Ok(())
        };
        let (received, served) = tokio::join!(client, server);
        served?;
        assert!(received.is_err());
    }
    Ok(())
}

/// A server whose every connection is encrypted from the beginning: the handshake is part of `serve_with`, and a peer that
/// fails it affects no other. The observer counts the bytes of the protocol, and not those of TLS.
#[tokio::test]
async fn server_with_tls_serves_a_handler() -> Outcome {
    let (acceptor, connector) = tls_pair()?;
    let metrics = Arc::new(Metrics::default());
    let server = Server::bind("127.0.0.1:0").await?.with_observer(Arc::clone(&metrics));
    let (address, shutdown) = (server.local_addr()?, server.shutdown_handle());
    let serving = tokio::spawn(server.serve_with(move |stream: TcpStream, incoming: Incoming| {
        let acceptor = acceptor.clone();
        async move {
            let encrypted = acceptor.accept(stream).await?;
            incoming.drive(encrypted, EchoHandler::new().0).await?;
            Outcome::Ok(())
        }
    }));
    let [input, ..] = INPUTS;
    let mut broken = TcpStream::connect(address).await?;
    broken.write_all(b"GET / HTTP/1.0\r\n\r\n").await?;
    let mut alert = Vec::new();
    broken.read_to_end(&mut alert).await?;
    drop(broken);
    for _ in 0..2 {
        let name = ServerName::try_from("localhost").map_err(std::io::Error::other)?;
        let mut encrypted = connector.connect(name, TcpStream::connect(address).await?).await?;
        encrypted.write_all(input).await?;
        encrypted.shutdown().await?;
        let mut output = Vec::new();
        encrypted.read_to_end(&mut output).await?;
        assert_eq!(output, expected(input, true).1);
    }
    shutdown.shutdown();
    serving.await??;
    let counts = metrics.snapshot();
    assert_eq!((counts.accepted, counts.closed, counts.failed_by_transport), (3, 3, 1));
    assert_eq!(counts.received, 2 * input.len() as u64);
    Ok(())
}

/// TLS may have to write in order to read, and cannot be cloned: both halves use the one stream.
// C9, C18
#[tokio::test]
async fn tls_halves_read_and_write_in_two_tasks() -> Outcome {
    const LINES: usize = 2_000;
    let (acceptor, connector) = tls_pair()?;
    // Far less room than what is sent, so that every kind of wait occurs.
    let (here, there) = duplex(1000);
    let echo = tokio::spawn(async move {
        let mut connection = Connection::new(acceptor.accept(there).await?, b"\n");
        while let Some(line) = connection.next_frame_owned().await? {
            connection.push(line)?;
            connection.push_slice(b"\n")?;
        }
        connection.close().await?;
        Outcome::Ok(())
    });
    let encrypted = connector.connect(ServerName::try_from("localhost")?, here).await?;
    let (mut reader, mut writer) = Connection::new(encrypted, b"\n").into_split();
    let writing = tokio::spawn(async move {
        for line in 0..LINES {
            writer.push(format!("line {line}\n"))?;
            if line % 7 == 0 {
                writer.flush().await?;
            }
        }
        // Dropping it ends the output.
        Outcome::Ok(())
    });
    let mut lines = 0;
    while let Some(line) = reader.next_frame().await? {
        assert_eq!(line, format!("line {lines}").as_bytes());
        lines += 1;
    }
    assert_eq!(lines, LINES);
    writing.await??;
    echo.await?
}
