//! A client of any server of lines: sends the lines of its standard input, and prints the server's lines as they come.
//!
//! At the end of the input it ends its output (half-close), and goes on printing until the server closes. The server's
//! address is 127.0.0.1:7000, or the argument. With the example `blocking_echo`:
//!
//! ```sh
//! printf 'one\ntwo\n' | cargo run -p asynchat-blocking --example blocking_line_client -- 127.0.0.1:7000
//! ```
//!
//! Against a server that is not ours: `socat TCP-LISTEN:7000,reuseaddr,fork EXEC:cat`.

use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::thread;
use std::time::Duration;

use asynchat_blocking::{Connection, WriteHalf};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Connects within a time, to the first address of the name that answers.
fn connect(name: &str) -> io::Result<TcpStream> {
    let mut connected = Err(io::ErrorKind::NotFound.into());
    let mut addresses = name.to_socket_addrs()?;
    while let (Err(_), Some(address)) = (&connected, addresses.next()) {
        connected = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT);
    }
    connected
}

fn send_lines(mut writer: WriteHalf<TcpStream>) -> io::Result<()> {
    for line in io::stdin().lines() {
        writer.push(line? + "\n")?;
        writer.flush()?;
    }
    Ok(writer.finish()?)
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7000".into());
    // In two halves, since the server may answer before it has been sent everything.
    let (mut reader, writer) = Connection::new(connect(&address)?, b"\n").into_split();
    // The server's last line counts too if it has no line end.
    reader.set_eof_ends_frame(true);
    let sending = thread::spawn(|| send_lines(writer));
    while let Some(line) = reader.next_frame()? {
        println!("{}", String::from_utf8_lossy(line).trim_end_matches('\r'));
    }
    // The server has closed, maybe before the end of the input. Then the process ends the thread, which waits for a
    // line.
    if sending.is_finished() {
        sending.join().map_err(|_| io::Error::other("the thread has panicked"))?
    } else {
        Ok(())
    }
}
