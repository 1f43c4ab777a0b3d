//! Whether a head is made of proper lines, found out while it comes in.

/// Looks for bytes that no head may have: CR and LF other than as a pair, and control characters (RFC 9112 §2.2, RFC
/// 9110 §5.5).
///
/// This is done as the bytes come, because a head of bare LFs never holds the terminator: it would be waited for until
/// the limit or the clock ends it. A TLS handshake on the wrong port is answered at once for the same reason.
#[derive(Debug, Default)]
pub(super) struct Lines {
    after_cr: bool,
}

impl Lines {
    /// How many bytes are in order; less than `data.len()` if the next one is not.
    pub(super) fn accept(&mut self, data: &[u8]) -> usize {
        data.iter().position(|&byte| !self.accept_byte(byte)).unwrap_or(data.len())
    }

    fn accept_byte(&mut self, byte: u8) -> bool {
        let was_after_cr = core::mem::replace(&mut self.after_cr, byte == b'\r');
        match byte {
            b'\n' => was_after_cr,
            _ if was_after_cr => false,
            b'\r' | b'\t' => true,
            _ => !byte.is_ascii_control(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(text: &[u8]) -> usize {
        let whole = Lines::default().accept(text);
        let mut lines = Lines::default();
        let byte_by_byte = text.iter().take_while(|byte| lines.accept(&[**byte]) == 1).count();
        assert_eq!(whole, byte_by_byte, "{}", text.escape_ascii());
        whole
    }

    #[test]
    fn head_line_ends_only_in_crlf() {
        assert_eq!(accepted(b"one\r\ntwo\r\n\tthr\xffe"), 16);
        assert_eq!(accepted(b"one\ntwo"), 3);
        assert_eq!(accepted(b"one\rtwo"), 4);
        assert_eq!(accepted(b"one\r\r\n"), 4);
        assert_eq!(accepted(b"one\r\n\ntwo"), 5);
    }

    #[test]
    fn head_control_characters_except_tab_are_refused() {
        for byte in (0..0x20).chain([0x7f]).filter(|byte| !b"\t\r".contains(byte)) {
            assert_eq!(accepted(&[b'a', byte, b'b']), 1, "{byte:#x}");
        }
    }
}
