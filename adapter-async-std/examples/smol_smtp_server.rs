//! A mail server on smol: it takes mail over SMTP, with STARTTLS, and stores it in a Maildir. The handler is
//! `asynchat_tests::protocols::smtp`.
//!
//! Run it on 127.0.0.1:2525, with the folder `Maildir` and mail for every domain, or append `-- ADDRESS FOLDER
//! DOMAIN...` to choose others. `--discard` instead of a folder drops the mail. The certificate is made at the start
//! and signed by nobody. SIGINT or SIGTERM shuts the server down gracefully:
//!
//! ```sh
//! cargo run --release -p asynchat-async-std --features smol --example smol_smtp_server
//! ```
//!
//! Try, then look into `Maildir/new`:
//!
//! ```sh
//! swaks --server 127.0.0.1:2525 --to you@localhost --tls
//! ```

use std::io;
use std::sync::Arc;
use std::time::Duration;

use asynchat_async_std::smol::{Incoming, Server};
use asynchat_async_std::{BoxError, Ended};
use asynchat_tests::protocols::smtp::{SmtpHandler, SmtpService};
use asynchat_tests::signals::shut_down_on_signal;
use futures_rustls::TlsAcceptor;
use futures_rustls::rustls::ServerConfig;
use smol::Timer;
use smol::future::FutureExt as _;
use smol::net::TcpStream;

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

async fn serve(
    stream: TcpStream,
    incoming: Incoming,
    service: Arc<SmtpService>,
    acceptor: TlsAcceptor,
) -> Result<(), BoxError> {
    let peer = incoming.address().ip();
    let plain = incoming.drive_with_caller(stream, |caller| {
        SmtpHandler::new(&service).with_caller(caller).with_peer(peer).with_starttls()
    });
    let Ended::Upgrade(parts) = plain.await? else { return Ok(()) };
    // Fails if a byte was read behind STARTTLS: anyone on the way may have put it there (CVE-2011-0411).
    let stream = parts.into_stream()?;
    let timeout = async {
        Timer::after(HANDSHAKE_TIMEOUT).await;
        Err(io::ErrorKind::TimedOut.into())
    };
    let encrypted = acceptor.accept(stream).or(timeout).await?;
    // A handler of its own: nothing that was said in the clear holds (RFC 3207 section 4.2).
    let above_tls = incoming.drive_with_caller(encrypted, |caller| {
        SmtpHandler::new(&service).with_caller(caller).with_peer(peer).over_tls()
    });
    above_tls.await?;
    Ok(())
}

fn tls_acceptor() -> Result<TlsAcceptor, BoxError> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()])?;
    let key = made.signing_key.serialize_der().try_into()?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.into()], key)?;
    Ok(Arc::new(config).into())
}

fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:2525".into());
    let service = Arc::new(SmtpService::from_arguments(arguments)?);
    let acceptor = tls_acceptor()?;
    // In a task, so that the thread that accepts serves the connections too.
    smol::block_on(smol::spawn(async move {
        let server = Server::bind(address).await?;
        shut_down_on_signal(server.shutdown_handle())?;
        println!("listening on {}", server.local_addr()?);
        server
            .serve_with(move |stream, incoming| serve(stream, incoming, Arc::clone(&service), acceptor.clone()))
            .await?;
        Ok(())
    }))
}
