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
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// RFC 5321 section 4.5.3.2 lets a server take 10 minutes for a mail, and 5 for most commands.
const REPLY_TIMEOUT: Duration = Duration::from_secs(600);
/// Bounds the memory for a reply.
const MAX_REPLY_LINES: usize = 100;

/// A session with a mail server, in the clear or over TLS.
struct Session<S>(Connection<S>);

impl<S: AsyncRead + AsyncWrite + Unpin + 'static> Session<S> {
    /// Sends a command without a line end in it, and waits for the reply.
    async fn command(&mut self, command: &str, expected: char) -> Result<Vec<String>, BoxError> {
        self.0.push(format!("{command}\r\n"))?;
        self.reply(expected).await
    }

    /// Waits for a reply whose code begins with this digit: 2 says that a command is done, 3 asks for more. Returns its
    /// lines without the code, which a hyphen follows in each line but the last: RFC 5321 section 4.2.1.
    async fn reply(&mut self, expected: char) -> Result<Vec<String>, BoxError> {
        let mut lines = Vec::new();
        while lines.len() < MAX_REPLY_LINES {
            let line = timeout(REPLY_TIMEOUT, self.0.next_frame()).await??.ok_or("the server closed the connection")?;
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
}

async fn send(address: &str, [from, to]: [&str; 2], mail: Vec<u8>, trusted: RootCertStore) -> Result<String, BoxError> {
    let (host, _) = address.rsplit_once(':').ok_or("the address has no port")?;
    let server = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
    let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await??;
    // A client has an address, and may have no name.
    let hello = match stream.local_addr()?.ip() {
        IpAddr::V4(address) => format!("EHLO [{address}]"),
        IpAddr::V6(address) => format!("EHLO [IPv6:{address}]"),
    };
    let offers = |extensions: &[String], keyword| extensions.iter().any(|line| line.eq_ignore_ascii_case(keyword));

    let mut clear = Session(Connection::new(stream, b"\r\n"));
    clear.reply('2').await?;
    if !offers(&clear.command(&hello, '2').await?, "STARTTLS") {
        return Err("the server does not offer STARTTLS".into());
    }
    clear.command("STARTTLS", '2').await?;
    // Fails if more was read behind the reply: anyone on the way may have put it there (CVE-2011-0411).
    let stream = clear.0.into_inner()?;
    let config = ClientConfig::builder().with_root_certificates(trusted).with_no_client_auth();
    let encrypting = TlsConnector::from(Arc::new(config)).connect(server, stream);
    let mut session = Session(Connection::new(timeout(CONNECT_TIMEOUT, encrypting).await??, b"\r\n"));

    // An offer in the clear may be forged, so the server is asked again: RFC 3207 section 4.2.
    let takes_8_bits = offers(&session.command(&hello, '2').await?, "8BITMIME");
    let body = if mail.is_ascii() { "" } else { " BODY=8BITMIME" };
    if !body.is_empty() && !takes_8_bits {
        return Err("the server takes ASCII alone".into());
    }
    session.command(&format!("MAIL FROM:<{}>{body}", checked(from)?), '2').await?;
    session.command(&format!("RCPT TO:<{}>", checked(to)?), '2').await?;
    session.command("DATA", '3').await?;
    session.0.push(encode(mail))?;
    // A mail may take longer than a reply: `Config::min_output_rate` bounds it. A server that refuses it says why.
    let sent = session.0.flush().await;
    let accepted = session.reply('2').await?.join(" ");
    sent?;
    // The server has the mail now. If the goodbye fails, sending it again would double it.
    if session.command("QUIT", '2').await.is_ok() {
        let _ = session.0.close().await;
    }
    Ok(accepted)
}

/// Refuses an address that would add a command or a parameter.
fn checked(address: &str) -> Result<&str, BoxError> {
    let is_clean = address.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>".contains(&byte));
    if is_clean { Ok(address) } else { Err(format!("no address of a mail: {address:?}").into()) }
}

/// Encodes a mail for DATA (RFC 5321 section 4.5.2): every line ends in CRLF, a line that begins with a dot gets one
/// more, and a dot ends the mail. A CR alone is taken for a line end too, since servers disagree about it (SMTP
/// smuggling).
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

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [address, from, to, certificates] = arguments.as_slice() else {
        return Err("the arguments are ADDRESS FROM TO CERTIFICATES".into());
    };
    let mut trusted = RootCertStore::empty();
    // The store of a system may have certificates of a kind that rustls does not take.
    trusted.add_parsable_certificates(CertificateDer::pem_file_iter(certificates)?.collect::<Result<Vec<_>, _>>()?);
    let mut mail = Vec::new();
    std::io::stdin().read_to_end(&mut mail)?;
    println!("accepted: {}", send(address, [from, to], mail, trusted).await?);
    Ok(())
}
