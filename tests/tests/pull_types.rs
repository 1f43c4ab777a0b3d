//! The first code of a user of a `Connection` has to compile: on each adapter, errors convert with `?`, and connections and
//! their halves go into tasks and threads.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};

use asynchat_core::drive::{ConnectionHandle, IntoInnerError, MailboxError, ReuniteError};
use asynchat_core::{
    ConfigError, DelimiterSetError, EmptyDelimiter, Error, FrameTooLong, Framer, Frames, PushError, Terminator,
};

type BoxError = Box<dyn StdError + Send + Sync>;

/// A stream that cannot be shared between threads, as many that are boxed.
type OnlySend = Box<dyn ReadWrite + Send>;

trait ReadWrite: io::Read + io::Write {}

fn is_shared<T: Send + Sync>() {}
fn is_an_error<E: StdError + Send + Sync + 'static>() {}
fn converts<E: Into<io::Error> + Into<Error> + Into<BoxError>>() {}

#[test]
fn connections_are_shared_where_their_streams_are() {
    is_shared::<asynchat_tokio::Connection<tokio::net::TcpStream>>();
    is_shared::<asynchat_tokio::ReadHalf<tokio::net::TcpStream>>();
    is_shared::<asynchat_tokio::WriteHalf<tokio::net::TcpStream>>();
    is_shared::<asynchat_async_std::Connection<smol::net::TcpStream>>();
    is_shared::<asynchat_async_std::ReadHalf<smol::net::TcpStream>>();
    is_shared::<asynchat_async_std::WriteHalf<smol::net::TcpStream>>();
    is_shared::<asynchat_async_std::Connection<asynchat_async_std::async_std::Socket>>();
    is_shared::<asynchat_blocking::Connection<std::net::TcpStream>>();
    is_shared::<asynchat_blocking::ReadHalf<std::net::TcpStream>>();
    is_shared::<asynchat_blocking::WriteHalf<std::net::TcpStream>>();
    // The lock of the halves is enough for a stream that can only be sent.
    is_shared::<asynchat_blocking::ReadHalf<OnlySend>>();
    is_shared::<asynchat_blocking::WriteHalf<OnlySend>>();
    is_shared::<ConnectionHandle>();
    is_shared::<asynchat_core::ProducerQueue>();
    is_shared::<asynchat_core::drive::Parts<tokio::net::TcpStream>>();
    is_shared::<(Framer, Frames, Terminator)>();
}

#[test]
fn errors_convert_into_those_of_a_program() {
    fn is_complete<E>()
    where
        E: StdError + Send + Sync + Into<io::Error> + Into<Error> + 'static,
    {
        is_an_error::<E>();
        converts::<E>();
    }
    is_complete::<Error>();
    is_complete::<PushError>();
    is_complete::<MailboxError>();
    is_complete::<FrameTooLong>();
    is_complete::<DelimiterSetError>();
    is_complete::<EmptyDelimiter>();
    is_complete::<ConfigError>();
    is_complete::<asynchat_tokio::IntoInnerError<tokio::net::TcpStream>>();
    is_complete::<asynchat_async_std::IntoInnerError<smol::net::TcpStream>>();
    is_complete::<asynchat_blocking::IntoInnerError<std::net::TcpStream>>();
    is_complete::<asynchat_blocking::IntoInnerError<OnlySend>>();
    type Halves = (asynchat_tokio::ReadHalf<tokio::net::TcpStream>, asynchat_tokio::WriteHalf<tokio::net::TcpStream>);
    is_complete::<ReuniteError<Halves, Halves>>();
}

#[test]
fn connection_is_borrowed_across_an_await_in_a_task() {
    fn is_a_task<F: Future + Send + 'static>(_: F) {}
    async fn look<S>(connection: &asynchat_tokio::Connection<S>) -> usize
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + 'static,
    {
        tokio::task::yield_now().await;
        connection.queued()
    }
    async fn serve(mut connection: asynchat_tokio::Connection<tokio::net::TcpStream>) -> io::Result<()> {
        while let Some(line) = connection.next_frame_owned().await? {
            connection.push(line)?;
            connection.push_slice(b"\n")?;
            look(&connection).await;
        }
        connection.finish().await?;
        connection.into_inner()?;
        Ok(())
    }
    let _ = |connection| is_a_task(serve(connection));
    let _ = |connection: asynchat_async_std::Connection<smol::net::TcpStream>| {
        is_a_task(async move {
            let (mut reader, mut writer) = connection.into_split();
            while let Some(line) = reader.next_frame_owned().await? {
                writer.push(line)?;
                writer.flush().await?;
            }
            reader.reunite(writer)?.into_inner()?;
            Ok::<(), BoxError>(())
        });
    };
}

#[test]
fn io_errors_tell_the_kind_of_their_cause() {
    assert_eq!(io::Error::from(PushError::Closing).kind(), ErrorKind::BrokenPipe);
    assert_eq!(io::Error::from(MailboxError::Full).kind(), ErrorKind::WouldBlock);
    assert_eq!(io::Error::from(MailboxError::Closed).kind(), ErrorKind::BrokenPipe);
    assert_eq!(io::Error::from(EmptyDelimiter).kind(), ErrorKind::InvalidInput);
    // A connection in any state is dropped.
    struct Unshareable(#[expect(dead_code, reason = "held for its type")] std::rc::Rc<()>);
    let refused = IntoInnerError::new(Unshareable(std::rc::Rc::default()), 3, 0);
    let text = refused.to_string();
    let error = io::Error::from(refused);
    assert_eq!(StdError::source(&error).and_then(StdError::source).map(ToString::to_string), None);
    let error = error.into_inner().and_then(|inner| inner.downcast::<Error>().ok()).map(|error| *error);
    assert_eq!(error.as_ref().and_then(StdError::source).map(ToString::to_string), Some(text));
}
