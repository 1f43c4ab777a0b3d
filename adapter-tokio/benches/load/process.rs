//! A server in a process of its own, and the processor time that it has taken.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::SERVE;

/// A server process, which is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts this binary as the server of this name, and waits for its address.
    pub(crate) fn start(name: &str) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([SERVE, name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut address)?;
        }
        let address = address.trim().parse();
        Ok(Self { child, address: address.map_err(|_| io::Error::other("the server did not print its address"))? })
    }

    /// Takes over another program that listens on this address.
    pub(crate) fn other(child: Child, address: SocketAddr) -> Self {
        Self { child, address }
    }

    /// Connects a client. A server that hangs is an error after ten seconds.
    pub(crate) fn connect(&self) -> io::Result<TcpStream> {
        const TIMEOUT: Duration = Duration::from_secs(10);
        let connection = TcpStream::connect_timeout(&self.address, TIMEOUT)?;
        connection.set_nodelay(true)?;
        connection.set_read_timeout(Some(TIMEOUT))?;
        connection.set_write_timeout(Some(TIMEOUT))?;
        Ok(connection)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns the processor time that its threads have taken so far, in the kernel too, in nanoseconds.
    ///
    /// `schedstat` counts nanoseconds, and `stat` ticks of ten milliseconds. Threads that have ended do not count: the
    /// servers keep theirs.
    pub(crate) fn processor_time(&self) -> io::Result<u64> {
        let mut total = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.id()))? {
            let report = fs::read_to_string(thread?.path().join("schedstat"))?;
            let time = report.split(' ').next().and_then(|time| time.parse::<u64>().ok());
            total += time.ok_or_else(|| io::Error::other("no processor time in schedstat"))?;
        }
        Ok(total)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Tells the parent where a server listens.
pub(crate) fn announce(address: SocketAddr) {
    println!("{address}");
}

/// Ends a server when its standard input ends, which happens when the parent does.
pub(super) fn exit_with_parent() {
    thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
}
