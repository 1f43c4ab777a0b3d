//! A line echo over TLS: `serve_with` makes the handshake, and then drives a handler over the encrypted stream.
//!
//! ```text
//! cargo run -p asynchat-tokio --example tls_server -- 127.0.0.1:7010
//! openssl s_client -quiet -connect 127.0.0.1:7010
//! ```
//!
//! The certificate is made at the start, for `localhost`.

use std::sync::Arc;
use std::time::Duration;

use asynchat_tokio::{BoxError, Channel, Error, Handler, Incoming, Server};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// The handler and the limits of the server begin behind the handshake, so the handshake needs a limit of its own.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

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

async fn serve(stream: TcpStream, incoming: Incoming, acceptor: TlsAcceptor) -> Result<(), BoxError> {
    let handshake = timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await;
    let encrypted = handshake.map_err(|_| Error::SentTooSlowly)??;
    // The limits of the server hold above TLS, and the handler learns of a shutdown.
    incoming.drive(encrypted, Echo).await?;
    Ok(())
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
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7010".into());
    let acceptor = tls_acceptor()?;
    let server = Server::bind(address).await?;
    println!("listening on {}", server.local_addr()?);
    server.serve_with(move |stream, incoming| serve(stream, incoming, acceptor.clone())).await?;
    Ok(())
}
