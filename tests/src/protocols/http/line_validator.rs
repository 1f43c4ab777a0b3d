//! Finds bytes that a head must not contain, while the head is still arriving.

/// Rejects a CR or LF outside a CRLF (RFC 9112 §2.2) and control characters (RFC 9110 §5.5).
///
/// It checks the bytes as they arrive, because a head whose lines end in bare LF never contains the terminator: the
/// server would wait until a limit or a timeout. For the same reason a TLS handshake on this port is answered at once.
#[derive(Debug, Default)]
pub(super) struct LineValidator {
    after_cr: bool,
}

impl LineValidator {
    /// Returns the length of the longest valid prefix of `data`: `data.len()` if all bytes are valid.
    pub(super) fn valid_prefix_len(&mut self, data: &[u8]) -> usize {
        data.iter().position(|&byte| !self.is_valid_byte(byte)).unwrap_or(data.len())
    }

    fn is_valid_byte(&mut self, byte: u8) -> bool {
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

    fn valid_len(text: &[u8]) -> usize {
        let whole = LineValidator::default().valid_prefix_len(text);
        let mut validator = LineValidator::default();
        let byte_by_byte = text.iter().take_while(|byte| validator.valid_prefix_len(&[**byte]) == 1).count();
        assert_eq!(whole, byte_by_byte, "{}", text.escape_ascii());
        whole
    }

    #[test]
    fn head_line_ends_only_in_crlf() {
        assert_eq!(valid_len(b"one\r\ntwo\r\n\tthr\xffe"), 16);
        assert_eq!(valid_len(b"one\ntwo"), 3);
        assert_eq!(valid_len(b"one\rtwo"), 4);
        assert_eq!(valid_len(b"one\r\r\n"), 4);
        assert_eq!(valid_len(b"one\r\n\ntwo"), 5);
    }

    #[test]
    fn head_control_characters_except_tab_are_refused() {
        for byte in (0..0x20).chain([0x7f]).filter(|byte| !b"\t\r".contains(byte)) {
            assert_eq!(valid_len(&[b'a', byte, b'b']), 1, "{byte:#x}");
        }
    }
}
