//! Runs the scenarios on asynchat-blocking.
#![expect(clippy::unwrap_used, reason = "support for tests: whatever fails here fails the test")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use asynchat_blocking::{Connection, Server, drive};
use asynchat_core::drive::Peer;
use asynchat_core::{Config, End, Error, Handler, Producer, PushError, Terminator};
use bytes::Bytes;

use super::{Adapter, IntoInnerFailure, OwnedEvent, Parts, PullConnection, Serving, Settings};
use crate::harness::faulty::Faulty;

/// asynchat-blocking.
#[derive(Debug)]
pub struct Blocking;

impl Adapter for Blocking {
    type Tcp = Connection<TcpStream>;
    type Faulty = Connection<Faulty>;

    const ENDS_FAULTY: bool = false;

    fn serve_on<H, F>(listener: TcpListener, settings: Settings, handler_for: F) -> Serving
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer<H>) -> H + Send + 'static,
    {
        let server = Server::from_listener(listener).with_config(settings.config);
        let server = server.with_connection_limit(settings.connection_limit).with_drain_timeout(settings.drain_timeout);
        let (address, shutdown) = (server.local_addr().unwrap(), server.shutdown_handle());
        let thread = thread::spawn(move || server.serve(handler_for));
        Serving::new(address, shutdown, thread)
    }

    fn drive<H: Handler>(stream: TcpStream, handler: H, config: Config) -> Result<(), Error> {
        drive(stream, handler, config)
    }

    fn drive_faulty<H: Handler>(stream: Faulty, handler: H, config: Config) -> Result<(), Error> {
        drive(stream, handler, config)
    }

    fn connect(stream: TcpStream, terminator: impl Into<Terminator>, config: Config) -> Self::Tcp {
        Connection::with_config(stream, terminator, config)
    }

    fn connect_faulty(stream: Faulty, terminator: impl Into<Terminator>, config: Config) -> Self::Faulty {
        Connection::with_config(stream, terminator, config)
    }
}

/// Each method calls the inherent method of the same name.
impl<S: Read + Write + 'static> PullConnection for Connection<S> {
    type Stream = S;

    fn next_event(&mut self) -> Result<Option<OwnedEvent>, Error> {
        Ok(self.next_event()?.map(OwnedEvent::from))
    }

    fn next_frame(&mut self) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.next_frame()?.map(<[u8]>::to_vec))
    }

    fn partial(&self) -> Vec<u8> {
        self.partial().to_vec()
    }

    fn end(&self) -> Option<End> {
        self.end()
    }

    fn set_terminator(&mut self, terminator: impl Into<Terminator>) {
        self.set_terminator(terminator);
    }

    fn push(&mut self, data: impl Into<Bytes>) -> Result<(), PushError> {
        self.push(data)
    }

    fn push_with_producer(&mut self, producer: impl Producer + Send + 'static) -> Result<(), PushError> {
        self.push_with_producer(producer)
    }

    fn queued(&self) -> usize {
        self.queued()
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.flush()
    }

    fn close(&mut self) -> Result<(), Error> {
        self.close()
    }

    fn into_inner(self) -> Result<S, IntoInnerFailure<Self>> {
        self.into_inner().map_err(|error| {
            let (unread, unsent) = (error.unread(), error.unsent());
            IntoInnerFailure { unread, unsent, connection: error.into_connection() }
        })
    }

    fn into_parts(self) -> Parts<S> {
        let parts = self.into_parts();
        Parts { stream: parts.stream, unread: parts.unread, unsent: parts.unsent.unsent_len() }
    }
}
