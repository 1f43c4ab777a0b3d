//! Core alone over `embedded-io`: a device on a serial line that answers `LEN n` and n bytes with their sum.
//!
//! `serve` needs no runtime, no socket and no `std`. Here it serves one TCP connection, in place of the serial line:
//!
//! ```text
//! cargo run -p asynchat-tests --example embedded_io -- 127.0.0.1:7000
//! printf 'LEN 3\r\nabc' | nc -N 127.0.0.1 7000
//! ```

use std::net::TcpListener;

use asynchat_core::ReceiveBuffer;
use embedded_io::{Read, Write};
use embedded_io_adapters::std::FromStd;

/// Reads frames until the stream ends. The frames take no more than a line of 16 bytes, or a body of 64.
fn serve<S: Read + Write>(mut stream: S) -> Result<(), S::Error> {
    let mut received = ReceiveBuffer::with_max_len(b"\r\n", 64);
    let mut in_body = false;
    loop {
        while let Some(frame) = received.next_frame() {
            match (in_body, frame.ok()) {
                (false, Some(line)) => match parse(line) {
                    Some(len) => {
                        received.set_terminator(len);
                        in_body = true;
                    }
                    None => stream.write_all(b"ERR\r\n")?,
                },
                (true, Some(body)) => {
                    let sum = body.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
                    stream.write_all(&[sum])?;
                    received.set_terminator(b"\r\n");
                    in_body = false;
                }
                // A frame that is too long. Of a body, the next bytes would be taken for commands.
                (false, None) => stream.write_all(b"ERR\r\n")?,
                (true, None) => return stream.write_all(b"ERR\r\n"),
            }
        }
        stream.flush()?;
        match stream.read(received.space(16))? {
            0 => return Ok(()),
            len => received.advance(len),
        }
    }
}

fn parse(line: &[u8]) -> Option<u64> {
    str::from_utf8(line.strip_prefix(b"LEN ")?).ok()?.parse().ok()
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    let (stream, _) = listener.accept()?;
    serve(FromStd::new(stream))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use embedded_io::ErrorType;

    use super::*;

    /// A line whose other end has sent all its input, in pieces of one byte.
    struct Line<'l> {
        input: &'l [u8],
        output: &'l mut Vec<u8>,
    }

    impl ErrorType for Line<'_> {
        type Error = Infallible;
    }

    impl Read for Line<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
            let Some((first, rest)) = self.input.split_first() else { return Ok(0) };
            self.input = rest;
            buffer[0] = *first;
            Ok(1)
        }
    }

    impl Write for Line<'_> {
        fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
            self.output.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> Result<(), Infallible> {
            Ok(())
        }
    }

    #[test]
    fn embedded_io_device_answers_lines_and_bodies() {
        let mut output = Vec::new();
        let input = b"LEN 3\r\n\x01\x02\x03LEN 0\r\nwhat\r\nLEN 2\r\n\r\nLEN 65\r\n";
        let Ok(()) = serve(Line { input, output: &mut output });
        assert_eq!(output, b"\x06\x00ERR\r\n\x17ERR\r\n");
    }
}
