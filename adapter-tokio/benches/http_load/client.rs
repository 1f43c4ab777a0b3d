//! The load: `wrk`, or a client of our own where it is not there.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::CONNECTIONS;

const CONTENT_TYPE: &str = "application/json";

/// The fields of the request that `wrk` sends too.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    pub(crate) line: &'static str,
    /// Not empty for a POST alone.
    pub(crate) content: &'static str,
}

impl Request {
    fn to_bytes(self, address: SocketAddr) -> Vec<u8> {
        let Self { line, content } = self;
        let fields = match content.len() {
            0 => String::new(),
            len => format!("Content-Type: {CONTENT_TYPE}\r\nContent-Length: {len}\r\n"),
        };
        format!("{line}\r\nHost: {address}\r\n{fields}\r\n{content}").into_bytes()
    }

    fn path(self) -> &'static str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }

    /// Returns the script that makes `wrk` send this request.
    fn lua(self) -> String {
        let Self { line, content } = self;
        let method = line.split(' ').next().unwrap_or_default();
        format!("wrk.method = '{method}'\nwrk.body = '{content}'\nwrk.headers['Content-Type'] = '{CONTENT_TYPE}'\n")
    }
}

/// Sends one request, and returns the answer.
pub(crate) fn answer(address: SocketAddr, request: &Request) -> io::Result<Vec<u8>> {
    const TIMEOUT: Duration = Duration::from_secs(10);
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(&request.to_bytes(address))?;
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while !is_complete(&answer) {
        match stream.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            len => answer.extend_from_slice(&buffer[..len]),
        }
    }
    Ok(answer)
}

fn is_complete(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_ascii_lowercase();
    text.split_once("\r\n\r\n").is_some_and(|(head, content)| {
        let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: "));
        length.is_some_and(|length| length.parse() == Ok(content.len()))
    })
}

/// Checks that two answers have the same status, fields and content, apart from the order of the fields, the case of
/// their names and the time in `Date`. Returns their length.
pub(crate) fn check_same(one: &[u8], other: &[u8]) -> io::Result<usize> {
    let parts = |answer: &[u8]| {
        let text = String::from_utf8_lossy(answer).into_owned();
        let (head, content) = text.split_once("\r\n\r\n").unwrap_or_default();
        let mut lines: Vec<String> = head
            .split("\r\n")
            .map(|line| match line.split_once(": ") {
                Some((name, _)) if name.eq_ignore_ascii_case("date") => "date".to_owned(),
                Some((name, value)) => format!("{}: {value}", name.to_ascii_lowercase()),
                None => line.to_owned(),
            })
            .collect();
        lines.sort();
        (lines, content.to_owned())
    };
    if parts(one) != parts(other) || one.len() != other.len() {
        let [one, other] = [one, other].map(|answer| String::from_utf8_lossy(answer).into_owned());
        return Err(io::Error::other(format!("the servers answer differently:\n{one}\n\n{other}")));
    }
    Ok(one.len())
}

/// The program that sends the requests.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Load {
    Wrk { seconds: u64 },
    Own,
}

impl Load {
    pub(crate) fn choose(seconds: u64) -> Self {
        let silent = Command::new("wrk").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if silent.is_ok() { Self::Wrk { seconds } } else { Self::Own }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Wrk { .. } => "wrk",
            Self::Own => "a client of this binary",
        }
    }

    /// Sends the request over and over. Returns the number of requests that were answered.
    pub(crate) fn run(self, address: SocketAddr, request: &Request, answer_len: usize) -> io::Result<u64> {
        match self {
            Self::Wrk { seconds } => wrk(address, *request, seconds),
            Self::Own => own(address, *request, answer_len),
        }
    }
}

fn wrk(address: SocketAddr, request: Request, seconds: u64) -> io::Result<u64> {
    let mut command = Command::new("wrk");
    command.args(["-t2", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s")]);
    if !request.content.is_empty() {
        let script = std::env::temp_dir().join(format!("http_load_{}.lua", std::process::id()));
        std::fs::write(&script, request.lua())?;
        command.arg("-s").arg(script);
    }
    let output = command.arg(format!("http://{address}{}", request.path())).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let answered = text.lines().find_map(|line| line.trim().split_once(" requests in ")?.0.parse().ok());
    match answered {
        Some(answered) if !text.contains("Socket errors") && !text.contains("Non-2xx") => Ok(answered),
        _ => Err(io::Error::other(format!("wrk: {text}{}", String::from_utf8_lossy(&output.stderr)))),
    }
}

fn own(address: SocketAddr, request: Request, answer_len: usize) -> io::Result<u64> {
    const REQUESTS_PER_CONNECTION: u64 = 2000;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                tokio::spawn(async move {
                    let mut stream = tokio::net::TcpStream::connect(address).await?;
                    stream.set_nodelay(true)?;
                    let bytes = request.to_bytes(address);
                    let mut answer = vec![0; answer_len];
                    for _ in 0..REQUESTS_PER_CONNECTION {
                        stream.write_all(&bytes).await?;
                        stream.read_exact(&mut answer).await?;
                    }
                    Ok::<_, io::Error>(())
                })
            })
            .collect();
        for client in clients {
            client.await??;
        }
        Ok(CONNECTIONS as u64 * REQUESTS_PER_CONNECTION)
    })
}
