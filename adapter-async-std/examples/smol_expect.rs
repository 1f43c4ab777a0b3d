//! Drives a shell through a terminal, as expect(1) does: it sends a command, and waits for the prompt.
//!
//! ```text
//! cargo run -p asynchat-async-std --features smol --example smol_expect -- 10 'uname -a' 'sleep 1; date'
//! PASSWORD=secret cargo run -p asynchat-async-std --features smol --example smol_expect -- 10 'sudo --prompt "Password: " id'
//! ```
//!
//! The first argument says how many seconds a command may take. It prints the output of each command, and answers a
//! prompt for a password with the variable `PASSWORD`, once for each command. When a command takes too long, it says
//! what has come so far.

#[cfg(unix)]
mod shell {
    use std::fs::File;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::process::{Child, ExitStatus};
    use std::time::Duration;

    use asynchat_async_std::{BoxError, Bytes, Config, Connection, Error, Terminator};
    use pty_process::blocking::{Command, open};
    use rustix::io::Errno;
    use smol::future::FutureExt as _;
    use smol::{Async, Timer};

    const PROMPT: &str = "<expect prompt> ";
    /// The shell expands it to the prompt. So a command that prints its environment does not print a prompt.
    const PS1: &str = "<expect ${PS1:+}prompt> ";
    const PASSWORD_PROMPT: &str = "Password: ";
    /// The most output of a command.
    const MAX_OUTPUT: usize = 16 * 1024 * 1024;
    /// A terminal cuts a longer line: 1,024 bytes on macOS, 4,096 on Linux.
    const MAX_LINE_LEN: usize = 1023;
    const EXIT_TIMEOUT: Duration = Duration::from_secs(10);
    const EXIT_POLL_INTERVAL: Duration = Duration::from_millis(10);

    pub(crate) enum Seen {
        Prompt,
        PasswordPrompt,
        End,
    }

    pub(crate) struct Shell {
        terminal: Connection<Async<File>>,
        process: Child,
        limit: Duration,
    }

    impl Shell {
        /// Starts a shell that shows no input, and waits for its first prompt.
        pub(crate) async fn start(limit: Duration) -> Result<Self, BoxError> {
            let (pty, terminal_of_shell) = open()?;
            let command = Command::new("sh").env("PS1", PS1).env("TERM", "dumb").env_remove("ENV");
            let process = command.spawn(terminal_of_shell)?;
            let pty = Async::new(File::from(OwnedFd::from(pty)))?;
            let texts = Terminator::any_of([PROMPT, PASSWORD_PROMPT])?;
            let config = Config::default().with_max_frame_len(MAX_OUTPUT);
            let mut shell = Self { terminal: Connection::with_config(pty, texts, config), process, limit };
            shell.expect().await?;
            shell.send("stty -echo -onlcr")?;
            shell.expect().await?;
            Ok(shell)
        }

        /// Sends a line. It leaves with the next wait.
        pub(crate) fn send(&mut self, line: &str) -> Result<(), BoxError> {
            // A line end would begin another command, whose prompt nobody waits for.
            if line.len() > MAX_LINE_LEN || line.contains(char::is_control) {
                return Err("a line for the terminal is too long, or has a control character in it".into());
            }
            Ok(self.terminal.push(format!("{line}\n"))?)
        }

        /// Waits for a prompt, or for the end of the terminal. Returns the output before it too.
        pub(crate) async fn expect(&mut self) -> Result<(Seen, String), BoxError> {
            let (seen, output) = match self.terminal.next_frame_owned().or(timeout(self.limit)).await {
                Ok(Some(output)) if self.terminal.matched() == 0 => (Seen::Prompt, output),
                Ok(Some(output)) => (Seen::PasswordPrompt, output),
                Ok(None) => (Seen::End, Bytes::new()),
                Err(error) if is_end(&error) => (Seen::End, Bytes::copy_from_slice(self.terminal.partial())),
                // The next call goes on where this one has stopped.
                Err(error) if error.is_call_timeout() => {
                    let output = String::from_utf8_lossy(self.terminal.partial());
                    return Err(format!("no prompt within {:?}; so far: {output}", self.limit).into());
                }
                Err(error) => return Err(error.into()),
            };
            Ok((seen, String::from_utf8_lossy(&output).into_owned()))
        }

        pub(crate) async fn wait(mut self) -> Result<ExitStatus, BoxError> {
            let exit = async {
                loop {
                    if let Some(status) = self.process.try_wait()? {
                        return Ok::<_, Error>(status);
                    }
                    Timer::after(EXIT_POLL_INTERVAL).await;
                }
            };
            Ok(exit.or(timeout(EXIT_TIMEOUT)).await?)
        }
    }

    impl Drop for Shell {
        fn drop(&mut self) {
            // Neither does anything to a shell that was waited for.
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }

    /// Fails after a time.
    async fn timeout<T>(limit: Duration) -> Result<T, Error> {
        Timer::after(limit).await;
        Err(Error::call_timeout())
    }

    /// Returns whether the stream has ended, behind output without a prompt. When the programs of a terminal have
    /// ended, its read fails with EIO on Linux, and finds the end of the stream elsewhere.
    fn is_end(error: &Error) -> bool {
        let system_error = error.io_error().and_then(io::Error::raw_os_error);
        matches!(error, Error::Truncated(_)) || system_error == Some(Errno::IO.raw_os_error())
    }
}

#[cfg(unix)]
async fn run() -> Result<(), asynchat_async_std::BoxError> {
    use shell::{Seen, Shell};

    let mut arguments = std::env::args().skip(1);
    let limit = arguments.next().ok_or("the arguments are SECONDS COMMAND...")?.parse()?;
    let mut shell = Shell::start(std::time::Duration::from_secs(limit)).await?;
    for command in arguments.chain(["exit".to_owned()]) {
        shell.send(&command)?;
        // A password that was refused is not sent again, which might lock the account.
        let mut password = std::env::var("PASSWORD").ok();
        loop {
            let (seen, output) = shell.expect().await?;
            print!("{output}");
            match seen {
                Seen::Prompt => break,
                Seen::PasswordPrompt => shell.send(&password.take().ok_or("no password, or a wrong one")?)?,
                Seen::End => {
                    println!("the shell has ended: {}", shell.wait().await?);
                    return Ok(());
                }
            }
        }
    }
    Err("the shell does not exit".into())
}

#[cfg(unix)]
fn main() -> Result<(), asynchat_async_std::BoxError> {
    smol::block_on(run())
}

#[cfg(not(unix))]
fn main() -> Result<(), &'static str> {
    Err("this system has no terminals of Unix")
}
