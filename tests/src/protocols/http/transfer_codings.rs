//! The transfer codings of a request (RFC 9112 §6.1, §6.3).

use super::fields::list_members;
use super::request_error::RequestError;
use super::response::Status;

/// The members of all `Transfer-Encoding` fields, in the order in which the client applied them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TransferCodings {
    last: Last,
    /// `chunked` comes before another coding.
    chunked_before: bool,
    /// Another coding comes before the last one.
    other_before: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Last {
    #[default]
    None,
    Chunked,
    Other,
}

impl TransferCodings {
    /// Adds the members of one field.
    pub(super) fn add(&mut self, value: &[u8]) {
        for member in list_members(value) {
            self.chunked_before |= self.last == Last::Chunked;
            self.other_before |= self.last == Last::Other;
            self.last = if member.eq_ignore_ascii_case(b"chunked") { Last::Chunked } else { Last::Other };
        }
    }

    /// Checks that the codings are `chunked` alone.
    ///
    /// # Errors
    ///
    /// 400 if `chunked` is not the last coding, because then the end of the content is unknown, if it has parameters, and
    /// if it appears twice. 501 for other codings before it.
    pub(super) fn check(self) -> Result<(), RequestError> {
        if self.last != Last::Chunked {
            return Err(RequestError::bad_request("Transfer-Encoding: the final coding is not chunked"));
        }
        if self.chunked_before {
            return Err(RequestError::bad_request("Transfer-Encoding: chunked appears more than once"));
        }
        if self.other_before {
            return Err(RequestError::new(
                Status::NotImplemented,
                "Transfer-Encoding: this server supports chunked and no other coding",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(values: &[&str]) -> Option<Status> {
        let mut codings = TransferCodings::default();
        values.iter().for_each(|value| codings.add(value.as_bytes()));
        codings.check().err().map(|error| error.status)
    }

    #[test]
    fn transfer_codings_are_chunked_alone() {
        for values in [&["chunked"][..], &["CHUNKED"], &[" chunked\t"], &[",chunked, ,"], &["", "chunked"]] {
            assert_eq!(status(values), None, "{values:?}");
        }
        for values in [
            &[][..],
            &[""],
            &["identity"],
            &["gzip"],
            &["chunked, gzip"],
            &["chunked", "identity"],
            &["chunked, chunked"],
            &["gzip, chunked, chunked"],
            &["chunked;a=b"],
            &["\"chunked\""],
            &["xchunked"],
            &["chunked x"],
        ] {
            assert_eq!(status(values), Some(Status::BadRequest), "{values:?}");
        }
        for values in [&["gzip, chunked"][..], &["identity", "chunked"], &["a;b=\"c,chunked"]] {
            assert_eq!(status(values), Some(Status::NotImplemented), "{values:?}");
        }
    }
}
