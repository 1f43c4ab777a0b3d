//! A line echo over TLS: `serve_with` makes the handshake, and then drives a handler over the encrypted stream.
//!
//! The certificate is made at the start, for `localhost`. Run it on 127.0.0.1:7443, or append `-- ADDRESS`:
//!
//! ```sh
//! cargo run -p asynchat-blocking --example blocking_tls_server
//! ```
//!
//! Try: `openssl s_client -quiet -connect 127.0.0.1:7443`, or `socat - OPENSSL:127.0.0.1:7443,verify=0`.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use asynchat_blocking::{BoxError, Channel, Error, Handler, Incoming, Server};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The handler and the limits of the server begin behind the handshake, so the handshake needs a limit of its own.
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

struct Echo;

impl Handler for Echo {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push_slice(data)?)
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push("\n")?)
    }
}

fn serve(stream: TcpStream, incoming: &Incoming, config: Arc<ServerConfig>) -> Result<(), BoxError> {
    let encrypted = TlsStream::accept(stream, config)?;
    // The limits of the server hold above TLS, and the handler learns of a shutdown.
    incoming.drive(encrypted, Echo)?;
    Ok(())
}

/// Makes a certificate that signs itself. A real server reads it, and its key, from files.
fn tls_config() -> Result<Arc<ServerConfig>, BoxError> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()])?;
    let key = made.signing_key.serialize_der().try_into()?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.into()], key)?;
    Ok(Arc::new(config))
}

fn main() -> Result<(), BoxError> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7443".into());
    let config = tls_config()?;
    let server = Server::bind(address)?;
    println!("listening on {}", server.local_addr()?);
    server.serve_with(move |stream, incoming| serve(stream, &incoming, Arc::clone(&config)))?;
    Ok(())
}
