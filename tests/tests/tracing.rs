//! The observer that logs: a span for each connection, within which its handler runs, and its end with whose fault it was.

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use asynchat_blocking::{BoxError, Channel, Error, Handler, Server, TracingObserver};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Writes one line for each span and each event. There is one span at most.
#[derive(Default)]
struct Lines {
    lines: Mutex<String>,
    entered: Mutex<bool>,
}

struct Fields<'l>(&'l mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // The port is any.
        let value = format!("{value:?}");
        let value = if field.name() == "peer" { "127.0.0.1" } else { &value };
        let _ = write!(self.0, " {field}={value}");
    }
}

impl Lines {
    fn add(&self, text: &str, write: impl FnOnce(&mut Fields<'_>)) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_str(text);
        write(&mut Fields(&mut lines));
        lines.push('\n');
    }

    fn entered(&self, entered: bool) {
        *self.entered.lock().unwrap_or_else(PoisonError::into_inner) = entered;
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.add(span.metadata().name(), |fields| span.record(fields));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let is_within = *self.entered.lock().unwrap_or_else(PoisonError::into_inner);
        let place = if is_within { "within: " } else { "without: " };
        self.add(&format!("{place}{}", event.metadata().level()), |fields| event.record(fields));
    }

    fn enter(&self, _: &Id) {
        self.entered(true);
    }

    fn exit(&self, _: &Id) {
        self.entered(false);
    }
}

/// Logs, and blames its peer.
struct Logging;

impl Handler for Logging {
    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        tracing::info!("said");
        Err(Error::protocol("silence expected").into())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }
}

// C23
#[test]
fn tracing_observer_logs_connections() -> Result<(), Box<dyn std::error::Error>> {
    use std::io::{Read, Write};

    let lines = Arc::new(Lines::default());
    // For the whole process: each connection has a thread of its own.
    tracing::subscriber::set_global_default(Arc::clone(&lines))?;
    let server = Server::bind("127.0.0.1:0")?.with_observer(TracingObserver::new());
    let (address, shutdown) = (server.local_addr()?, server.shutdown_handle());
    let serving = thread::spawn(|| server.serve(|_| Logging));
    let mut client = std::net::TcpStream::connect(address)?;
    client.write_all(b"hello")?;
    client.read_to_end(&mut Vec::new())?;
    shutdown.shutdown();
    serving.join().map_err(|_| "the server has panicked")??;
    let lines = lines.lines.lock().unwrap_or_else(PoisonError::into_inner);
    let expected = "connection number=0 peer=127.0.0.1\n\
        within: DEBUG message=accepted\n\
        within: INFO message=said\n\
        within: INFO message=failed error=the peer violated the protocol blame=Peer received=5 sent=0 unsent=0\n";
    assert_eq!(*lines, expected);
    Ok(())
}
