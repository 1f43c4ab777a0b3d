//! Connections on which nothing happens, and the timeout that ends them.

use std::net::TcpStream;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use asynchat_core::{BoxError, Channel, Config, Error, Handler};

use super::peer;
use crate::adapters::Adapter;

/// Longer than a client that is active pauses, on a busy machine.
const IDLE_TIMEOUT: Duration = Duration::from_secs(1);

/// Answers each line, and reports how the connection ended.
struct LineServer(Sender<Option<Error>>);

impl Handler for LineServer {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push("yes\n")?)
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        let _ = self.0.send(outcome.err().cloned());
    }
}

/// Clients that say nothing, or nothing after an exchange, share timers and are ended when they have been idle for long
/// enough. One that speaks now and then is not, although it has waited for the same timer.
// C11
pub fn server_ends_idle_connections_only<A: Adapter>() {
    const SILENT: usize = 32;
    let config = Config::default().with_idle_timeout(IDLE_TIMEOUT);
    let (ended_sender, ended) = channel();
    let serving = A::serve(config, SILENT + 1, move |_| LineServer(ended_sender.clone()));
    let start = Instant::now();
    let active = peer::connect(serving.address());
    let silent: Vec<_> = (0..SILENT).map(|_| peer::connect(serving.address())).collect();
    silent.iter().step_by(2).for_each(exchange);

    let mut count = 0;
    while count < SILENT {
        exchange(&active);
        match ended.recv_timeout(IDLE_TIMEOUT / 100) {
            Ok(outcome) => {
                assert_eq!(outcome, Some(Error::Idle));
                assert!(start.elapsed() >= IDLE_TIMEOUT, "after {:?}", start.elapsed());
                count += 1;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => panic!("the server is gone"),
        }
    }
    silent.iter().for_each(peer::assert_closed);
    exchange(&active);
    drop(active);
    serving.stop();
}

fn exchange(client: &TcpStream) {
    peer::ask(client, "there?\n", "yes\n");
}
