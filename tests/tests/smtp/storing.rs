//! The work on the store, whose jobs the test runs itself, one by one.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Waker;
use std::time::Duration;

use asynchat_core::drive::{Mailbox, isolate_panic, mailbox};
use asynchat_core::{Chat, Config, Error, Input};
use asynchat_tests::harness::noop_context;
use asynchat_tests::protocols::smtp::fuzzing::content;
use asynchat_tests::protocols::smtp::{Draft, Job, MemoryStore, PIECE_LEN, SmtpHandler, Store, Workers};
use bytes::Buf;

use crate::support::{PROLOGUE, service};

const NOW: Duration = Duration::ZERO;

type Jobs = Arc<Mutex<VecDeque<Job>>>;

/// A connection whose workers run when the test says so.
struct Client {
    chat: Chat<SmtpHandler>,
    mailbox: Mailbox<SmtpHandler>,
    jobs: Jobs,
    unread: Vec<u8>,
}

impl Client {
    /// Connects, and begins a message.
    fn new(store: impl Store) -> Self {
        let jobs = Jobs::default();
        let workers = Workers::from_fn({
            let jobs = Arc::clone(&jobs);
            move |job| jobs.lock().unwrap().push_back(job)
        });
        let service = Arc::new(service(store).with_workers(workers));
        let (_, mailbox) = mailbox(1024);
        let handler = SmtpHandler::new(&service).with_caller(mailbox.caller());
        let mut client = Self { chat: Chat::new(handler, Config::default()), mailbox, jobs, unread: Vec::new() };
        client.send(PROLOGUE.as_bytes());
        assert!(client.read().ends_with("354 end the message with a line that is one dot\r\n"));
        client
    }

    /// Sends bytes. What the paused chat does not take is kept.
    fn send(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
        let mut input = Input::new(&self.unread);
        self.chat.handle_input(NOW, &mut input).unwrap();
        self.unread = input.remaining().to_vec();
    }

    fn read(&mut self) -> String {
        let mut staged = self.chat.poll_transmit(&mut noop_context());
        let len = staged.remaining();
        String::from_utf8(staged.copy_to_bytes(len).to_vec()).unwrap()
    }

    fn is_paused(&self) -> bool {
        self.chat.channel().is_paused()
    }

    fn jobs(&self) -> usize {
        self.jobs.lock().unwrap().len()
    }

    /// Runs the next job as a worker does, and goes on with what was sent.
    fn run_job(&mut self) {
        let job = self.jobs.lock().unwrap().pop_front().expect("a job");
        let _ = isolate_panic(job);
        let _ = self.mailbox.poll_collect(&mut self.chat, NOW, Waker::noop());
        if self.chat.outcome().is_none() {
            self.send(b"");
        }
    }
}

/// A store that counts its drafts, and keeps nothing.
#[derive(Clone, Default)]
struct CountingStore {
    drafts: Arc<AtomicUsize>,
}

struct CountedDraft(Arc<AtomicUsize>);

impl CountingStore {
    fn drafts(&self) -> usize {
        self.drafts.load(Ordering::Relaxed)
    }
}

impl Store for CountingStore {
    fn create(&self) -> io::Result<Box<dyn Draft>> {
        self.drafts.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(CountedDraft(Arc::clone(&self.drafts))))
    }
}

impl Draft for CountedDraft {
    fn write(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn commit(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for CountedDraft {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A store that panics.
struct PanickingStore;

impl Store for PanickingStore {
    fn create(&self) -> io::Result<Box<dyn Draft>> {
        panic!("a bug in the store");
    }
}

// C12, C14
#[test]
fn smtp_250_waits_for_the_store() {
    let store = MemoryStore::new();
    let mut client = Client::new(store.clone());
    client.send(b"text\r\n.\r\nNOOP\r\n");
    assert_eq!((client.read().as_str(), client.is_paused(), client.jobs()), ("", true, 1));
    assert!(store.take_messages().is_empty());
    client.run_job();
    assert_eq!(client.read(), "250 OK\r\n250 OK\r\n");
    assert_eq!(content(&store.take_messages()[0]), b"text\r\n");
    assert!(!client.is_paused());
}

// C12
#[test]
fn smtp_large_message_keeps_one_piece_away() {
    let store = MemoryStore::new();
    let mut client = Client::new(store.clone());
    let line = [&[b'x'; 998][..], b"\r\n"].concat();
    let message = line.repeat(10 * PIECE_LEN / line.len());
    let mut rest = &message[..];
    let mut jobs = 0;
    while !rest.is_empty() {
        if client.is_paused() {
            assert_eq!(client.jobs(), 1);
            client.run_job();
            jobs += 1;
            continue;
        }
        let (piece, after) = rest.split_at(rest.len().min(700));
        client.send(piece);
        rest = after;
    }
    client.send(b".\r\n");
    while client.jobs() > 0 {
        client.run_job();
        jobs += 1;
    }
    assert_eq!(client.read(), "250 OK\r\n");
    assert_eq!(jobs, 10, "each job has a piece of {PIECE_LEN} bytes");
    assert!(content(&store.take_messages()[0]) == message);
}

// C12
#[test]
fn smtp_client_waits_while_a_piece_is_away() {
    let mut client = Client::new(MemoryStore::new());
    let line = [&[b'x'; 998][..], b"\r\n"].concat();
    client.send(&line.repeat(200));
    assert_eq!((client.jobs(), client.is_paused()), (1, true));
    let taken = 200 * line.len() - client.unread.len();
    assert!((2 * PIECE_LEN..2 * PIECE_LEN + 2 * line.len()).contains(&taken), "{taken} bytes");
}

#[test]
fn smtp_message_refused_in_a_piece_leaves_nothing() {
    let store = CountingStore::default();
    let mut client = Client::new(store.clone());
    client.send(&[&[b'x'; PIECE_LEN][..], b"\r\nbare\nnewline\r\n.\r\nNOOP\r\n"].concat());
    // The first piece is away when the newline comes.
    assert_eq!((client.jobs(), client.is_paused(), store.drafts()), (1, true, 0));
    client.run_job();
    assert_eq!(client.read(), "554 the message has a CR or an LF outside of a CRLF\r\n250 OK\r\n");
    assert_eq!((client.jobs(), store.drafts()), (1, 1));
    client.run_job();
    assert_eq!(store.drafts(), 0);
}

#[test]
fn smtp_connection_that_ends_leaves_no_draft() {
    let store = CountingStore::default();
    let mut client = Client::new(store.clone());
    client.send(&[b'x'; PIECE_LEN]);
    client.run_job();
    assert_eq!(store.drafts(), 1);
    let Client { chat, jobs, .. } = client;
    drop(chat);
    // A worker drops it, since that removes a file.
    assert_eq!(store.drafts(), 1);
    let job = jobs.lock().unwrap().pop_front().expect("a job");
    job();
    assert_eq!(store.drafts(), 0);
}

#[test]
fn smtp_connection_that_ends_does_not_stop_a_commit() {
    let store = MemoryStore::new();
    let mut client = Client::new(store.clone());
    client.send(b"text\r\n.\r\n");
    let Client { chat, mailbox, jobs, .. } = client;
    drop((chat, mailbox));
    let job = jobs.lock().unwrap().pop_front().expect("a job");
    job();
    assert_eq!(store.take_messages().len(), 1);
}

// C16
#[test]
fn smtp_store_that_panics_ends_its_connection() {
    let mut client = Client::new(PanickingStore);
    client.send(b"text\r\n.\r\n");
    client.run_job();
    assert_eq!(client.chat.outcome(), Some(Err(&Error::Aborted)));
}

// C16
#[test]
fn smtp_job_that_is_dropped_ends_its_connection() {
    let mut client = Client::new(MemoryStore::new());
    client.send(b"text\r\n.\r\n");
    client.jobs.lock().unwrap().clear();
    let _ = client.mailbox.poll_collect(&mut client.chat, NOW, Waker::noop());
    assert_eq!(client.chat.outcome(), Some(Err(&Error::Aborted)));
}

// C17
#[test]
fn smtp_shutdown_answers_the_stored_message_first() {
    let mut client = Client::new(MemoryStore::new());
    client.send(b"text\r\n.\r\nNOOP\r\n");
    client.chat.request_shutdown(NOW).unwrap();
    assert_eq!(client.read(), "");
    client.run_job();
    assert_eq!(client.read(), "250 OK\r\n421 host closing: the server shuts down\r\n");
    assert!(client.chat.wants_shutdown());
}

/// One synchronization holds up its own connection and no other.
#[test]
fn workers_run_other_jobs_while_one_waits() {
    let workers = Workers::start(2).unwrap();
    let (opener, gate) = mpsc::channel::<()>();
    let (report, reports) = mpsc::channel();
    // The first job waits until the others are done.
    let first = report.clone();
    workers.submit(move || {
        gate.recv().unwrap();
        first.send("the slow one").unwrap();
    });
    workers.submit(|| panic!("a bug"));
    for name in ["one", "two"] {
        let report = report.clone();
        workers.submit(move || report.send(name).unwrap());
    }
    assert_eq!(reports.recv().unwrap(), "one");
    assert_eq!(reports.recv().unwrap(), "two");
    opener.send(()).unwrap();
    assert_eq!(reports.recv().unwrap(), "the slow one");
}
