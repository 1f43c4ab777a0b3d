//! Sends a mail over SMTP with STARTTLS. The mail, with its header, is read from standard input.
//!
//! ```text
//! printf 'Subject: hello\n\nA mail.\n' |
//!     cargo run -p asynchat-tokio --example send_mail -- \
//!         localhost:587 me@example.org you@example.org /etc/ssl/certs/ca-certificates.crt
//! ```
//!
//! The last argument is a file with the certificates to trust. A server that does not offer STARTTLS gets no mail.

use std::io::Read as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use asynchat_tokio::{BoxError, Connection, Error, Frames, Input, Terminator};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// RFC 5321 section 4.5.3.2 lets a server take 10 minutes for a mail, and 5 for most commands.
const REPLY_TIMEOUT: Duration = Duration::from_secs(600);
/// Bounds the memory for a reply.
const MAX_REPLY_LINES: usize = 100;

/// Sends a command, and waits for a reply whose code begins with this digit: 2 says that it is done, 3 asks for more.
async fn command<S>(connection: &mut Connection<S>, command: &str, expected: char) -> Result<Vec<String>, BoxError>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    // A line end within an address would begin another command.
    if command.contains(['\r', '\n']) {
        return Err(format!("a line end within a command: {command:?}").into());
    }
    connection.push(format!("{command}\r\n"))?;
    reply(connection, expected).await
}

/// Waits for a reply, and returns its lines without the code. There is a hyphen behind the code in each line but the last
/// one: RFC 5321 section 4.2.1.
async fn reply<S>(connection: &mut Connection<S>, expected: char) -> Result<Vec<String>, BoxError>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let mut lines = Vec::new();
    while lines.len() < MAX_REPLY_LINES {
        let line = timeout(REPLY_TIMEOUT, connection.next_frame()).await;
        let line = line.map_err(|_| "the server did not reply in time")??.ok_or("the server closed the connection")?;
        let line = String::from_utf8_lossy(line);
        let (code, text) = line.split_at_checked(3).ok_or_else(|| Error::protocol("a reply without a code"))?;
        if !code.starts_with(expected) {
            return Err(format!("the server refused: {line}").into());
        }
        lines.push(text.get(1..).unwrap_or_default().to_owned());
        if !text.starts_with('-') {
            return Ok(lines);
        }
    }
    Err(Error::protocol("a reply without an end").into())
}

/// Says hello, and returns the extensions that the server offers.
async fn hello<S>(connection: &mut Connection<S>, from: IpAddr) -> Result<Vec<String>, BoxError>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    // A client has an address, and may have no name.
    let literal = if from.is_ipv6() { format!("[IPv6:{from}]") } else { format!("[{from}]") };
    command(connection, &format!("EHLO {literal}"), '2').await
}

fn offers(extensions: &[String], keyword: &str) -> bool {
    // The first line is the greeting.
    extensions.iter().skip(1).any(|line| line.split(' ').next().is_some_and(|word| word.eq_ignore_ascii_case(keyword)))
}

/// Encrypts a connection.
async fn start_tls(
    mut clear: Connection<TcpStream>,
    server: ServerName<'static>,
    trusted: RootCertStore,
) -> Result<Connection<TlsStream<TcpStream>>, BoxError> {
    command(&mut clear, "STARTTLS", '2').await?;
    // Fails if more was read behind the reply: anyone on the way may have put it there (CVE-2011-0411).
    let stream = clear.into_inner()?;
    let config = ClientConfig::builder().with_root_certificates(trusted).with_no_client_auth();
    let handshake = timeout(CONNECT_TIMEOUT, TlsConnector::from(Arc::new(config)).connect(server, stream)).await;
    Ok(Connection::new(handshake.map_err(|_| "the TLS handshake took too long")??, b"\r\n"))
}

/// Encodes a mail for DATA (RFC 5321 section 4.5.2): every line ends in CRLF, a line that begins with a dot gets one more,
/// and a dot ends the mail. A CR alone is taken for a line end too, since servers disagree about it (SMTP smuggling).
fn encode(mut mail: Vec<u8>) -> Vec<u8> {
    if !mail.ends_with(b"\n") {
        mail.push(b'\n');
    }
    let (mut input, mut encoded) = (Input::new(&mail), Vec::with_capacity(mail.len()));
    let mut lines = Frames::unlimited(Terminator::universal_newline());
    while let Some(Ok(line)) = lines.next_frame(&mut input) {
        encoded.extend_from_slice(if line.starts_with(b".") { b"." } else { b"" });
        encoded.extend_from_slice(line);
        encoded.extend_from_slice(b"\r\n");
    }
    encoded.extend_from_slice(b".\r\n");
    encoded
}

async fn send(address: &str, [from, to]: [&str; 2], mail: Vec<u8>, trusted: RootCertStore) -> Result<String, BoxError> {
    let (host, _) = address.rsplit_once(':').ok_or("the address has no port")?;
    let server = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
    let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await;
    let stream = stream.map_err(|_| format!("{address} did not answer in time"))??;
    let own_address = stream.local_addr()?.ip();

    let mut clear = Connection::new(stream, b"\r\n");
    reply(&mut clear, '2').await?;
    if !offers(&hello(&mut clear, own_address).await?, "STARTTLS") {
        return Err("the server does not offer STARTTLS".into());
    }
    let mut connection = start_tls(clear, server, trusted).await?;
    // An offer in the clear may be forged, so the server is asked again: RFC 3207 section 4.2.
    let extensions = hello(&mut connection, own_address).await?;
    let body = match (mail.is_ascii(), offers(&extensions, "8BITMIME")) {
        (true, _) => "",
        (false, true) => " BODY=8BITMIME",
        (false, false) => return Err("the server takes ASCII alone".into()),
    };
    command(&mut connection, &format!("MAIL FROM:<{from}>{body}"), '2').await?;
    command(&mut connection, &format!("RCPT TO:<{to}>"), '2').await?;
    command(&mut connection, "DATA", '3').await?;
    connection.push(encode(mail))?;
    let accepted = reply(&mut connection, '2').await?.join(" ");
    // The server has the mail now. If the goodbye fails, sending it again would double it.
    if command(&mut connection, "QUIT", '2').await.is_ok() {
        let _ = connection.close().await;
    }
    Ok(accepted)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [address, from, to, certificates] = arguments.as_slice() else {
        return Err("the arguments are ADDRESS FROM TO CERTIFICATES".into());
    };
    let mut trusted = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(certificates)? {
        trusted.add(certificate?)?;
    }
    let mut mail = Vec::new();
    std::io::stdin().read_to_end(&mut mail)?;
    println!("accepted: {}", send(address, [from, to], mail, trusted).await?);
    Ok(())
}
