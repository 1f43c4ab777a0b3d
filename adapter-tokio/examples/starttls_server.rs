//! STARTTLS: a handler that speaks in the clear, asks for an upgrade, and goes on over TLS. It knows as much of SMTP as
//! this takes.
//!
//! ```text
//! cargo run -p asynchat-tokio --example starttls_server -- 127.0.0.1:7011
//! openssl s_client -starttls smtp -crlf -quiet -connect 127.0.0.1:7011
//! ```
//!
//! Bytes that came behind STARTTLS in the clear are refused, since anyone on the way may have put them there
//! (CVE-2011-0411): `printf 'STARTTLS\r\nNOOP\r\n' | nc 127.0.0.1 7011`.

use std::sync::Arc;
use std::time::Duration;

use asynchat_tokio::{BoxError, Channel, ConnectionInfo, Ended, Error, Handler, Incoming, Observer, Server, Traffic};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// No limit of the server holds during the handshake, so it needs a limit of its own.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Session {
    line: Vec<u8>,
    encrypted: bool,
}

impl Handler for Session {
    /// Called at the beginning of each stream: in the clear, and then over TLS, where RFC 3207 has no second greeting.
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\r\n");
        if !self.encrypted {
            channel.push("220 localhost ESMTP\r\n")?;
        }
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let line = std::mem::take(&mut self.line).to_ascii_uppercase();
        let verb = line.split(|&byte| byte == b' ').next().unwrap_or_default();
        let answer = match (verb, self.encrypted) {
            (b"EHLO", false) => "250-localhost\r\n250 STARTTLS\r\n",
            (b"EHLO", true) => "250 localhost\r\n",
            (b"STARTTLS", false) => "220 ready to start TLS\r\n",
            (b"STARTTLS", true) => "503 already encrypted\r\n",
            (b"NOOP", _) => "250 OK\r\n",
            (b"QUIT", _) => "221 bye\r\n",
            _ => "500 unknown command\r\n",
        };
        channel.push(answer)?;
        match (verb, self.encrypted) {
            (b"STARTTLS", false) => channel.upgrade_when_done(),
            (b"QUIT", _) => channel.close_when_done(),
            _ => {}
        }
        Ok(())
    }
}

async fn serve(stream: TcpStream, incoming: Incoming, acceptor: TlsAcceptor) -> Result<(), BoxError> {
    let clear = incoming.drive(stream, Session::default()).await?;
    let Ended::Upgrade(parts) = clear else { return Ok(()) };
    // An error if a byte was read behind STARTTLS: anyone on the way may have added it (CVE-2011-0411).
    let stream = parts.into_stream()?;
    let handshake = timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await;
    let encrypted = handshake.map_err(|_| Error::SentTooSlowly)??;
    // A session of its own: the server must forget everything that was said in the clear (RFC 3207 section 4.2).
    incoming.drive(encrypted, Session { encrypted: true, ..Session::default() }).await?;
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
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.into()], key)?;
    Ok(Arc::new(config).into())
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7011".into());
    let acceptor = tls_acceptor()?;
    let server = Server::bind(address).await?.with_observer(Log);
    println!("listening on {}", server.local_addr()?);
    server.serve_with(move |stream, incoming| serve(stream, incoming, acceptor.clone())).await?;
    Ok(())
}
