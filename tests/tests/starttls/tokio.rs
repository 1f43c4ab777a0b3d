//! STARTTLS with a handler on tokio.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use asynchat_tests::scenarios::upgrade::Upgrading;
use asynchat_tokio::{Config, Ended, drive};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::{INJECTED, LINE, Outcome, PLAIN_ANSWER, check, tls_configs};

/// A stream that reads at most `cut` bytes at once.
pub(crate) struct CutReads {
    pub(crate) stream: DuplexStream,
    pub(crate) cut: usize,
}

impl AsyncRead for CutReads {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut bytes = vec![0; buffer.remaining().min(self.cut)];
        let mut piece = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut piece))?;
        buffer.put_slice(piece.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for CutReads {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The pattern of a server with STARTTLS: the same handler serves both sides, and injected bytes are an error.
async fn serve(stream: CutReads, handler: &mut Upgrading, acceptor: TlsAcceptor) -> Outcome {
    let Ended::Upgrade(parts) = drive(stream, &mut *handler, Config::default()).await? else { return Ok(()) };
    let stream = parts.into_stream()?;
    let encrypted = acceptor.accept(stream).await?;
    drive(encrypted, handler, Config::default()).await?;
    Ok(())
}

async fn client(mut stream: DuplexStream, connector: TlsConnector, injected: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(&[LINE, injected].concat()).await?;
    let mut answer = [0; PLAIN_ANSWER.len()];
    stream.read_exact(&mut answer).await?;
    assert_eq!(answer, PLAIN_ANSWER);
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    let mut encrypted = connector.connect(name, stream).await?;
    encrypted.write_all(b"NOOP\r\n").await?;
    encrypted.shutdown().await?;
    let mut output = Vec::new();
    encrypted.read_to_end(&mut output).await?;
    Ok(output)
}

/// At every offset, and with reads of every size.
// C15, C5
#[tokio::test]
async fn starttls_handler_never_gets_injected_plaintext() -> Outcome {
    let (server_config, client_config) = tls_configs()?;
    for injected in 0..=INJECTED.len() {
        for cut in 1..=LINE.len() + injected {
            let (here, there) = duplex(64 * 1024);
            let client = client(here, client_config.clone().into(), &INJECTED[..injected]);
            let mut handler = Upgrading::default();
            let serving = serve(CutReads { stream: there, cut }, &mut handler, server_config.clone().into());
            let (received, served) = tokio::join!(client, serving);
            assert_eq!(received.is_ok(), injected == 0);
            assert!(received.is_err() || received?.as_slice() == b"hello\r\n250 NOOP\r\n");
            check(&served, handler.log(), injected, cut);
        }
    }
    Ok(())
}
