//! `Incoming::drive_with_caller`: a handler under `serve_with` is called from another thread.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use asynchat_core::drive::{Caller, ShutdownHandle};
use asynchat_tests::scenarios::conversation::EchoHandler;
use asynchat_tests::scenarios::peer;

type Callers = Sender<Caller<EchoHandler>>;

/// Calls the handler of a connection, which pushes.
fn check(address: SocketAddr, callers: &Receiver<Caller<EchoHandler>>, shutdown: &ShutdownHandle) {
    let client = peer::connect(address);
    assert_eq!(peer::read_exactly(&client, 6), b"hello|");
    let caller = callers.recv().unwrap();
    caller.call(|_, channel| Ok(channel.push("called|")?)).unwrap();
    assert_eq!(peer::read_exactly(&client, 7), b"called|");
    caller.handle().close_when_done();
    assert_eq!(peer::read_to_end(&client), b"");
    shutdown.shutdown();
}

fn handler(caller: Caller<EchoHandler>, callers: &Callers) -> EchoHandler {
    callers.send(caller).unwrap();
    EchoHandler::new().0
}

/// Serves connections on a runtime whose calls are futures, and calls a handler.
macro_rules! serve_and_call {
    ($server:ty) => {
        async {
            let (sender, callers) = channel();
            let server = <$server>::bind("127.0.0.1:0").await.unwrap();
            let (address, shutdown) = (server.local_addr().unwrap(), server.shutdown_handle());
            let checking = thread::spawn(move || check(address, &callers, &shutdown));
            server
                .serve_with(move |stream, incoming| {
                    incoming.drive_with_caller(stream, |caller| handler(caller, &sender))
                })
                .await
                .unwrap();
            checking.join().unwrap();
        }
    };
}

// C14
#[test]
fn drive_with_caller_calls_on_tokio() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(serve_and_call!(asynchat_tokio::Server));
}

// C14
#[test]
fn drive_with_caller_calls_on_smol() {
    smol::block_on(serve_and_call!(asynchat_async_std::smol::Server));
}

// C14
#[test]
fn drive_with_caller_calls_on_async_std() {
    async_std::task::block_on(serve_and_call!(asynchat_async_std::async_std::Server));
}

// C14
#[test]
fn drive_with_caller_calls_on_threads() {
    let (sender, callers) = channel();
    let server = asynchat_blocking::Server::bind("127.0.0.1:0").unwrap();
    let (address, shutdown) = (server.local_addr().unwrap(), server.shutdown_handle());
    let checking = thread::spawn(move || check(address, &callers, &shutdown));
    server
        .serve_with(move |stream, incoming| incoming.drive_with_caller(stream, |caller| handler(caller, &sender)))
        .unwrap();
    checking.join().unwrap();
}
