//! A mail transaction (RFC 5321 §3.3): the sender and the recipients of the next message.

use super::path::Path;
use super::reply::{self, Reply};
use super::service::SmtpService;

/// The envelope of a message, and the order in which its commands come.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    /// The sender, if MAIL was accepted: the text between the brackets.
    pub(super) reverse_path: Option<String>,
    pub(super) recipients: Vec<String>,
    /// A RCPT was refused.
    has_refused: bool,
}

impl Transaction {
    pub(super) fn begin(&mut self, reverse_path: Path<'_>) -> Result<(), Reply> {
        if self.reverse_path.is_some() {
            return Err(reply::NESTED_MAIL);
        }
        self.reverse_path = Some(reverse_path.as_str().into());
        Ok(())
    }

    pub(super) fn add_recipient(&mut self, forward_path: Path<'_>, service: &SmtpService) -> Result<(), Reply> {
        if self.reverse_path.is_none() {
            return Err(reply::MAIL_FIRST);
        }
        if !service.is_local(forward_path) {
            return Err(self.refuse_recipient(reply::NOT_LOCAL));
        }
        if self.recipients.len() >= service.max_recipients {
            return Err(self.refuse_recipient(reply::TOO_MANY_RECIPIENTS));
        }
        self.recipients.push(forward_path.as_str().into());
        Ok(())
    }

    /// Notes that a RCPT is refused. Returns the reply to it.
    pub(super) fn refuse_recipient(&mut self, reply: Reply) -> Reply {
        self.has_refused = self.reverse_path.is_some();
        reply
    }

    /// Checks that a message may come. A client that pipelines sends DATA before it knows that all recipients were refused
    /// (RFC 2920 §3.1): 554 tells it apart from one that is out of sequence.
    pub(super) fn check_complete(&self) -> Result<(), Reply> {
        match (&self.reverse_path, self.recipients.is_empty(), self.has_refused) {
            (None, ..) => Err(reply::MAIL_FIRST),
            (Some(_), true, true) => Err(reply::NO_VALID_RECIPIENTS),
            (Some(_), true, false) => Err(reply::RCPT_FIRST),
            (Some(_), false, _) => Ok(()),
        }
    }
}
