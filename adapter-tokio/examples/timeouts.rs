//! An idle timeout and a limit for a whole connection, each with a last word, and a ping at intervals that never lands
//! within a body.
//!
//! ```text
//! cargo run -p asynchat-tokio --example timeouts -- 127.0.0.1:7030
//! nc 127.0.0.1 7030
//! ```
//!
//! `SUBSCRIBE` asks for the pings, and `BODY` for a body in pieces. The further arguments are times in seconds: the interval
//! of the pings (30), the idle timeout (300), and the limit for a whole connection (3600).
//!
//! A ping is traffic, so a client that gets them is not idle. One that is gone without a word does not take them, and is
//! found by `Config::min_output_rate`.

use std::mem;
use std::time::{Duration, Instant};

use asynchat_tokio::{BoxError, Caller, Channel, Config, Handler, MailboxError, Server, Timeout};

/// A task sends a body as pieces at this interval.
const PIECE_INTERVAL: Duration = Duration::from_millis(500);
const PIECES: [&str; 4] = ["one, ", "two, ", "three, ", "four\n"];

struct Session {
    caller: Caller<Self>,
    ping_interval: Duration,
    ends_at: Instant,
    line: Vec<u8>,
    is_subscribed: bool,
    /// A body has begun and not ended.
    in_body: bool,
    /// The timer went off within a body.
    timer_is_due: bool,
}

impl Session {
    /// A connection has one timer: it is set to the next of the two times.
    fn set_timer(&self, channel: &mut Channel) {
        let time_left = self.ends_at.saturating_duration_since(Instant::now());
        channel.set_timer(Some(if self.is_subscribed { self.ping_interval.min(time_left) } else { time_left }));
    }

    fn send_piece(&mut self, piece: &'static str, is_last: bool, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push(piece)?;
        if is_last {
            self.in_body = false;
            channel.resume();
            if mem::take(&mut self.timer_is_due) {
                self.handle_timer(channel)?;
            }
        }
        Ok(())
    }
}

impl Handler for Session {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        self.set_timer(channel);
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        match &mem::take(&mut self.line)[..] {
            b"SUBSCRIBE" => {
                self.is_subscribed = true;
                self.set_timer(channel);
                channel.push("subscribed\n")?;
            }
            b"BODY" => {
                self.in_body = true;
                // The answer to the next line must not land within the body either.
                channel.pause();
                tokio::spawn(send_body(self.caller.clone()));
            }
            _ => channel.push("unknown command\n")?,
        }
        Ok(())
    }

    fn handle_timer(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        if self.in_body {
            self.timer_is_due = true; // `send_piece` comes back
        } else if Instant::now() < self.ends_at {
            channel.push("ping\n")?;
            self.set_timer(channel);
        } else {
            channel.push("closing: this connection is too old\n")?;
            channel.close_when_done();
        }
        Ok(())
    }

    fn handle_timeout(&mut self, timeout: Timeout, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push(match timeout {
            Timeout::Idle => "closing: idle\n",
            // `Timeout::Frame`: a line began, and did not end in time.
            _ => "closing: too slow\n",
        })?;
        channel.close_when_done();
        Ok(())
    }
}

/// Stands for a body that takes a while to make.
async fn send_body(caller: Caller<Session>) -> Result<(), MailboxError> {
    for (index, piece) in PIECES.into_iter().enumerate() {
        tokio::time::sleep(PIECE_INTERVAL).await;
        let is_last = index == PIECES.len() - 1;
        caller.call_when_ready(move |session, channel| session.send_piece(piece, is_last, channel)).await?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:7030".into());
    let mut seconds = |default| {
        let argument = arguments.next().and_then(|argument| argument.parse().ok());
        Duration::from_secs(argument.unwrap_or(default))
    };
    let (ping_interval, idle_timeout, limit) = (seconds(30), seconds(300), seconds(3600));
    let server = Server::bind(address).await?.with_config(Config::default().with_idle_timeout(idle_timeout));
    println!("listening on {}", server.local_addr()?);
    let session = move |caller| Session {
        caller,
        ping_interval,
        ends_at: Instant::now() + limit,
        line: Vec::new(),
        is_subscribed: false,
        in_body: false,
        timer_is_due: false,
    };
    server.serve(move |peer| session(peer.caller().clone())).await
}
