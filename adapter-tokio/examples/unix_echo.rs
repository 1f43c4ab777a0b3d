//! Sends each line back on a Unix socket, and greets each client by the user that it runs as.
//!
//! ```text
//! cargo run -p asynchat-tokio --example unix_echo -- /tmp/echo.socket
//! socat - UNIX-CONNECT:/tmp/echo.socket
//! ```

#[cfg(unix)]
mod unix {
    use asynchat_tokio::{BoxError, Channel, Handler, UnixIncoming, UnixServer};
    use tokio::net::UnixStream;

    struct Echo {
        user: u32,
    }

    impl Handler for Echo {
        fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
            channel.set_terminator(b"\n");
            Ok(channel.push(format!("user {}\n", self.user))?)
        }

        fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
            Ok(channel.push_slice(data)?)
        }

        fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
            Ok(channel.push("\n")?)
        }
    }

    /// `serve_with` gives the stream, which knows the credentials of its peer. Where they are not needed, `serve` is enough.
    async fn serve(stream: UnixStream, incoming: UnixIncoming) -> Result<(), BoxError> {
        let user = stream.peer_cred()?.uid();
        incoming.drive(stream, Echo { user }).await?;
        Ok(())
    }

    pub(crate) async fn run(path: &str) -> std::io::Result<()> {
        // The file of an earlier run is in the way, and nobody listens on it.
        if tokio::fs::try_exists(path).await? && UnixStream::connect(path).await.is_err() {
            tokio::fs::remove_file(path).await?;
        }
        let server = UnixServer::bind(path).await?;
        println!("listening on {path}");
        server.serve_with(serve).await
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "/tmp/echo.socket".into());
    #[cfg(unix)]
    return unix::run(&path).await;
    #[cfg(not(unix))]
    Err(std::io::Error::other(format!("{path}: this system has no Unix sockets in tokio")))
}
