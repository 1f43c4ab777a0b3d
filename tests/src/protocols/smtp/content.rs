//! The content of a message: lines in, the octets of the message out (RFC 5321 §4.5.2, transparency).

/// Takes the dots out that the client has put in, and finds the end.
///
/// It gets the data of a line in pieces, without the CRLF. So a dot at the beginning may come alone, before it is known
/// whether it is the whole line.
#[derive(Debug, Default)]
pub(super) struct Content {
    line: Line,
    len: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Line {
    /// No byte of it has come.
    #[default]
    Start,
    /// It is one dot so far, which belongs to the message in no case.
    Dot,
    Inside,
}

/// The end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnd {
    OfText,
    OfMessage,
}

impl Content {
    /// Takes a piece of a line, which is not empty. Returns what belongs to the message.
    pub(super) fn data<'d>(&mut self, data: &'d [u8]) -> &'d [u8] {
        let data = match (self.line, data) {
            (Line::Start, [b'.']) => {
                self.line = Line::Dot;
                return &[];
            }
            (Line::Start, [b'.', rest @ ..]) => rest,
            _ => data,
        };
        self.line = Line::Inside;
        self.len += data.len() as u64;
        data
    }

    /// Takes the CRLF of a line.
    pub(super) fn end_line(&mut self) -> LineEnd {
        if std::mem::take(&mut self.line) == Line::Dot {
            return LineEnd::OfMessage;
        }
        self.len += 2;
        LineEnd::OfText
    }

    /// Returns the octets of the message so far, as RFC 1870 §3 counts them: with each CRLF, without the doubled dots and
    /// the last line.
    pub(super) fn len(&self) -> u64 {
        self.len
    }
}

/// Returns whether the data of a line, from which each CRLF was taken out, has a CR or an LF.
pub(super) fn has_bare_newline(data: &[u8]) -> bool {
    // Without an early exit the compiler makes vector instructions of it.
    data.iter().fold(false, |found, &byte| found | (byte == b'\r') | (byte == b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_dots_are_unstuffed_under_every_cut() {
        for (sent, expected) in [("..", "."), ("..a", ".a"), (".a", "a"), ("a.", "a."), ("...", ".."), ("a", "a")] {
            for cut in 1..=sent.len() {
                let mut content = Content::default();
                let (head, tail) = sent.as_bytes().split_at(cut);
                let mut got = content.data(head).to_vec();
                if !tail.is_empty() {
                    got.extend_from_slice(content.data(tail));
                }
                assert_eq!(got, expected.as_bytes(), "{sent} cut at {cut}");
                assert_eq!(content.end_line(), LineEnd::OfText, "{sent}");
                assert_eq!(content.len(), expected.len() as u64 + 2, "{sent}");
            }
        }
    }

    #[test]
    fn content_ends_at_a_line_of_one_dot() {
        let mut content = Content::default();
        assert_eq!(content.end_line(), LineEnd::OfText);
        assert_eq!(content.data(b"."), b"");
        assert_eq!(content.end_line(), LineEnd::OfMessage);
        assert_eq!(content.len(), 2);
    }

    #[test]
    fn content_bare_newline_is_found() {
        assert!(!has_bare_newline(b"text. \t\0\xff"));
        assert!(has_bare_newline(b"a\nb") && has_bare_newline(b"\r"));
    }
}
