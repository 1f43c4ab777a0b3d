//! The binding of asynchat-async-std, but for what its runtimes differ in.

use std::marker::PhantomData;
use std::net::{TcpListener, TcpStream};

use asynchat_async_std::{Connection, drive};
use asynchat_core::drive::{Listener, Peer};
use asynchat_core::{Config, Error, Handler, Terminator};
use futures_io::{AsyncRead, AsyncWrite};

use super::awaited::{Awaited, Executor, Native, NativeListener, serve};
use super::patience::attempt;
use super::{Abandon, Adapter, Serving, Settings};
use crate::harness::faulty::Faulty;

/// A runtime for which asynchat-async-std has a server.
pub trait Runtime: 'static {
    /// Its socket.
    type Tcp: AsyncRead + AsyncWrite + Unpin + Native<Std = TcpStream>;

    /// It itself.
    type Executor: Executor + Send + 'static;

    /// What polls whatever is over a faulty stream, which is nobody's in particular.
    type ForFaulty: Executor;

    /// Its listener.
    type Listener: Listener + NativeListener;
}

/// asynchat-async-std, on one of them.
#[derive(Debug)]
pub struct FuturesIo<R>(PhantomData<R>);

impl<R: Runtime> Adapter for FuturesIo<R> {
    type Tcp = Awaited<Connection<R::Tcp>, R::Executor>;
    type Faulty = Awaited<Connection<Faulty>, R::ForFaulty>;

    fn serve_on<H, F>(listener: TcpListener, settings: Settings, handler_for: F) -> Serving
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer) -> H + Send + 'static,
    {
        serve::<R::Listener, _, _, _>(R::Executor::default(), listener, settings, handler_for)
    }

    fn drive<H: Handler>(stream: TcpStream, handler: H, config: Config) -> Result<(), Error> {
        R::Executor::default().block_on(async { drive(R::Tcp::out_of(stream), handler, config).await })
    }

    fn drive_faulty<H: Handler>(stream: Faulty, handler: H, config: Config) -> Result<(), Error> {
        R::ForFaulty::default().block_on(drive(stream, handler, config))
    }

    fn connect(stream: TcpStream, terminator: impl Into<Terminator>, config: Config) -> Self::Tcp {
        Awaited::new(stream, terminator, config)
    }

    fn connect_faulty(stream: Faulty, terminator: impl Into<Terminator>, config: Config) -> Self::Faulty {
        Awaited::new(stream, terminator, config)
    }
}

impl<R: Runtime> Abandon for FuturesIo<R> {
    fn drive_for<H: Handler>(stream: Faulty, handler: H, config: Config, polls: usize) -> Option<Result<(), Error>> {
        R::ForFaulty::default().block_on(attempt(drive(stream, handler, config), polls))
    }
}
