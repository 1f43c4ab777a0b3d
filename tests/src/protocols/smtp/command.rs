//! Commands (RFC 5321 §4.1.1): one line each.

use super::domain::is_client_name;
use super::path::{Path, PathError};
use super::reply::{self, Reply};

/// The most octets of a command line, its CRLF included (RFC 5321 §4.5.3.1.4).
pub const MAX_COMMAND_LEN: usize = 512;

/// The most octets of a MAIL command, its CRLF included: `SIZE` adds 26 (RFC 1870 §3) and `BODY` 17 (RFC 6152 §2).
pub const MAX_MAIL_LEN: usize = MAX_COMMAND_LEN + 26 + 17;

pub(super) const CRLF_LEN: usize = 2;

/// A well-formed command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command<'l> {
    Ehlo {
        name: &'l str,
    },
    Helo {
        name: &'l str,
    },
    /// `size` is 0 if it was not declared.
    Mail {
        reverse_path: Path<'l>,
        size: u64,
    },
    Rcpt {
        forward_path: Path<'l>,
    },
    Data,
    StartTls,
    Reset,
    Verify,
    Help,
    Noop,
    Quit,
}

impl<'l> Command<'l> {
    /// Parses a line without its CRLF. Trailing blanks are ignored (RFC 5321 §4.1.1).
    ///
    /// # Errors
    ///
    /// The reply that refuses the line.
    pub(super) fn parse(line: &'l [u8]) -> Result<Self, Reply> {
        let verb_len = line.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(line.len());
        let (verb, arguments) = line.split_at(verb_len);
        let is = |name: &str| verb.eq_ignore_ascii_case(name.as_bytes());
        let is_mail = is("MAIL");
        let max_len = if is_mail { MAX_MAIL_LEN } else { MAX_COMMAND_LEN };
        if line.len() > max_len - CRLF_LEN {
            return Err(reply::LINE_TOO_LONG);
        }
        let arguments = printable(arguments);
        if is_mail {
            parse_mail(arguments?)
        } else if is("RCPT") {
            parse_rcpt(arguments?)
        } else if is("EHLO") {
            Ok(Self::Ehlo { name: client_name(arguments?)? })
        } else if is("HELO") {
            Ok(Self::Helo { name: client_name(arguments?)? })
        } else if is("DATA") {
            without_arguments(arguments?, Self::Data)
        } else if is("RSET") {
            without_arguments(arguments?, Self::Reset)
        } else if is("QUIT") {
            without_arguments(arguments?, Self::Quit)
        } else if is("STARTTLS") {
            without_arguments(arguments?, Self::StartTls)
        } else if is("NOOP") {
            arguments.map(|_| Self::Noop)
        } else if is("HELP") {
            arguments.map(|_| Self::Help)
        } else if is("VRFY") {
            if arguments?.is_empty() { Err(reply::SYNTAX) } else { Ok(Self::Verify) }
        } else if ["EXPN", "SEND", "SOML", "SAML", "TURN", "AUTH", "ETRN", "BDAT"].into_iter().any(is) {
            Err(reply::NOT_IMPLEMENTED)
        } else {
            Err(reply::UNKNOWN_COMMAND)
        }
    }
}

/// Returns whether a line, or its beginning, is the request line of HTTP (RFC 9110 §9.3, RFC 5789).
pub(super) fn is_http_request(line: &[u8]) -> bool {
    let method = line.split(|byte| *byte == b' ').next().unwrap_or_default();
    ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"]
        .iter()
        .any(|known| method.eq_ignore_ascii_case(known.as_bytes()))
}

/// Returns the arguments without the blanks around them. Octets above 127 need `SMTPUTF8`.
fn printable(arguments: &[u8]) -> Result<&str, Reply> {
    let arguments = arguments.trim_ascii();
    let text = str::from_utf8(arguments).map_err(|_| reply::SYNTAX)?;
    let is_printable = text.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    if is_printable { Ok(text) } else { Err(reply::SYNTAX) }
}

fn without_arguments<'l>(arguments: &str, command: Command<'l>) -> Result<Command<'l>, Reply> {
    if arguments.is_empty() { Ok(command) } else { Err(reply::NO_ARGUMENTS) }
}

fn client_name(arguments: &str) -> Result<&str, Reply> {
    if is_client_name(arguments) { Ok(arguments) } else { Err(reply::BAD_NAME) }
}

fn parse_mail(arguments: &str) -> Result<Command<'_>, Reply> {
    let (reverse_path, parameters) = take_path(arguments, "FROM:")?;
    if reverse_path == Path::Postmaster {
        return Err(reply::BAD_PATH);
    }
    let (mut size, mut body) = (None, None);
    for parameter in parameters {
        let (keyword, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let seen = if keyword.eq_ignore_ascii_case("SIZE") {
            size.replace(parse_size(value)?).is_some()
        } else if keyword.eq_ignore_ascii_case("BODY") {
            if !value.eq_ignore_ascii_case("7BIT") && !value.eq_ignore_ascii_case("8BITMIME") {
                return Err(reply::SYNTAX);
            }
            body.replace(()).is_some()
        } else {
            return Err(reply::UNKNOWN_PARAMETER);
        };
        if seen {
            return Err(reply::SYNTAX);
        }
    }
    Ok(Command::Mail { reverse_path, size: size.unwrap_or(0) })
}

fn parse_rcpt(arguments: &str) -> Result<Command<'_>, Reply> {
    let (forward_path, mut parameters) = take_path(arguments, "TO:")?;
    if forward_path == Path::Null {
        return Err(reply::BAD_PATH);
    }
    if parameters.next().is_some() { Err(reply::UNKNOWN_PARAMETER) } else { Ok(Command::Rcpt { forward_path }) }
}

/// Takes the path behind `FROM:` or `TO:`. Returns it and the parameters.
fn take_path<'l>(arguments: &'l str, keyword: &str) -> Result<(Path<'l>, impl Iterator<Item = &'l str>), Reply> {
    let (start, text) = arguments.split_at_checked(keyword.len()).ok_or(reply::SYNTAX)?;
    if !start.eq_ignore_ascii_case(keyword) {
        return Err(reply::SYNTAX);
    }
    let (path, rest) = Path::take_from(text).map_err(|error| match error {
        PathError::Syntax => reply::BAD_PATH,
        PathError::TooLong => reply::PATH_TOO_LONG,
    })?;
    if !rest.is_empty() && !rest.starts_with(' ') {
        return Err(reply::SYNTAX);
    }
    Ok((path, rest.split_ascii_whitespace()))
}

/// Parses 1 to 20 digits (RFC 1870 §4). A number above [`u64::MAX`] is as good as the largest.
fn parse_size(value: &str) -> Result<u64, Reply> {
    let is_valid = (1..=20).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit());
    if is_valid { Ok(value.parse().unwrap_or(u64::MAX)) } else { Err(reply::SYNTAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(line: &str) -> &str {
        Command::parse(line.as_bytes()).map_or_else(|reply| &reply[..3], |_| "ok")
    }

    #[test]
    fn command_verb_has_any_case() {
        assert_eq!(Command::parse(b"ehlo a.b"), Ok(Command::Ehlo { name: "a.b" }));
        assert_eq!(Command::parse(b"Helo [1.2.3.4] "), Ok(Command::Helo { name: "[1.2.3.4]" }));
        assert_eq!(Command::parse(b"dAtA \t"), Ok(Command::Data));
        assert_eq!(Command::parse(b"noop anything at all"), Ok(Command::Noop));
        assert_eq!(Command::parse(b"vrfy someone"), Ok(Command::Verify));
    }

    #[test]
    fn command_mail_has_parameters() {
        let mail = |size| Ok(Command::Mail { reverse_path: Path::Mailbox("a@b"), size });
        assert_eq!(Command::parse(b"MAIL FROM:<a@b>"), mail(0));
        assert_eq!(Command::parse(b"mail from:<a@b> size=12 BODY=8bitmime"), mail(12));
        assert_eq!(Command::parse(b"MAIL FROM:<a@b> SIZE=99999999999999999999"), mail(u64::MAX));
        assert_eq!(Command::parse(b"MAIL FROM:<> BODY=7BIT"), Ok(Command::Mail { reverse_path: Path::Null, size: 0 }));
    }

    #[test]
    fn command_malformed_gets_501() {
        for line in [
            "EHLO",
            "HELO a b",
            "EHLO a@b",
            "DATA now",
            "RSET x",
            "QUIT 1",
            "VRFY",
            "MAIL",
            "MAIL FROM",
            "MAIL <a@b>",
            "MAIL FROM:",
            "MAIL FROM: <a@b>",
            "MAIL FROM :<a@b>",
            "MAIL TO:<a@b>",
            "MAIL FROM:a@b",
            "MAIL FROM:<a@b>x",
            "MAIL FROM:<postmaster>",
            "MAIL FROM:<a@b> SIZE",
            "MAIL FROM:<a@b> SIZE=",
            "MAIL FROM:<a@b> SIZE=-1",
            "MAIL FROM:<a@b> SIZE=1 SIZE=1",
            "MAIL FROM:<a@b> BODY=BINARYMIME",
            "MAIL FROM:<a@b> BODY=7BIT BODY=7BIT",
            "MAIL FROM:<a@b> SIZE=999999999999999999999",
            "RCPT TO:<>",
            "RCPT FROM:<a@b>",
            "RCPT TO:<a@b>,<c@d>",
            "MAIL FROM:<\u{e9}@b>",
            "NOOP \u{7f}",
            "NOOP \0",
            "STARTTLS now",
        ] {
            assert_eq!(code(line), "501", "{line}");
        }
    }

    #[test]
    fn command_unknown_gets_500_or_502() {
        for line in ["", " ", " NOOP", "MAILFROM:<a@b>", "HTTP/1.1 200", "\u{e9}", "DATA:"] {
            assert_eq!(code(line), "500", "{line}");
        }
        for line in ["EXPN list", "turn", "AUTH PLAIN AGEAYg=="] {
            assert_eq!(code(line), "502", "{line}");
        }
        for line in ["MAIL FROM:<a@b> AUTH=<>", "RCPT TO:<a@b> NOTIFY=NEVER", "MAIL FROM:<a@b> SMTPUTF8"] {
            assert_eq!(code(line), "555", "{line}");
        }
    }

    #[test]
    fn command_longest_passes_and_longer_gets_500() {
        let noop = |len: usize| format!("NOOP {}", "x".repeat(len - CRLF_LEN - 5));
        assert_eq!(code(&noop(MAX_COMMAND_LEN)), "ok");
        assert_eq!(code(&noop(MAX_COMMAND_LEN + 1)), "500");
        let mail = |len: usize| {
            let line = "MAIL FROM:<a@b> SIZE=1";
            format!("{line}{}", " ".repeat(len - CRLF_LEN - line.len()))
        };
        assert_eq!(code(&mail(MAX_MAIL_LEN)), "ok");
        assert_eq!(code(&mail(MAX_MAIL_LEN + 1)), "500");
    }
}
