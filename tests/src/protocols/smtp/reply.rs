//! The replies (RFC 5321 §4.2), each with its CRLF. None repeats a byte of the client.

pub(super) type Reply = &'static str;

pub(super) const HELP: Reply = "214 EHLO HELO MAIL RCPT DATA RSET NOOP VRFY STARTTLS HELP QUIT: RFC 5321\r\n";
pub(super) const READY_FOR_TLS: Reply = "220 ready to start TLS\r\n";
pub(super) const BYE: Reply = "221 bye\r\n";
pub(super) const OK: Reply = "250 OK\r\n";
pub(super) const CANNOT_VERIFY: Reply = "252 mail for this user would be accepted\r\n";
pub(super) const START_MESSAGE: Reply = "354 end the message with a line that is one dot\r\n";
pub(super) const LOCAL_ERROR: Reply = "451 the message cannot be stored now, try again later\r\n";
pub(super) const DISK_FULL: Reply = "452 no room for the message now, try again later\r\n";
pub(super) const TOO_MANY_RECIPIENTS: Reply = "452 too many recipients, send to the others in another transaction\r\n";
pub(super) const UNKNOWN_COMMAND: Reply = "500 unknown command\r\n";
pub(super) const LINE_TOO_LONG: Reply = "500 line too long\r\n";
pub(super) const SYNTAX: Reply = "501 syntax error in the arguments\r\n";
pub(super) const NO_ARGUMENTS: Reply = "501 this command has no arguments\r\n";
pub(super) const BAD_NAME: Reply = "501 a domain or an address literal is expected\r\n";
pub(super) const BAD_PATH: Reply = "501 the path is malformed, expected is <user@domain>\r\n";
pub(super) const PATH_TOO_LONG: Reply = "501 path too long\r\n";
pub(super) const NOT_IMPLEMENTED: Reply = "502 command not implemented\r\n";
pub(super) const HELLO_FIRST: Reply = "503 send EHLO first\r\n";
pub(super) const NESTED_MAIL: Reply = "503 a transaction is open already\r\n";
pub(super) const MAIL_FIRST: Reply = "503 send MAIL first\r\n";
pub(super) const RCPT_FIRST: Reply = "503 send RCPT first\r\n";
pub(super) const ENCRYPTED_ALREADY: Reply = "503 TLS is active already\r\n";
pub(super) const NOT_LOCAL: Reply = "550 no mail for this domain is accepted here\r\n";
pub(super) const TOO_MUCH_MAIL: Reply = "552 the message is too large\r\n";
pub(super) const NO_VALID_RECIPIENTS: Reply = "554 no valid recipients\r\n";
pub(super) const BARE_NEWLINE: Reply = "554 the message has a CR or an LF outside of a CRLF\r\n";
pub(super) const UNKNOWN_PARAMETER: Reply = "555 a parameter is not supported\r\n";
