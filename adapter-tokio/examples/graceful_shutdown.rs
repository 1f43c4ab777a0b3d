//! A server that ends gracefully on Ctrl-C and SIGTERM, and logs its connections with `tracing`.
//!
//! ```text
//! cargo run -p asynchat-tokio --features tracing --example graceful_shutdown -- 127.0.0.1:7040
//! nc 127.0.0.1 7040
//! ```
//!
//! Press Ctrl-C while `nc` is connected: the client gets a last word, and what is left after 10 seconds is aborted.

use std::io;
use std::time::Duration;

use asynchat_tokio::{BoxError, Channel, Handler, Server, TracingObserver};

struct Echo;

impl Handler for Echo {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push_slice(data)?)
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push("\n")?)
    }

    /// Called when the server shuts down. A handler that is in the middle of something may close later.
    fn handle_shutdown(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push("the server shuts down\n")?;
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
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7040".into());
    let server =
        Server::bind(address).await?.with_observer(TracingObserver::new()).with_drain_timeout(Duration::from_secs(10));
    let shutdown = server.shutdown_handle();
    tokio::spawn(async move {
        if let Err(error) = stop_signal().await {
            eprintln!("cannot wait for signals: {error}");
        }
        shutdown.shutdown();
    });
    println!("listening on {}", server.local_addr()?);
    server.serve(|_peer| Echo).await
}
