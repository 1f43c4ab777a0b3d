//! Drives a shell through a terminal, as expect(1) does: it sends a command, and waits for the prompt.
//!
//! ```text
//! cargo run -p asynchat-tokio --example expect -- 10 'uname -a' 'sleep 1; date'
//! PASSWORD=secret cargo run -p asynchat-tokio --example expect -- 10 'sudo --prompt "Password: " id'
//! ```
//!
//! The first argument says how many seconds a command may take. It prints the output of each command, and answers a prompt for
//! a password with the variable `PASSWORD`. When a command takes too long, it says what has come so far.

#[cfg(unix)]
mod shell {
    use std::io;
    use std::process::ExitStatus;
    use std::time::Duration;

    use asynchat_tokio::{BoxError, Config, Connection, Error, Terminator};
    use pty_process::{Command, Pty};
    use rustix::io::Errno;
    use tokio::process::Child;
    use tokio::time::timeout;

    /// No output of a command looks like it.
    const PROMPT: &str = "<expect prompt> ";
    const PASSWORD_PROMPT: &str = "Password: ";
    /// The most output of a command.
    const MAX_OUTPUT: usize = 16 * 1024 * 1024;
    const EXIT_TIMEOUT: Duration = Duration::from_secs(10);

    /// The output before one of the texts that were waited for, or before the end.
    pub(crate) enum Seen {
        Prompt(String),
        PasswordPrompt(String),
        End(String),
    }

    pub(crate) struct Shell {
        terminal: Connection<Pty>,
        process: Child,
        limit: Duration,
    }

    impl Shell {
        /// Starts a shell that shows no input, and waits for its first prompt.
        pub(crate) async fn start(limit: Duration) -> Result<Self, BoxError> {
            let (pty, terminal_of_shell) = pty_process::open()?;
            let command = Command::new("sh").env("PS1", PROMPT).env("TERM", "dumb").kill_on_drop(true);
            let process = command.spawn(terminal_of_shell)?;
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
            Ok(self.terminal.push(format!("{line}\n"))?)
        }

        /// Waits for a prompt, or for the end of the terminal.
        pub(crate) async fn expect(&mut self) -> Result<Seen, BoxError> {
            let text = |output: &[u8]| String::from_utf8_lossy(output).into_owned();
            match timeout(self.limit, self.terminal.next_frame_owned()).await {
                Ok(Ok(Some(output))) if self.terminal.matched() == 0 => Ok(Seen::Prompt(text(&output))),
                Ok(Ok(Some(output))) => Ok(Seen::PasswordPrompt(text(&output))),
                Ok(Ok(None)) => Ok(Seen::End(String::new())),
                Ok(Err(error)) if is_end(&error) => Ok(Seen::End(text(self.terminal.partial()))),
                Ok(Err(error)) => Err(error.into()),
                Err(_) => {
                    let output = text(self.terminal.partial());
                    Err(format!("no prompt within {:?}; so far: {output}", self.limit).into())
                }
            }
        }

        pub(crate) async fn wait(mut self) -> Result<ExitStatus, BoxError> {
            Ok(timeout(EXIT_TIMEOUT, self.process.wait()).await??)
        }
    }

    /// Returns whether the stream has ended, behind output without a prompt. When the programs of a terminal have ended, its
    /// read fails with EIO on Linux, and finds the end of the stream elsewhere.
    fn is_end(error: &Error) -> bool {
        let system_error = error.io_error().and_then(io::Error::raw_os_error);
        matches!(error, Error::Truncated(_)) || system_error == Some(Errno::IO.raw_os_error())
    }
}

#[cfg(unix)]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), asynchat_tokio::BoxError> {
    use shell::{Seen, Shell};

    let mut arguments = std::env::args().skip(1);
    let limit = arguments.next().ok_or("the arguments are SECONDS COMMAND...")?.parse()?;
    let mut shell = Shell::start(std::time::Duration::from_secs(limit)).await?;
    for command in arguments.chain(["exit".to_owned()]) {
        shell.send(&command)?;
        loop {
            match shell.expect().await? {
                Seen::Prompt(output) => {
                    print!("{output}");
                    break;
                }
                Seen::PasswordPrompt(output) => {
                    print!("{output}");
                    shell.send(&std::env::var("PASSWORD").map_err(|_| "PASSWORD is not set")?)?;
                }
                Seen::End(output) => {
                    print!("{output}");
                    println!("the shell has ended: {}", shell.wait().await?);
                    return Ok(());
                }
            }
        }
    }
    Err("the shell does not exit".into())
}

#[cfg(not(unix))]
fn main() -> Result<(), &'static str> {
    Err("this system has no terminals of Unix")
}
