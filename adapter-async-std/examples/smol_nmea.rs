//! Reads NMEA 0183 sentences from a serial line, as receivers of GPS send them.
//!
//! ```text
//! cargo run -p asynchat-async-std --features smol --example smol_nmea -- /dev/ttyUSB0 4800
//! ```
//!
//! It prints the good sentences. On the error output it says what it has dropped: noise, and sentences that were cut.
//! To try it without a receiver: `socat PTY,link=/tmp/gps,raw,echo=0 STDIO`, and `/tmp/gps` as the device.

#[cfg(unix)]
mod receiver {
    use std::fs::File;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use asynchat_async_std::{BoxError, Config, Connection, Error, Terminator};
    use serial2::SerialPort;
    use smol::future::FutureExt as _;
    use smol::{Async, Timer};

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

    /// Fails after a time.
    async fn timeout<T>(limit: Duration) -> Result<T, Error> {
        Timer::after(limit).await;
        Err(Error::call_timeout())
    }

    pub(crate) async fn print_sentences() -> Result<(), BoxError> {
        let mut arguments = std::env::args().skip(1);
        let device = arguments.next().unwrap_or_else(|| "/dev/ttyUSB0".into());
        let baud_rate: u32 = arguments.next().map_or(Ok(4800), |rate| rate.parse())?;

        let port = SerialPort::open(&device, baud_rate).map_err(|error| format!("{device}: {error}"))?;
        let port = Async::new(File::from(OwnedFd::from(port)))?;
        let config = Config::default().with_max_frame_len(MAX_SENTENCE_LEN);
        // Receivers end lines in CRLF, and adapters and log files may have changed that.
        let mut line_reader = Connection::with_config(port, Terminator::universal_newline(), config);
        // A last line that is cut fails its checksum.
        line_reader.set_eof_ends_frame(true);
        loop {
            match line_reader.next_frame().or(timeout(SILENCE)).await {
                Ok(Some(b"")) => {}
                Ok(Some(line)) => match parse(line) {
                    Ok(sentence) => println!("{sentence}"),
                    Err(reason) => eprintln!("dropped, {reason}: {}", line.escape_ascii()),
                },
                Ok(None) => return Ok(()),
                // The next call goes on behind it.
                Err(error @ Error::FrameTooLong(_)) => {
                    eprintln!("dropped, {error}: {}…", line_reader.partial().escape_ascii());
                }
                // The next call goes on where this one has stopped.
                Err(error) if error.is_call_timeout() => {
                    eprintln!("no line within {SILENCE:?}; so far: {}", line_reader.partial().escape_ascii());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(unix)]
fn main() -> Result<(), asynchat_async_std::BoxError> {
    smol::block_on(receiver::print_sentences())
}

#[cfg(not(unix))]
fn main() -> Result<(), &'static str> {
    Err("smol waits for serial lines on Unix alone")
}
