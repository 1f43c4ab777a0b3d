use std::cell::RefCell;
use std::rc::Rc;

use asynchat_core::{BoxError, Channel, End, Error, Handler};

/// A closure that handles a line.
pub type OnLine = Box<dyn FnMut(&str, &mut Channel) -> Result<(), BoxError>>;

/// The entry for the end of a connection, with the cause of its error.
pub(crate) fn closed(outcome: Result<(), &Error>) -> String {
    match outcome {
        Ok(()) => "closed".to_owned(),
        Err(error) => match std::error::Error::source(error) {
            Some(cause) => format!("closed: {error}: {cause}"),
            None => format!("closed: {error}"),
        },
    }
}

/// A handler of lines that records its calls. It ignores frames that are too long.
pub struct RecordingHandler {
    line: Vec<u8>,
    on_line: OnLine,
    on_eof: Option<OnLine>,
    log: Rc<RefCell<Vec<String>>>,
}

impl RecordingHandler {
    /// Creates a handler that calls `on_line` with each line.
    pub fn new(on_line: impl FnMut(&str, &mut Channel) -> Result<(), BoxError> + 'static) -> Self {
        Self { line: Vec::new(), on_line: Box::new(on_line), on_eof: None, log: Rc::default() }
    }

    /// Creates a handler that only records.
    #[must_use]
    pub fn record_only() -> Self {
        Self::new(|_, _| Ok(()))
    }

    /// Calls `action` at the end of the stream, instead of closing.
    #[must_use]
    pub fn on_eof(self, act: impl FnMut(&str, &mut Channel) -> Result<(), BoxError> + 'static) -> Self {
        Self { on_eof: Some(Box::new(act)), ..self }
    }

    /// The log, now and later: `connect`, the lines, `too long`, the end, and `closed`.
    #[must_use]
    pub fn log(&self) -> Rc<RefCell<Vec<String>>> {
        Rc::clone(&self.log)
    }

    fn write(&self, entry: impl Into<String>) {
        self.log.borrow_mut().push(entry.into());
    }
}

impl Handler for RecordingHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.write("connect");
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let line = String::from_utf8(std::mem::take(&mut self.line))?;
        self.write(line.as_str());
        (self.on_line)(&line, channel)
    }

    fn frame_too_long(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        self.line.clear();
        self.write("too long");
        Ok(())
    }

    fn handle_eof(&mut self, end: End, channel: &mut Channel) -> Result<(), BoxError> {
        self.write(format!("{end:?}"));
        match &mut self.on_eof {
            Some(act) => act("", channel),
            None => {
                channel.close_when_done();
                Ok(())
            }
        }
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        self.write(closed(outcome));
    }
}
