//! STARTTLS of the SMTP server, on tokio and on smol: the pattern of the examples `smtp_server` and `smol_smtp_server`.

use std::io;
use std::sync::Arc;

use asynchat_core::Config;
use asynchat_core::drive::Ended;
use asynchat_tests::protocols::smtp::fuzzing::reply_codes;
use asynchat_tests::protocols::smtp::{MemoryStore, SmtpHandler, SmtpService};
use futures_lite::{AsyncReadExt, AsyncWriteExt, future};
use smol::net::unix::UnixStream;
use tokio::io::{AsyncReadExt as TokioReadExt, AsyncWriteExt as TokioWriteExt, DuplexStream, duplex};
use tokio_rustls::rustls::pki_types::ServerName;

use crate::{Outcome, smol as on_smol, tls_configs, tokio as on_tokio};

const PLAIN: &[u8] = b"EHLO a\r\nMAIL FROM:<a@b>\r\nSTARTTLS\r\n";
const INJECTED: &[u8] = b"EHLO evil\r\nMAIL FROM:<eve@a>\r\nRCPT TO:<bob@a>\r\nDATA\r\nevil\r\n.\r\n";
const PLAIN_REPLIES: &[u8] = b"220 host ESMTP asynchat\r\n250-host\r\n250-PIPELINING\r\n250-8BITMIME\r\n\
    250-STARTTLS\r\n250-SIZE 52428800\r\n250 HELP\r\n250 OK\r\n220 ready to start TLS\r\n";

/// The first two commands are out of sequence, since TLS begins a session of its own (RFC 3207 section 4.2).
const ENCRYPTED: &[u8] =
    b"RCPT TO:<b@c>\r\nMAIL FROM:<a@b>\r\nEHLO a\r\nSTARTTLS\r\nMAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\n\
    DATA\r\nover TLS\r\n.\r\nQUIT\r\n";
const ENCRYPTED_CODES: [u16; 9] = [503, 503, 250, 503, 250, 250, 354, 250, 221];

/// Checks a connection with this many bytes injected: what the client received over TLS, and the messages.
fn check(received: io::Result<Vec<u8>>, served: &Outcome, store: &MemoryStore, injected: usize) -> Outcome {
    let messages = store.take_messages();
    if injected == 0 {
        assert_eq!(reply_codes(&received?), ENCRYPTED_CODES);
        assert!(served.is_ok(), "{served:?}");
        assert_eq!(messages.len(), 1);
        assert!(messages[0].ends_with(b"\r\nover TLS\r\n"));
    } else {
        assert!(received.is_err() && served.is_err(), "{injected} bytes passed");
        assert!(messages.is_empty(), "{injected} bytes passed");
    }
    Ok(())
}

fn service() -> (Arc<SmtpService>, MemoryStore) {
    let store = MemoryStore::new();
    (Arc::new(SmtpService::new("host", store.clone())), store)
}

/// The sizes of a read: the border to the injected bytes lies within one read, and between two.
fn cuts(injected: usize) -> impl Iterator<Item = usize> {
    [1, 2, 3, PLAIN.len() - 1].into_iter().chain(PLAIN.len()..=PLAIN.len() + injected)
}

/// At every offset.
// C15, C5
#[tokio::test]
async fn starttls_smtp_handler_never_gets_injected_plaintext() -> Outcome {
    async fn serve(
        stream: on_tokio::CutReads,
        service: &Arc<SmtpService>,
        acceptor: tokio_rustls::TlsAcceptor,
    ) -> Outcome {
        let handler = SmtpHandler::new(service).with_starttls();
        let Ended::Upgrade(parts) = asynchat_tokio::drive(stream, handler, Config::default()).await? else {
            return Ok(());
        };
        let encrypted = acceptor.accept(parts.into_stream()?).await?;
        asynchat_tokio::drive(encrypted, SmtpHandler::new(service).over_tls(), Config::default()).await?;
        Ok(())
    }

    async fn client(
        mut stream: DuplexStream,
        connector: tokio_rustls::TlsConnector,
        injected: &[u8],
    ) -> io::Result<Vec<u8>> {
        TokioWriteExt::write_all(&mut stream, &[PLAIN, injected].concat()).await?;
        let mut replies = [0; PLAIN_REPLIES.len()];
        TokioReadExt::read_exact(&mut stream, &mut replies).await?;
        assert_eq!(replies.escape_ascii().to_string(), PLAIN_REPLIES.escape_ascii().to_string());
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        let mut encrypted = connector.connect(name, stream).await?;
        TokioWriteExt::write_all(&mut encrypted, ENCRYPTED).await?;
        let mut received = Vec::new();
        TokioReadExt::read_to_end(&mut encrypted, &mut received).await?;
        Ok(received)
    }

    let (server_config, client_config) = tls_configs()?;
    let (service, store) = service();
    for injected in 0..=INJECTED.len() {
        for cut in cuts(injected) {
            let (here, there) = duplex(64 * 1024);
            let serving = serve(on_tokio::CutReads { stream: there, cut }, &service, server_config.clone().into());
            let (received, served) =
                tokio::join!(client(here, client_config.clone().into(), &INJECTED[..injected]), serving);
            check(received, &served, &store, injected)?;
        }
    }
    Ok(())
}

/// At every offset.
// C15, C5
#[test]
fn starttls_smtp_handler_on_smol_never_gets_injected_plaintext() -> Outcome {
    async fn serve(
        stream: on_smol::CutReads,
        service: &Arc<SmtpService>,
        acceptor: futures_rustls::TlsAcceptor,
    ) -> Outcome {
        let handler = SmtpHandler::new(service).with_starttls();
        let plain = asynchat_async_std::drive(stream, handler, Config::default());
        let Ended::Upgrade(parts) = plain.await? else { return Ok(()) };
        let encrypted = acceptor.accept(parts.into_stream()?).await?;
        asynchat_async_std::drive(encrypted, SmtpHandler::new(service).over_tls(), Config::default()).await?;
        Ok(())
    }

    async fn client(
        mut stream: UnixStream,
        connector: futures_rustls::TlsConnector,
        injected: &[u8],
    ) -> io::Result<Vec<u8>> {
        stream.write_all(&[PLAIN, injected].concat()).await?;
        let mut replies = [0; PLAIN_REPLIES.len()];
        stream.read_exact(&mut replies).await?;
        assert_eq!(replies.escape_ascii().to_string(), PLAIN_REPLIES.escape_ascii().to_string());
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        let mut encrypted = connector.connect(name, stream).await?;
        encrypted.write_all(ENCRYPTED).await?;
        let mut received = Vec::new();
        encrypted.read_to_end(&mut received).await?;
        Ok(received)
    }

    let (server_config, client_config) = tls_configs()?;
    let (service, store) = service();
    for injected in 0..=INJECTED.len() {
        for cut in cuts(injected) {
            let (here, there) = UnixStream::pair()?;
            let client = client(here, client_config.clone().into(), &INJECTED[..injected]);
            let serving = serve(on_smol::CutReads { stream: there, cut }, &service, server_config.clone().into());
            let (received, served) = smol::block_on(future::zip(client, serving));
            check(received, &served, &store, injected)?;
        }
    }
    Ok(())
}
