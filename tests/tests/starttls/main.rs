//! STARTTLS: plaintext that arrived before the handshake, from anyone, never reaches the encrypted side (CVE-2011-0411 and
//! its relatives).
//!
//! - `connection`: a `Connection` of tokio, with tokio-rustls
//! - `tokio`: a handler that asks for an upgrade, on tokio with tokio-rustls
//! - `smol`: the same handler on smol, with futures-rustls
//! - `smtp`: the handler of the SMTP server on both

mod connection;
mod smol;
mod smtp;
mod tokio;

use std::error::Error;
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

type BoxError = Box<dyn Error + Send + Sync>;
type Outcome = Result<(), BoxError>;

const LINE: &[u8] = b"STARTTLS\r\n";
const GO: &[u8] = b"220 go ahead\r\n";
const INJECTED: &[u8] = b"one\r\n4\r\nevil\r\nMAIL FROM:<eve>\r\nRCPT TO:<\r";

/// All that a server sends before the handshake: its handler's greeting, and the answer to STARTTLS.
const PLAIN_ANSWER: &[u8] = b"hello\r\n220 go ahead\r\n";

/// The calls of a handler if no byte was injected: it lives on, above TLS.
const SERVED: [&str; 5] = ["connect", "STARTTLS", "connect", "NOOP", "closed "];

/// Both ends of TLS, with a self-signed certificate.
fn tls_configs() -> Result<(Arc<ServerConfig>, Arc<ClientConfig>), BoxError> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()])?;
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone())?;
    let server = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key)?;
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok((Arc::new(server), Arc::new(client)))
}

/// Checks the outcome of a server whose peer has sent `injected` bytes behind STARTTLS, with at most `cut` bytes in a read.
fn check(outcome: &Outcome, log: &[String], injected: usize, cut: usize) {
    if injected == 0 {
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(log, SERVED, "cut {cut}");
    } else {
        // The bytes are refused before the handshake if they were read, and by the handshake otherwise.
        assert!(outcome.is_err(), "{injected} bytes passed, cut {cut}");
        assert_eq!(log, ["connect", "STARTTLS"], "{injected} bytes, cut {cut}");
    }
}
