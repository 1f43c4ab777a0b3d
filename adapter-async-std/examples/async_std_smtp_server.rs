//! A mail server on async-std: it takes mail over SMTP, and stores it in a Maildir. The handler is
//! `asynchat_tests::protocols::smtp`. `smol_smtp_server` is the same with STARTTLS.
//!
//! Run it on 127.0.0.1:2525, with the folder `Maildir` and mail for every domain, or append `-- ADDRESS FOLDER
//! DOMAIN...` to choose others. `--discard` instead of a folder drops the mail. SIGINT or SIGTERM shuts the server down
//! gracefully:
//!
//! ```sh
//! cargo run --release -p asynchat-async-std --features async-std --example async_std_smtp_server
//! ```
//!
//! Try, then look into `Maildir/new`:
//!
//! ```sh
//! swaks --server 127.0.0.1:2525 --to you@localhost
//! ```

use std::io;
use std::sync::Arc;

use asynchat_async_std::async_std::Server;
use asynchat_tests::protocols::smtp::{SmtpHandler, SmtpService};
use asynchat_tests::signals::shut_down_on_signal;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:2525".into());
    let service = Arc::new(SmtpService::from_arguments(arguments)?);
    // In a task, so that the thread that accepts serves the connections too.
    async_std::task::block_on(async_std::task::spawn(async move {
        let server = Server::bind(address).await?;
        shut_down_on_signal(server.shutdown_handle())?;
        println!("listening on {}", server.local_addr()?);
        server
            .serve(move |peer| {
                SmtpHandler::new(&service).with_caller(peer.caller().clone()).with_peer(peer.address().ip())
            })
            .await
    }))
}
