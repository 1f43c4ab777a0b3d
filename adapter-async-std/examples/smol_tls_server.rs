//! A line echo over TLS: `serve_with` makes the handshake, and then drives a handler over the encrypted stream.
//!
//! The certificate is made at the start, for `localhost`. Run it on 127.0.0.1:7443, or append `-- ADDRESS`:
//!
//! ```sh
//! cargo run -p asynchat-async-std --features smol --example smol_tls_server
//! ```
//!
//! Try: `openssl s_client -quiet -connect 127.0.0.1:7443`, or `socat - OPENSSL:127.0.0.1:7443,verify=0`.

use std::sync::Arc;
use std::time::Duration;

use asynchat_async_std::smol::{Incoming, Server};
use asynchat_async_std::{BoxError, Channel, Error, Handler};
use futures_rustls::TlsAcceptor;
use futures_rustls::rustls::ServerConfig;
use smol::Timer;
use smol::future::FutureExt as _;
use smol::net::TcpStream;

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
    let timeout = async {
        Timer::after(HANDSHAKE_TIMEOUT).await;
        Err(Error::SentTooSlowly)
    };
    let handshake = async { Ok(acceptor.accept(stream).await?) };
    let encrypted = handshake.or(timeout).await?;
    // The limits of the server hold above TLS, and the handler learns of a shutdown.
    incoming.drive(encrypted, Echo).await?;
    Ok(())
}

/// Makes a certificate that signs itself. A real server reads it, and its key, from files.
fn tls_acceptor() -> Result<TlsAcceptor, BoxError> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()])?;
    let key = made.signing_key.serialize_der().try_into()?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.into()], key)?;
    Ok(Arc::new(config).into())
}

fn main() -> Result<(), BoxError> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7443".into());
    let acceptor = tls_acceptor()?;
    smol::block_on(async {
        let server = Server::bind(address).await?;
        println!("listening on {}", server.local_addr()?);
        server.serve_with(move |stream, incoming| serve(stream, incoming, acceptor.clone())).await?;
        Ok(())
    })
}
