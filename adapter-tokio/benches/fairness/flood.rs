//! One client that pipelines as fast as the server takes it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::load::process::Process;

const OK: &[u8] = b"+OK\r\n";

/// A connection that two threads fill and empty.
pub(crate) struct Flood {
    connection: TcpStream,
    received: Arc<AtomicU64>,
    threads: [JoinHandle<()>; 2],
    begun: Instant,
}

impl Flood {
    /// Starts the load, and returns once it is answered.
    pub(crate) fn start(server: &Process) -> io::Result<Self> {
        let connection = server.connect()?;
        let (mut reader, mut writer) = (connection.try_clone()?, connection.try_clone()?);
        let received = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&received);
        let requests = requests();
        let writing = thread::spawn(move || while writer.write_all(&requests).is_ok() {});
        let reading = thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                counter.fetch_add(read as u64, Ordering::Relaxed);
            }
        });
        while received.load(Ordering::Relaxed) == 0 && !reading.is_finished() {
            thread::sleep(Duration::from_millis(1));
        }
        Ok(Self { connection, received, threads: [writing, reading], begun: Instant::now() })
    }

    /// Ends the load, and returns the answers per second.
    pub(crate) fn stop(self) -> io::Result<f64> {
        let answers = self.received.load(Ordering::Relaxed) / OK.len() as u64;
        let rate = answers as f64 / self.begun.elapsed().as_secs_f64();
        self.connection.shutdown(Shutdown::Both)?;
        for thread in self.threads {
            thread.join().map_err(|_| io::Error::other("the load has panicked"))?;
        }
        if answers == 0 { Err(io::Error::other("the load was not answered")) } else { Ok(rate) }
    }
}

/// 4,000 requests of ten keys.
fn requests() -> Vec<u8> {
    let mut requests = Vec::new();
    for first in (0..40_000).step_by(10) {
        let mut words = vec!["MSET".to_owned()];
        for number in first % 1000..first % 1000 + 10 {
            words.extend([format!("key:{number:06}"), "value".to_owned()]);
        }
        requests.extend(format!("*{}\r\n", words.len()).into_bytes());
        for word in words {
            requests.extend(format!("${}\r\n{word}\r\n", word.len()).into_bytes());
        }
    }
    requests
}
