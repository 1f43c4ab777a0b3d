//! Runs the scenarios on asynchat-blocking.
#![expect(clippy::unwrap_used, reason = "support for tests: whatever fails here fails the test")]

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use asynchat_blocking::{Connection, Incoming, ReadHalf, Server, WriteHalf, drive};
use asynchat_core::drive::{ConnectionHandle, Ended, Peer};
use asynchat_core::{Config, End, Error, Handler, Producer, PushError, Terminator};
use bytes::Bytes;

use super::server::obey;
use super::{
    Adapter, IntoInnerFailure, OwnedEvent, Parts, PullConnection, PullReader, PullWriter, Serving, Settings, SplitPull,
    set_up,
};
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
        start(listener, settings, |server| server.serve(handler_for))
    }

    fn serve_drive<H, F>(listener: TcpListener, settings: Settings, handler_for: F) -> Serving
    where
        H: Handler + Send + 'static,
        F: Fn(&ConnectionHandle) -> H + Send + Sync + 'static,
    {
        let serve = move |stream, incoming: Incoming| {
            let mut handler = handler_for(incoming.handle());
            let Some(parts) = incoming.drive(stream, &mut handler)?.into_upgrade() else { return Ok(()) };
            incoming.drive(parts.into_stream()?, handler).map(drop)
        };
        start(listener, settings, |server| server.serve_with(serve))
    }

    fn serve_lines(listener: TcpListener, settings: Settings) -> Serving {
        start(listener, settings, |server| server.serve_with(serve_lines))
    }

    fn drive_to_upgrade<H: Handler>(stream: TcpStream, handler: H, config: Config) -> Result<Ended<TcpStream>, Error> {
        drive(stream, handler, config)
    }

    fn drive_faulty_to_upgrade<H: Handler>(stream: Faulty, handler: H, config: Config) -> Result<Ended<Faulty>, Error> {
        drive(stream, handler, config)
    }

    fn connect(stream: TcpStream, terminator: impl Into<Terminator>, config: Config) -> Self::Tcp {
        Connection::with_config(stream, terminator, config)
    }

    fn connect_with_unread(stream: TcpStream, unread: &[u8], terminator: impl Into<Terminator>) -> Self::Tcp {
        Connection::with_unread(stream, unread, terminator)
    }

    fn connect_faulty(stream: Faulty, terminator: impl Into<Terminator>, config: Config) -> Self::Faulty {
        Connection::with_config(stream, terminator, config)
    }
}

fn start(
    listener: TcpListener,
    settings: Settings,
    serve: impl FnOnce(Server) -> io::Result<()> + Send + 'static,
) -> Serving {
    let server = set_up!(Server::from_listener(listener), settings);
    Serving::start(server.local_addr().unwrap(), server.shutdown_handle(), || serve(server))
}

/// Serves as [`Adapter::serve_lines`] does.
#[expect(clippy::needless_pass_by_value, reason = "the signature that `serve_with` asks for")]
fn serve_lines(stream: TcpStream, incoming: Incoming) -> Result<(), Error> {
    let mut connection = incoming.connection(stream, b"\r\n");
    connection.set_read_timeout(Some(Duration::from_millis(10)));
    loop {
        let line = match connection.next_frame_owned() {
            Err(error) if error.is_call_timeout() => {
                if incoming.is_closing() {
                    connection.push("bye|").map_err(Error::handler)?;
                    break;
                }
                continue;
            }
            line => line?,
        };
        let Some(line) = line else { break };
        if line == "hang" {
            connection.set_read_timeout(None);
        }
        if let Some(answer) = obey(&line, incoming.handle())? {
            connection.push(answer).map_err(Error::handler)?;
        }
    }
    connection.close()
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

    fn next_frame_owned(&mut self) -> Result<Option<Bytes>, Error> {
        self.next_frame_owned()
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

    fn set_max_frame_len(&mut self, max_len: usize) {
        self.set_max_frame_len(max_len);
    }

    fn discard_input(&mut self) {
        self.discard_input();
    }

    fn handle(&mut self) -> ConnectionHandle {
        self.handle()
    }

    fn push_slice(&mut self, data: &[u8]) -> Result<(), PushError> {
        self.push_slice(data)
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

    fn finish(&mut self) -> Result<(), Error> {
        self.finish()
    }

    fn abort(self) {
        self.abort();
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

impl<S: Read + Write + Send + 'static> SplitPull for Connection<S> {
    type Reader = ReadHalf<S>;
    type Writer = WriteHalf<S>;

    fn into_split(self) -> (ReadHalf<S>, WriteHalf<S>) {
        self.into_split()
    }
}

/// Each method calls the inherent method of the same name.
impl<S: Read + Write + 'static> PullReader for ReadHalf<S> {
    type Writer = WriteHalf<S>;
    type Whole = Connection<S>;

    fn next_frame(&mut self) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.next_frame()?.map(<[u8]>::to_vec))
    }

    fn next_event(&mut self) -> Result<Option<OwnedEvent>, Error> {
        Ok(self.next_event()?.map(OwnedEvent::from))
    }

    fn set_terminator(&mut self, terminator: impl Into<Terminator>) {
        self.set_terminator(terminator);
    }

    fn handle(&self) -> ConnectionHandle {
        self.handle()
    }

    fn reunite(self, writer: WriteHalf<S>) -> Connection<S> {
        self.reunite(writer).unwrap()
    }
}

/// Each method calls the inherent method of the same name.
impl<S: Read + Write + 'static> PullWriter for WriteHalf<S> {
    fn push(&mut self, data: impl Into<Bytes>) -> Result<(), PushError> {
        self.push(data)
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.flush()
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.finish()
    }

    fn close(&mut self) -> Result<(), Error> {
        self.close()
    }

    fn abort(self) {
        self.abort();
    }
}
