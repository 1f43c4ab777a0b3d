//! A graceful shutdown: at SIGINT or SIGTERM the server takes no more connections, tells each handler, and waits for the
//! answers that are still due. It waits for at most the drain timeout.
//!
//! `WAIT seconds` is answered after that time, any other line at once. With the feature `tracing` it logs each connection
//! to the standard error.
//!
//! The arguments are the address and the drain timeout in seconds, 10 by default:
//!
//! ```sh
//! cargo run -p asynchat-blocking --features tracing --example blocking_graceful_shutdown -- 127.0.0.1:7005 10
//! ```
//!
//! Try: `nc 127.0.0.1 7005`, type `WAIT 3`, and press Ctrl-C in the server's terminal. `nc` prints both last words.

use std::io::{self, Write as _};
use std::thread;
use std::time::Duration;

use asynchat_blocking::{BoxError, Channel, Handler, Server};

#[derive(Default)]
struct Worker {
    line: Vec<u8>,
}

impl Handler for Worker {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let line = String::from_utf8_lossy(&self.line);
        let seconds = line.strip_prefix("WAIT ").and_then(|seconds| seconds.trim().parse().ok());
        self.line.clear();
        let Some(seconds) = seconds else { return Ok(channel.push("ok\n")?) };
        let reply = channel.push_deferred()?;
        thread::spawn(move || {
            thread::sleep(Duration::from_secs(seconds));
            reply.send(format!("waited for {seconds} s\n"));
        });
        Ok(())
    }

    /// The last word comes behind the answers that are due, and the close waits for them.
    fn handle_shutdown(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push("bye: the server shuts down\n")?;
        channel.close_when_done();
        Ok(())
    }
}

fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:7005".into());
    let drain_timeout = Duration::from_secs(arguments.next().map_or(Ok(10), |seconds| seconds.parse())?);
    let server = Server::bind(address)?.with_drain_timeout(drain_timeout);
    #[cfg(feature = "tracing")]
    let server = {
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
            .with_writer(io::stderr)
            .init();
        server.with_observer(asynchat_blocking::TracingObserver::new())
    };
    let shutdown = server.shutdown_handle();
    // In a thread of its own, at each SIGINT, SIGTERM or SIGHUP; later calls do nothing more.
    ctrlc::set_handler(move || shutdown.shutdown())?;
    println!("listening on {}", server.local_addr()?);
    server.serve(|_peer| Worker::default())?;
    // Not `println!`, which panics if nobody reads the output any more.
    let _ = writeln!(io::stdout(), "every connection has ended");
    Ok(())
}
