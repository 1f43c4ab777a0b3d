use std::io;

use tracing::{Level, Span, event, info_span};

use super::observer::{ConnectionInfo, Observer, Traffic};
use crate::error::{Blame, Error};

/// An [`Observer`] that logs with the crate `tracing`.
///
/// Each connection has a span, `connection`, with its `number` and the address of its `peer`. The code of the
/// connection runs within it, so that the events of a handler belong to it. Its end is an event in the span, with the
/// bytes that were `received`, `sent` and `unsent`, and after an error with the `error` and whose fault it was, the
/// `blame`.
///
/// | event | level |
/// |---|---|
/// | a connection is accepted, or has ended without an error | debug |
/// | it has ended with an error of the peer or of the transport, or was aborted; it was refused | info |
/// | it has ended with an error of the handler or of a producer; it has panicked; the server could not accept | error |
///
/// An error is logged with its causes, which a handler may make of what a peer has sent. No other byte of a peer is logged.
///
/// # Cost
///
/// The observer costs what its spans cost: none if no subscriber wants the level info of this crate's target.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct TracingObserver;

impl TracingObserver {
    /// Makes the observer.
    pub fn new() -> Self {
        Self
    }
}

impl Observer for TracingObserver {
    fn accepted(&self, connection: &ConnectionInfo) {
        let span = connection.span().get_or_init(|| span(connection));
        span.in_scope(|| event!(Level::DEBUG, "accepted"));
    }

    fn refused(&self, connection: &ConnectionInfo) {
        span(connection).in_scope(|| event!(Level::INFO, "refused"));
    }

    fn accept_failed(&self, error: &io::Error) {
        event!(Level::ERROR, error = %error, "failed to accept a connection");
    }

    fn closed(&self, connection: &ConnectionInfo, outcome: Result<(), &Error>, traffic: Traffic) {
        let Traffic { received, sent, unsent } = traffic;
        connection.within(|| match outcome {
            Ok(()) => event!(Level::DEBUG, received, sent, unsent, "closed"),
            Err(error) => {
                let blame = error.blame();
                let causes: &dyn core::error::Error = error;
                if matches!(blame, Blame::Handler | Blame::Producer) {
                    event!(Level::ERROR, error = causes, ?blame, received, sent, unsent, "failed");
                } else {
                    event!(Level::INFO, error = causes, ?blame, received, sent, unsent, "failed");
                }
            }
        });
    }

    fn panicked(&self, connection: &ConnectionInfo) {
        connection.within(|| event!(Level::ERROR, "panicked"));
    }
}

fn span(connection: &ConnectionInfo) -> Span {
    let number = connection.number();
    info_span!("connection", number, peer = %connection.peer())
}
