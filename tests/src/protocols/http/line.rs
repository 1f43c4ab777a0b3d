//! The lines of a head and of the chunked coding.

/// The terminator of a line, and no other byte or pair of bytes (RFC 9112 §2.2).
pub(super) const CRLF: &[u8; 2] = b"\r\n";

/// Returns the place of the first byte that a line must not contain: a control character other than the tab (RFC 9110
/// §5.5), or a CR or LF outside a CRLF.
///
/// The terminator is no part of the line, so a CR or LF within it is bare. The bytes are checked as they arrive, because a
/// head whose lines end in bare LF never contains the terminator: the server would wait until a limit or a timeout. For the
/// same reason a TLS handshake on this port is answered at once.
pub(super) fn find_invalid_byte(piece: &[u8]) -> Option<usize> {
    // Over a block of fixed length without an early end, the compiler uses vector instructions.
    let (blocks, rest) = piece.as_chunks::<16>();
    let is_invalid = |byte: u8| byte.is_ascii_control() & (byte != b'\t');
    let has_invalid = |block: &[u8; 16]| block.iter().fold(false, |found, &byte| found | is_invalid(byte));
    if !blocks.iter().any(has_invalid) && !rest.iter().any(|&byte| is_invalid(byte)) {
        return None;
    }
    piece.iter().position(|&byte| is_invalid(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_has_no_control_character_but_tabs() {
        for byte in 0..=u8::MAX {
            for before in [0, 1, 15, 16, 40] {
                let piece = [&b"x".repeat(before)[..], &[byte], b"some text behind it"].concat();
                let is_valid = byte == b'\t' || (byte >= b' ' && byte != 0x7f);
                assert_eq!(find_invalid_byte(&piece), (!is_valid).then_some(before), "{byte:#x}");
            }
        }
        assert_eq!(find_invalid_byte(b""), None);
    }
}
