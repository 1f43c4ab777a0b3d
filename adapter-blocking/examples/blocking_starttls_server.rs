//! STARTTLS, as a mail server has it (RFC 3207): a handler asks for the upgrade, and goes on above TLS.
//!
//! It knows EHLO, STARTTLS, NOOP and QUIT, and takes no mail. The certificate is made at the start, for `localhost`. Run it
//! on 127.0.0.1:7025, or append `-- ADDRESS`:
//!
//! ```sh
//! cargo run -p asynchat-blocking --example blocking_starttls_server
//! ```
//!
//! Try: `openssl s_client -quiet -crlf -starttls smtp -connect 127.0.0.1:7025`, then `NOOP` and `QUIT`. Plaintext that is
//! injected behind STARTTLS ends the connection: `printf 'STARTTLS\r\nNOOP\r\n' | nc 127.0.0.1 7025`.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use asynchat_blocking::{
    BoxError, Channel, ConnectionInfo, Ended, Error, Handler, Incoming, Observer, Server, Traffic,
};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// No limit of the server holds during the handshake, so it needs a limit of its own.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest time that a call of the stream waits.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// A TLS stream that says goodbye, so that the peer can tell the end from a cut (RFC 8446 section 6.1).
struct TlsStream(StreamOwned<ServerConnection, TcpStream>);

impl TlsStream {
    /// Makes the handshake, within a time for the whole of it: a peer that sends byte by byte is cut off too.
    fn accept(mut stream: TcpStream, config: Arc<ServerConfig>) -> Result<Self, Error> {
        let mut tls = ServerConnection::new(config).map_err(io::Error::other)?;
        let deadline = Instant::now() + HANDSHAKE_TIMEOUT;
        while tls.is_handshaking() {
            if tls.wants_write() {
                tls.write_tls(&mut stream)?;
                continue;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::SentTooSlowly);
            }
            stream.set_read_timeout(Some(left))?;
            match tls.read_tls(&mut stream) {
                Ok(0) => return Err(io::Error::from(ErrorKind::UnexpectedEof).into()),
                Ok(_) => {}
                // Systems differ in the kind of a timeout.
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
                Err(error) => return Err(error.into()),
            }
            if let Err(error) = tls.process_new_packets() {
                // Tells the peer why.
                tls.write_tls(&mut stream)?;
                return Err(Error::protocol(error));
            }
        }
        // Limits of time, a shutdown and pushes of other threads wait until the call of the stream returns.
        stream.set_read_timeout(Some(POLL_INTERVAL))?;
        stream.set_write_timeout(Some(POLL_INTERVAL))?;
        Ok(Self(StreamOwned::new(tls, stream)))
    }
}

impl Read for TlsStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for TlsStream {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Drop for TlsStream {
    fn drop(&mut self) {
        self.0.conn.send_close_notify();
        // The peer may be gone.
        let _ = self.0.flush();
    }
}

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

fn serve(stream: TcpStream, incoming: &Incoming, config: Arc<ServerConfig>) -> Result<(), BoxError> {
    let Ended::Upgrade(parts) = incoming.drive(stream, Smtp::default())? else { return Ok(()) };
    // An error if a byte was read behind STARTTLS: anyone on the way may have added it (CVE-2011-0411).
    let stream = parts.into_stream()?;
    let encrypted = TlsStream::accept(stream, config)?;
    // A session of its own: the server must forget everything that was said in the clear (RFC 3207 section 4.2).
    incoming.drive(encrypted, Smtp { is_encrypted: true, ..Smtp::default() })?;
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
fn tls_config() -> Result<Arc<ServerConfig>, BoxError> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()])?;
    let key = made.signing_key.serialize_der().try_into()?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.into()], key)?;
    Ok(Arc::new(config))
}

fn main() -> Result<(), BoxError> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7025".into());
    let config = tls_config()?;
    let server = Server::bind(address)?.with_observer(Log);
    println!("listening on {}", server.local_addr()?);
    server.serve_with(move |stream, incoming| serve(stream, &incoming, Arc::clone(&config)))?;
    Ok(())
}
