//! `Server`, which runs a thread for each connection.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use asynchat_blocking::{Config, Incoming, Peer, Server, ShutdownHandle};

mod support;

use support::{HandlerEvent, RecordingHandler, Stuck, connect, exchange};

const MIB: usize = 1024 * 1024;

struct RunningServer {
    address: SocketAddr,
    shutdown: ShutdownHandle,
    thread: JoinHandle<io::Result<()>>,
    events: Receiver<HandlerEvent>,
}

impl RunningServer {
    fn start(server: Server, mut greeting: impl FnMut(Peer<RecordingHandler>) -> Vec<u8> + Send + 'static) -> Self {
        let (sender, events) = channel();
        Self {
            address: server.local_addr().unwrap(),
            shutdown: server.shutdown_handle(),
            thread: thread::spawn(move || server.serve(|peer| RecordingHandler::new(greeting(peer), sender.clone()))),
            events,
        }
    }

    fn connect(&self) -> TcpStream {
        connect(self.address)
    }

    fn stop(self) {
        self.shutdown.shutdown();
        self.thread.join().unwrap().unwrap();
    }
}

fn bind_any_port() -> Server {
    Server::bind("127.0.0.1:0").unwrap()
}

// C7
#[test]
fn server_shutdown_sends_queued_output() {
    let config = Config::default().with_high_water(16 * MIB);
    let running = RunningServer::start(bind_any_port().with_config(config), |_| vec![b'x'; 8 * MIB]);
    let clients: Vec<_> = (0..4).map(|_| running.connect()).collect();
    for _ in &clients {
        assert_eq!(running.events.recv(), Ok(HandlerEvent::Connected));
    }
    running.shutdown.shutdown();
    for mut client in clients {
        let mut all = Vec::new();
        client.read_to_end(&mut all).unwrap();
        assert_eq!(all.len(), 8 * MIB);
    }
    running.thread.join().unwrap().unwrap();
    assert!(TcpStream::connect(running.address).is_err(), "the server no longer listens");
    assert_eq!(running.events.iter().filter(|event| *event == HandlerEvent::Closed(Ok(()))).count(), 4);
}

#[test]
fn server_shutdown_stops_it_while_idle() {
    let running = RunningServer::start(bind_any_port(), |_| Vec::new());
    running.stop();

    let server = bind_any_port();
    server.shutdown_handle().shutdown();
    server.serve(|_| RecordingHandler::new("", channel().0)).unwrap();
}

// C17
#[test]
fn shutdown_gives_up_a_handler_that_does_not_return() {
    let server = bind_any_port().with_drain_timeout(Duration::ZERO);
    let (address, shutdown) = (server.local_addr().unwrap(), server.shutdown_handle());
    let (handler, is_stuck, release) = Stuck::new();
    let mut handler = Some(handler);
    let thread = thread::spawn(move || server.serve(|_| handler.take().unwrap()));
    let mut client = connect(address);
    client.read_exact(&mut [0; 5]).unwrap();
    client.write_all(b"get stuck").unwrap();
    is_stuck.recv().unwrap();
    shutdown.shutdown();
    thread.join().unwrap().unwrap();
    drop(release);
    assert_eq!(client.read(&mut [0]).unwrap_or(0), 0);
}

#[test]
fn server_handler_panic_ends_only_its_connection() {
    let running = RunningServer::start(bind_any_port(), |_| Vec::new());
    let (good, mut bad) = (running.connect(), running.connect());
    exchange(&good, "one\n");
    bad.write_all(b"panic\n").unwrap();
    assert_eq!(bad.read(&mut [0]).unwrap_or(0), 0);
    exchange(&good, "two\n");
    exchange(&running.connect(), "three\n");
    drop((good, bad));
    running.stop();
}

#[test]
fn server_factory_panic_ends_only_that_connection() {
    let mut number = 0;
    let running = RunningServer::start(bind_any_port(), move |_| {
        number += 1;
        assert_ne!(number, 2, "the second connection panics");
        Vec::new()
    });
    let good = running.connect();
    exchange(&good, "one\n");
    assert_eq!(running.connect().read(&mut [0]).unwrap_or(0), 0);
    exchange(&running.connect(), "two\n");
    exchange(&good, "three\n");
    drop(good);
    running.stop();
}

#[test]
fn server_connection_limit_makes_next_client_wait() {
    let running = RunningServer::start(bind_any_port().with_connection_limit(1), |_| Vec::new());
    let (mut first, second) = (running.connect(), running.connect());
    (&second).write_all(b"second\n").unwrap();
    for _ in 0..100 {
        exchange(&first, "first\n");
    }
    first.write_all(b"bye\n").unwrap();
    assert_eq!(first.read(&mut [0]).unwrap(), 0);
    drop(first);
    let mut answer = [0; 7];
    (&second).read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"second\n");
    drop(second);
    running.stop();
}

#[test]
fn server_survives_clients_gone_before_accept() {
    let server = bind_any_port();
    let address = server.local_addr().unwrap();
    for _ in 0..100 {
        let mut client = connect(address);
        client.write_all(b"never read\n").unwrap();
    }
    let running = RunningServer::start(server, |_| b"welcome\n".to_vec());
    let mut welcome = [0; 8];
    running.connect().read_exact(&mut welcome).unwrap();
    assert_eq!(&welcome, b"welcome\n");
    running.stop();
}

#[test]
fn server_handles_push_to_every_connection() {
    let (handle_sender, handles) = channel();
    let running = RunningServer::start(bind_any_port(), move |peer| {
        handle_sender.send(peer.handle().clone()).unwrap();
        Vec::new()
    });
    let clients: Vec<_> = (0..8).map(|_| running.connect()).collect();
    let handles: Vec<_> = handles.iter().take(clients.len()).collect();
    for number in 0..100 {
        let line = format!("{number:03}\n");
        for handle in &handles {
            handle.push(line.clone()).unwrap();
        }
        for mut client in &clients {
            let mut came = [0; 4];
            client.read_exact(&mut came).unwrap();
            assert_eq!(came, line.as_bytes());
        }
    }
    drop(clients);
    running.stop();
    assert!(handles.iter().all(asynchat_blocking::ConnectionHandle::is_closed));
}

/// One thread of the connection waits for the end, another for input, and both are woken.
#[test]
fn incoming_closing_waits_beside_its_connection() {
    let server = bind_any_port();
    let (address, shutdown) = (server.local_addr().unwrap(), server.shutdown_handle());
    let (handle_sender, handles) = channel();
    let serve = move |stream: TcpStream, mut incoming: Incoming| {
        let (mut connection, handle) = (incoming.connection(stream, b"\n"), incoming.handle().clone());
        handle_sender.send(handle.clone()).unwrap();
        thread::scope(|scope| {
            scope.spawn(move || assert_eq!(connection.next_frame(), Ok(None)));
            incoming.closing();
            handle.close_with("bye\n").unwrap();
        });
    };
    let serving = thread::spawn(move || server.serve_with(serve));
    let mut client = connect(address);
    let handle = handles.recv().unwrap();
    for round in 0..1000 {
        let line = format!("{round}\n");
        handle.push(line.clone()).unwrap();
        let mut came = vec![0; line.len()];
        client.read_exact(&mut came).unwrap();
        assert_eq!(came, line.as_bytes());
    }
    shutdown.shutdown();
    let mut rest = String::new();
    client.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "bye\n");
    drop(client);
    serving.join().unwrap().unwrap();
}

/// The stack size exceeds the address space, so no thread can start.
#[cfg(target_pointer_width = "64")]
#[test]
fn server_without_threads_waits_and_shuts_down() {
    let running =
        RunningServer::start(bind_any_port().with_stack_size(1 << 47), |_| unreachable!("no thread can start"));
    let mut client = running.connect();
    client.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock, "the client waits in the backlog");
    running.stop();
}
