//! Reads NMEA 0183 sentences from a serial line, as receivers of GPS send them.
//!
//! ```text
//! cargo run -p asynchat-tokio --example nmea -- /dev/ttyUSB0 4800
//! ```
//!
//! It prints the good sentences. On the error output it says what it has dropped: noise, and sentences that were cut.
//! To try it without a receiver: `socat PTY,link=/tmp/gps,raw,echo=0 STDIO`, and `/tmp/gps` as the device.

use std::time::Duration;

use asynchat_tokio::{BoxError, Config, Connection, Error, Terminator};
use serial2_tokio::SerialPort;
use tokio::time::timeout;

/// A receiver sends each second.
const SILENCE: Duration = Duration::from_secs(5);
/// The standard has 80 bytes, without the line end, and some receivers send longer sentences.
const MAX_SENTENCE_LEN: usize = 256;

/// Checks a line, and returns its sentence without the checksum.
fn parse(line: &[u8]) -> Result<&str, &'static str> {
    // Behind a sentence that was cut, the next one begins in the same line.
    let start = line.iter().rposition(|byte| b"$!".contains(byte)).ok_or("no beginning")?;
    // A sentence is printed, so it must not control the terminal.
    let text = std::str::from_utf8(&line[start + 1..]).ok().filter(|text| !text.contains(char::is_control));
    let (sentence, checksum) = text.ok_or("not text")?.rsplit_once('*').ok_or("no checksum")?;
    let sum = sentence.bytes().fold(0, |sum, byte| sum ^ byte);
    if format!("{sum:02X}").eq_ignore_ascii_case(checksum) { Ok(sentence) } else { Err("wrong checksum") }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let device = arguments.next().unwrap_or_else(|| "/dev/ttyUSB0".into());
    let baud_rate: u32 = arguments.next().map_or(Ok(4800), |rate| rate.parse())?;

    let port = SerialPort::open(&device, baud_rate).map_err(|error| format!("{device}: {error}"))?;
    let config = Config::default().with_max_frame_len(MAX_SENTENCE_LEN);
    // Receivers end lines in CRLF, and adapters and log files may have changed that.
    let mut line_reader = Connection::with_config(port, Terminator::universal_newline(), config);
    // A last line that is cut fails its checksum.
    line_reader.set_eof_ends_frame(true);
    loop {
        match timeout(SILENCE, line_reader.next_frame()).await {
            Ok(Ok(Some(b""))) => {}
            Ok(Ok(Some(line))) => match parse(line) {
                Ok(sentence) => println!("{sentence}"),
                Err(reason) => eprintln!("dropped, {reason}: {}", line.escape_ascii()),
            },
            Ok(Ok(None)) => return Ok(()),
            // The next call goes on behind it.
            Ok(Err(error @ Error::FrameTooLong(_))) => {
                eprintln!("dropped, {error}: {}…", line_reader.partial().escape_ascii());
            }
            Ok(Err(error)) => return Err(error.into()),
            // The next call goes on where this one has stopped.
            Err(_) => eprintln!("no line within {SILENCE:?}; so far: {}", line_reader.partial().escape_ascii()),
        }
    }
}
