//! Sends conversations and takes the replies and the messages.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::SystemTime;

use asynchat_tests::protocols::in_memory::drive_under_every_cut;
use asynchat_tests::protocols::smtp::fuzzing::{content, reply_codes};
use asynchat_tests::protocols::smtp::{MemoryStore, SmtpHandler, SmtpService, Store};

/// A limit on messages that is small enough for a test to exceed.
pub(crate) const SMALL_MESSAGE_LEN: usize = 20;

/// Up to the beginning of a message.
pub(crate) const PROLOGUE: &str = "EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n";

/// [`PROLOGUE`] without the hello: up to the beginning of another message.
pub(crate) const ENVELOPE: &str = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n";

/// The codes of the replies to [`PROLOGUE`], with the greeting.
pub(crate) const PROLOGUE_CODES: [u16; 5] = [220, 250, 250, 250, 354];

/// The outcome of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Conversation {
    pub(crate) output: String,
    /// The messages that were stored, with their traces.
    pub(crate) messages: Vec<Vec<u8>>,
    pub(crate) closed_by_server: bool,
}

impl Conversation {
    pub(crate) fn codes(&self) -> Vec<u16> {
        reply_codes(self.output.as_bytes())
    }

    /// Returns the messages as they were sent.
    pub(crate) fn contents(&self) -> Vec<Vec<u8>> {
        self.messages.iter().map(|message| content(message)).collect()
    }
}

/// A service whose clock stands still.
pub(crate) fn service(store: impl Store) -> SmtpService {
    SmtpService::new("host", store).with_clock(|| SystemTime::UNIX_EPOCH)
}

/// Sends these bytes under every cut.
pub(crate) fn converse(bytes: impl AsRef<[u8]>) -> Conversation {
    converse_with(bytes, |service| service, |handler| handler)
}

/// Does the same with other settings of the service and the handler.
pub(crate) fn converse_with(
    bytes: impl AsRef<[u8]>,
    change_service: impl FnOnce(SmtpService) -> SmtpService,
    change_handler: impl Fn(SmtpHandler) -> SmtpHandler,
) -> Conversation {
    let store = MemoryStore::new();
    let service = Arc::new(change_service(service(store.clone())));
    let messages_of_runs = RefCell::new(Vec::new());
    let end_run = || messages_of_runs.borrow_mut().push(store.take_messages());
    let new_handler = || {
        end_run();
        change_handler(SmtpHandler::new(&service))
    };
    let transcript = drive_under_every_cut(new_handler, bytes.as_ref(), 100, 499);
    end_run();
    // Before the first run there was none.
    let runs = messages_of_runs.into_inner().split_off(1);
    assert!(runs.iter().all(|messages| *messages == runs[0]), "the messages depend on the cut");
    assert_eq!(transcript.outcome, Some(Ok(())));
    Conversation {
        output: String::from_utf8(transcript.output).unwrap(),
        messages: runs[0].clone(),
        closed_by_server: transcript.closed_by_server,
    }
}

/// Sends a message, up to its end and with it, and returns the code of the reply and the message, if it was stored. Checks
/// that the conversation goes on.
pub(crate) fn send_message(bytes: impl AsRef<[u8]>) -> (u16, Option<Vec<u8>>) {
    send_message_with(bytes, |service| service)
}

/// Does the same with other settings of the service.
pub(crate) fn send_message_with(
    bytes: impl AsRef<[u8]>,
    change_service: impl FnOnce(SmtpService) -> SmtpService,
) -> (u16, Option<Vec<u8>>) {
    let stream = [PROLOGUE.as_bytes(), bytes.as_ref(), b"VRFY a\r\n"].concat();
    let conversation = converse_with(&stream, change_service, |handler| handler);
    let codes = conversation.codes();
    let shown = stream[..stream.len().min(500)].escape_ascii();
    assert_eq!(codes.len(), 7, "{codes:?}: {shown}");
    assert_eq!((&codes[..5], codes[6]), (&PROLOGUE_CODES[..], 252), "{shown}");
    let mut contents = conversation.contents();
    assert_eq!(contents.len(), usize::from(codes[5] == 250), "{shown}");
    (codes[5], contents.pop())
}
