//! The sockets of a server: that of its listener, and those that it accepts.

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use asynchat_core::drive::{Metrics, Observer};
use asynchat_core::{Blame, Config, Keepalive};

use super::conversation::EchoHandler;
use super::peer;
use crate::adapters::{Adapter, Settings, any_port};

/// `serve` returns the error of a listener that will never accept again, after it has shut down the open connections. The
/// observer is told of both.
// C23
pub fn server_ends_when_its_listener_is_dead<A: Adapter>() {
    // Elsewhere shutdown(2) leaves a listener as it is.
    if !cfg!(target_os = "linux") {
        return;
    }
    let listener = any_port();
    let clone = listener.try_clone().unwrap();
    let metrics = Arc::new(Metrics::default());
    let observer: Arc<dyn Observer> = Arc::<Metrics>::clone(&metrics);
    let settings = Settings { observer: Some(observer), ..Settings::default() };
    let serving = A::serve_on(listener, settings, |_| EchoHandler::new().0);
    let client = peer::connect(serving.address());
    assert_eq!(peer::read_exactly(&client, 6), b"hello|");
    socket2::SockRef::from(&clone).shutdown(Shutdown::Both).unwrap();
    assert_eq!(peer::read_to_end(&client), b"", "it is shut down");
    drop(client);
    let error = serving.result().unwrap_err();
    let invalid_argument = 22;
    assert_eq!(error.raw_os_error(), Some(invalid_argument), "{error}");
    assert_eq!((metrics.snapshot().accept_failed, metrics.snapshot().closed), (1, 1));
}

/// `serve` returns the error of a config that is wrong before it accepts anything, and names the field.
pub fn server_refuses_a_wrong_config<A: Adapter>() {
    let config = Config::default().with_high_water(1);
    let serving = A::serve(config.clone(), 4, |_| EchoHandler::new().0);
    let error = serving.result().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("Config::low_water"), "{error}");

    let (_client, server) = peer::pair();
    let (handler, call_log) = EchoHandler::new();
    let error = A::drive(server, handler, config).unwrap_err();
    assert_eq!(error.blame(), Blame::Driver);
    assert!(call_log.lock().unwrap().closes.is_empty(), "the handler is not called");
}

/// The timer that Linux reports for a socket of this process.
#[derive(Debug, PartialEq, Eq)]
enum Timer {
    None,
    /// Is due after so many seconds, rounded up.
    Keepalive(u64),
    /// Data is not acknowledged yet.
    Other,
}

/// Reads the timer of the socket with these two addresses in `/proc/net/tcp`. No other way leads to a socket that a server
/// owns.
fn timer(local: SocketAddr, remote: SocketAddr) -> Timer {
    let hexadecimal = |address: SocketAddr| {
        let loopback = u32::from_ne_bytes(Ipv4Addr::LOCALHOST.octets());
        format!("{loopback:08X}:{:04X}", address.port())
    };
    let pair = format!("{} {}", hexadecimal(local), hexadecimal(remote));
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let line = table.lines().find(|line| line.contains(&pair)).unwrap();
    // sl local_address rem_address st tx_queue:rx_queue tr:tm->when
    let (kind, when) = line.split_whitespace().nth(5).unwrap().split_once(':').unwrap();
    match kind {
        "00" => Timer::None,
        // In hundredths of a second, on every architecture.
        "02" => Timer::Keepalive(u64::from_str_radix(when, 16).unwrap().div_ceil(100)),
        _ => Timer::Other,
    }
}

/// An accepted socket has TCP keepalive with the times of the configuration, or none.
pub fn server_sets_keepalive_on_accepted_sockets<A: Adapter>() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let hour = Keepalive::default().with_idle(Duration::from_secs(3600));
    for (tcp_keepalive, idle) in [(Config::default().tcp_keepalive, Some(60)), (Some(hour), Some(3600)), (None, None)] {
        let config = Config::default().with_tcp_keepalive(tcp_keepalive);
        let (peers, accepted) = channel();
        let serving = A::serve(config, 4, move |peer| {
            peers.send(peer.address()).unwrap();
            EchoHandler::new().0
        });
        let client = peer::connect(serving.address());
        assert_eq!(peer::read_exactly(&client, 6), b"hello|");
        let remote = accepted.recv().unwrap();
        // Until the greeting is acknowledged, its timer is the one that is shown.
        let timer = loop {
            match timer(serving.address(), remote) {
                Timer::Other => thread::yield_now(),
                timer => break timer,
            }
        };
        match (timer, idle) {
            (Timer::Keepalive(due), Some(idle)) => assert!((idle - 50..=idle).contains(&due), "{due} s of {idle}"),
            (timer, idle) => assert_eq!((timer, idle), (Timer::None, None)),
        }
        drop(client);
        serving.stop();
    }
}
