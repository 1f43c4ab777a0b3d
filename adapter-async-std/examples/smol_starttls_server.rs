//! STARTTLS, as a mail server has it (RFC 3207): a handler asks for the upgrade, and goes on above TLS.
//!
//! It knows EHLO, STARTTLS, NOOP and QUIT, and takes no mail. The certificate is made at the start, for `localhost`. Run it
//! on 127.0.0.1:7025, or append `-- ADDRESS`:
//!
//! ```sh
//! cargo run -p asynchat-async-std --features smol --example smol_starttls_server
//! ```
//!
//! Try: `openssl s_client -quiet -crlf -starttls smtp -connect 127.0.0.1:7025`, then `NOOP` and `QUIT`. Plaintext that is
//! injected behind STARTTLS ends the connection: `printf 'STARTTLS\r\nNOOP\r\n' | nc 127.0.0.1 7025`.

use std::sync::Arc;
use std::time::Duration;

use asynchat_async_std::smol::{Incoming, Server};
use asynchat_async_std::{BoxError, Channel, ConnectionInfo, Ended, Error, Handler, Observer, Traffic};
use futures_rustls::TlsAcceptor;
use futures_rustls::rustls::ServerConfig;
use smol::Timer;
use smol::future::FutureExt as _;
use smol::net::TcpStream;

/// No limit of the server holds during the handshake, so it needs a limit of its own.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Smtp {
    line: Vec<u8>,
    is_encrypted: bool,
}

impl Handler for Smtp {
    /// Called at the beginning of each stream: in the clear, and then over TLS, where RFC 3207 has no second greeting.
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\r\n");
        if !self.is_encrypted {
            channel.push("220 localhost ESMTP\r\n")?;
        }
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let mut line = std::mem::take(&mut self.line);
        line.make_ascii_uppercase();
        let command = line.split(|byte| *byte == b' ').next().unwrap_or_default();
        channel.push(match command {
            b"EHLO" if self.is_encrypted => "250 localhost\r\n",
            b"EHLO" => "250-localhost\r\n250 STARTTLS\r\n",
            b"STARTTLS" if self.is_encrypted => "503 already encrypted\r\n",
            b"STARTTLS" => "220 ready to start TLS\r\n",
            b"NOOP" => "250 OK\r\n",
            b"QUIT" => "221 bye\r\n",
            _ => "500 unknown command\r\n",
        })?;
        match command {
            b"STARTTLS" if !self.is_encrypted => channel.upgrade_when_done(),
            b"QUIT" => channel.close_when_done(),
            _ => {}
        }
        Ok(())
    }
}

async fn serve(stream: TcpStream, incoming: Incoming, acceptor: TlsAcceptor) -> Result<(), BoxError> {
    let Ended::Upgrade(parts) = incoming.drive(stream, Smtp::default()).await? else { return Ok(()) };
    // An error if a byte was read behind STARTTLS: anyone on the way may have added it (CVE-2011-0411).
    let stream = parts.into_stream()?;
    let timeout = async {
        Timer::after(HANDSHAKE_TIMEOUT).await;
        Err(Error::SentTooSlowly)
    };
    let handshake = async { Ok(acceptor.accept(stream).await?) };
    let encrypted = handshake.or(timeout).await?;
    // A session of its own: the server must forget everything that was said in the clear (RFC 3207 section 4.2).
    incoming.drive(encrypted, Smtp { is_encrypted: true, ..Smtp::default() }).await?;
    Ok(())
}

/// Prints why a connection has failed.
struct Log;

impl Observer for Log {
    fn closed(&self, connection: &ConnectionInfo, outcome: Result<(), &Error>, _: Traffic) {
        if let Err(error) = outcome {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
            eprintln!("{connection}: {error}{cause}");
        }
    }
}

/// Makes a certificate that signs itself. A real server reads it, and its key, from files.
fn tls_acceptor() -> Result<TlsAcceptor, BoxError> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()])?;
    let key = made.signing_key.serialize_der().try_into()?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.into()], key)?;
    Ok(Arc::new(config).into())
}

fn main() -> Result<(), BoxError> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7025".into());
    let acceptor = tls_acceptor()?;
    smol::block_on(async {
        let server = Server::bind(address).await?.with_observer(Log);
        println!("listening on {}", server.local_addr()?);
        server.serve_with(move |stream, incoming| serve(stream, incoming, acceptor.clone())).await?;
        Ok(())
    })
}
