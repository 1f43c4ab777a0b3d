//! A server that ends gracefully on Ctrl-C and SIGTERM, and logs its connections with `tracing`.
//!
//! ```text
//! cargo run -p asynchat-tokio --features tracing --example graceful_shutdown -- 127.0.0.1:7040 10
//! nc 127.0.0.1 7040
//! ```
//!
//! The server answers `WAIT 3` after 3 seconds, and any other line at once. Type `WAIT 3`, and press Ctrl-C in the terminal
//! of the server: the client still gets its answer, and a last word. Connections that are open after the drain timeout,
//! here
//! 10 seconds, are aborted.

use std::time::Duration;
use std::{io, mem};

use asynchat_tokio::{BoxError, Channel, Handler, Server, TracingObserver};

#[derive(Default)]
struct Session {
    line: Vec<u8>,
}

impl Handler for Session {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let line = String::from_utf8_lossy(&mem::take(&mut self.line)).into_owned();
        let seconds = line.strip_prefix("WAIT ").and_then(|seconds| seconds.trim().parse().ok());
        let Some(seconds) = seconds else { return Ok(channel.push("ok\n")?) };
        let reply = channel.push_deferred()?;
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            reply.send(format!("waited for {seconds} s\n"));
        });
        Ok(())
    }

    /// Called when the server shuts down. `close_when_done` waits for the replies that are deferred.
    fn handle_shutdown(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push("bye: the server shuts down\n")?;
        channel.close_when_done();
        Ok(())
    }
}

/// Waits for Ctrl-C, or for SIGTERM, which a service manager sends.
async fn stop_signal() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

#[tokio::main]
async fn main() -> io::Result<()> {
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .with_writer(io::stderr)
        .init();
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:7040".into());
    let drain_timeout = arguments.next().map_or(Ok(10), |seconds| seconds.parse()).map_err(io::Error::other)?;
    let server = Server::bind(address)
        .await?
        .with_observer(TracingObserver::new())
        .with_drain_timeout(Duration::from_secs(drain_timeout));
    let shutdown = server.shutdown_handle();
    tokio::spawn(async move {
        if let Err(error) = stop_signal().await {
            eprintln!("cannot wait for signals: {error}");
        }
        shutdown.shutdown();
    });
    println!("listening on {}", server.local_addr()?);
    server.serve(|_peer| Session::default()).await
}
