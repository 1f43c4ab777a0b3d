//! The servers on smol and on async-std.
#![cfg(any(feature = "smol", feature = "async-std"))]
#![expect(clippy::unwrap_used, reason = "support for tests: whatever fails here fails the test")]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use asynchat_async_std::{BoxError, Channel, Config, Error, Handler, Peer};
use asynchat_core::drive::{Bind, Listener, Runtime, Server};
use futures_lite::future::or;

/// The longest wait of a test for an event that has to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A listener on whose runtime the tests run.
trait Tested: Bind<&'static str> + Listener<Address = SocketAddr> {
    fn server() -> Server<Self> {
        pollster::block_on(Server::bind("127.0.0.1:0")).unwrap()
    }
}

impl<L: Bind<&'static str> + Listener<Address = SocketAddr>> Tested for L {}

/// Runs a scenario on each runtime. A scenario is a type, since a generic function cannot be passed as an argument.
trait Scenario {
    fn on<L: Tested>();

    fn on_each_runtime() {
        #[cfg(feature = "smol")]
        Self::on::<asynchat_async_std::smol::SmolListener>();
        #[cfg(feature = "async-std")]
        Self::on::<asynchat_async_std::async_std::AsyncStdListener>();
    }
}

/// Echoes each line, and obeys some of them.
#[derive(Default)]
struct Echo {
    line: Vec<u8>,
    panics_when_closed: bool,
}

impl Handler for Echo {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let mut line = std::mem::take(&mut self.line);
        match line.as_slice() {
            b"panic" => panic!("as the line says"),
            b"panic when closed" => self.panics_when_closed = true,
            b"close" => channel.close_when_done(),
            _ => {
                line.push(b'\n');
                channel.push(line)?;
            }
        }
        Ok(())
    }

    fn handle_close(&mut self, _: Result<(), &Error>) {
        assert!(!self.panics_when_closed, "as the line says");
    }
}

struct Client(TcpStream);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }

    fn send(&mut self, line: &str) {
        self.0.write_all(line.as_bytes()).unwrap();
    }

    #[track_caller]
    fn is_answered(&mut self) {
        let mut answer = [0; 6];
        self.send("hello\n");
        self.0.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"hello\n");
    }

    /// Reads until the server ends the stream or resets it.
    fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        if let Err(error) = self.0.read_to_end(&mut rest) {
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        }
        rest
    }
}

/// Serves on the runtime, and signals when `serve` has returned.
fn serve<L: Listener<Address = SocketAddr>>(
    server: Server<L>,
    handler_for: impl FnMut(Peer<Echo>) -> Echo + Send + 'static,
) -> (<L::Runtime as Runtime>::Task, mpsc::Receiver<()>) {
    let (done, is_done) = mpsc::channel();
    let task = L::Runtime::spawn(async move {
        server.serve(handler_for).await.unwrap();
        let _ = done.send(());
    });
    (task, is_done)
}

// C1
#[test]
fn server_survives_a_panicking_handler() {
    struct Panics;
    impl Scenario for Panics {
        fn on<L: Tested>() {
            // The third connection is accepted only if the one that panicked has left its place.
            let server = L::server().with_connection_limit(2);
            let (address, shutdown) = (server.local_addr().unwrap(), server.shutdown_handle());
            let (_task, is_done) = serve(server, |_| Echo::default());
            let (mut good, mut bad) = (Client::connect(address), Client::connect(address));
            good.is_answered();
            for _ in 0..8 {
                bad.is_answered();
                bad.send("panic\n");
                assert_eq!(bad.rest(), b"");
                good.is_answered();
                bad = Client::connect(address);
            }
            shutdown.shutdown();
            assert_eq!(good.rest(), b"");
            drop((good, bad));
            is_done.recv_timeout(PATIENCE).unwrap();
        }
    }
    Panics::on_each_runtime();
}

#[test]
fn server_survives_a_panicking_handler_for() {
    struct Panics;
    impl Scenario for Panics {
        fn on<L: Tested>() {
            let server = L::server().with_connection_limit(1);
            let address = server.local_addr().unwrap();
            let mut connections = 0;
            let (_task, _) = serve(server, move |_| {
                connections += 1;
                assert!(connections > 3, "as the line says");
                Echo::default()
            });
            for _ in 0..3 {
                assert_eq!(Client::connect(address).rest(), b"");
            }
            Client::connect(address).is_answered();
        }
    }
    Panics::on_each_runtime();
}

// C1
#[test]
fn server_serve_dropped_closes_everything() {
    struct Dropped;
    impl Scenario for Dropped {
        fn on<L: Tested>() {
            let server = L::server();
            let address = server.local_addr().unwrap();
            let (tell, told) = async_channel::bounded::<()>(1);
            let clients = std::thread::spawn(move || {
                let mut clients = [(); 8].map(|()| Client::connect(address));
                for client in &mut clients {
                    client.is_answered();
                }
                // A handler that panics when it is dropped.
                clients[0].send("panic when closed\n");
                clients[0].is_answered();
                drop(tell);
                clients
            });
            // Under an executor of another runtime.
            let until_told = async {
                let _ = told.recv().await;
            };
            let serving = async {
                server.serve(|_| Echo::default()).await.unwrap();
            };
            futures_lite::future::block_on(or(serving, until_told));

            TcpStream::connect(address).unwrap_err();
            for mut client in clients.join().unwrap() {
                assert_eq!(client.rest(), b"");
            }
            // The threads of the runtime have survived.
            let server = L::server();
            let address = server.local_addr().unwrap();
            let (_task, _) = serve(server, |_| Echo::default());
            Client::connect(address).is_answered();
        }
    }
    Dropped::on_each_runtime();
}

// O4, C7
#[test]
fn server_shutdown_sends_queued_output() {
    /// More than the buffers of two sockets hold.
    const LENGTH: usize = 32 << 20;
    struct Drains;
    impl Scenario for Drains {
        fn on<L: Tested>() {
            let config = Config::default().with_mailbox_capacity(LENGTH);
            let server = L::server().with_config(config);
            let (address, shutdown) = (server.local_addr().unwrap(), server.shutdown_handle());
            let (_task, is_done) = serve(server, |peer| {
                peer.handle().push(vec![b'.'; LENGTH]).unwrap();
                Echo::default()
            });
            let mut clients = [(); 3].map(|()| Client::connect(address));
            for client in &mut clients {
                client.0.read_exact(&mut [0]).unwrap();
            }
            shutdown.shutdown();
            for client in &mut clients {
                assert_eq!(client.rest().len(), LENGTH - 1);
            }
            assert!(is_done.try_recv().is_err(), "the peers have not closed yet");
            drop(clients);
            is_done.recv_timeout(PATIENCE).unwrap();
            TcpStream::connect(address).unwrap_err();
        }
    }
    Drains::on_each_runtime();
}

// C7
#[test]
fn server_close_shuts_down_write_side_first() {
    struct Ends;
    impl Scenario for Ends {
        fn on<L: Tested>() {
            let server = L::server().with_config(Config::default().with_linger(PATIENCE * 10));
            let address = server.local_addr().unwrap();
            let (_task, _) = serve(server, |_| Echo::default());
            let mut client = Client::connect(address);
            client.send("bye\nclose\n");
            assert_eq!(client.rest(), b"bye\n");
        }
    }
    Ends::on_each_runtime();
}

#[test]
fn server_connections_above_the_limit_wait() {
    struct Waits;
    impl Scenario for Waits {
        fn on<L: Tested>() {
            let server = L::server().with_connection_limit(1);
            let address = server.local_addr().unwrap();
            let (accepted, is_accepted) = mpsc::channel();
            let (_task, _) = serve(server, move |peer| {
                accepted.send(peer.address()).unwrap();
                Echo::default()
            });
            let mut first = Client::connect(address);
            first.is_answered();
            let mut second = Client::connect(address);
            second.send("hello\n");
            for _ in 0..8 {
                first.is_answered();
            }
            assert_eq!(is_accepted.try_iter().collect::<Vec<_>>(), [first.0.local_addr().unwrap()]);
            drop(first);
            second.is_answered();
            assert_eq!(is_accepted.try_iter().collect::<Vec<_>>(), [second.0.local_addr().unwrap()]);
        }
    }
    Waits::on_each_runtime();
}

#[test]
fn server_shutdown_before_serve_returns_at_once() {
    struct Returns;
    impl Scenario for Returns {
        fn on<L: Tested>() {
            let server = L::server();
            server.shutdown_handle().shutdown();
            pollster::block_on(server.serve(|_| Echo::default())).unwrap();
        }
    }
    Returns::on_each_runtime();
}
