//! The Maildir: on the file system, and on one that fails or crashes at each step.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use asynchat_tests::protocols::in_memory::drive_in_memory;
use asynchat_tests::protocols::smtp::fuzzing::{content, reply_codes};
use asynchat_tests::protocols::smtp::{Maildir, PIECE_LEN, SmtpHandler};

use crate::crash_disk::{CrashDisk, Fault};
use crate::support::{PROLOGUE, PROLOGUE_CODES, service};

/// A folder that is removed at the end.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("asynchat-{name}-{}", process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn files(&self, folder: &str) -> Vec<PathBuf> {
        fs::read_dir(self.0.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A message of three pieces.
fn message() -> Vec<u8> {
    let line = [&[b'x'; 500][..], b"\r\n"].concat();
    line.repeat(5 * PIECE_LEN / 2 / line.len())
}

/// Sends the message and a NOOP. Returns the code of the reply to the message, and checks the others.
fn send(maildir: Maildir) -> u16 {
    let service = Arc::new(service(maildir));
    let stream = [PROLOGUE.as_bytes(), &message(), b".\r\nVRFY a\r\n"].concat();
    let transcript = drive_in_memory(SmtpHandler::new(&service), stream.chunks(5000), usize::MAX);
    let codes = reply_codes(&transcript.output);
    assert_eq!((&codes[..5], codes.len(), codes[6]), (&PROLOGUE_CODES[..], 7, 252), "{codes:?}");
    codes[5]
}

#[test]
fn maildir_has_each_message_in_new() {
    let folder = TemporaryFolder::new("new");
    let maildir = Maildir::open(&folder.0).unwrap();
    assert_eq!(send(maildir.clone()), 250);
    assert_eq!(send(maildir), 250);
    let files = folder.files("new");
    assert_eq!(files.len(), 2);
    for file in files {
        assert!(content(&fs::read(&file).unwrap()) == message());
        assert_private(&file);
    }
    assert!(folder.files("tmp").is_empty() && folder.files("cur").is_empty());
}

#[cfg(unix)]
fn assert_private(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(not(unix))]
fn assert_private(_: &Path) {}

#[test]
fn maildir_open_removes_only_abandoned_files() {
    let folder = TemporaryFolder::new("abandoned");
    Maildir::open(&folder.0).unwrap();
    for (name, hours) in [("old", 37), ("young", 35)] {
        let file = File::create(folder.0.join("tmp").join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(hours * 60 * 60)).unwrap();
    }
    Maildir::open(&folder.0).unwrap();
    assert_eq!(folder.files("tmp"), [folder.0.join("tmp/young")]);
}

/// Returns how many steps a message takes on a disk without a fault.
fn count_steps() -> usize {
    let disk = CrashDisk::new(Fault::None);
    assert_eq!(send(Maildir::with_disk("mail", disk.clone())), 250);
    assert_eq!(disk.durable_messages(), 1);
    assert!(disk.steps() > 10, "the crashes come within pieces too");
    disk.steps()
}

#[test]
fn maildir_crash_leaves_whole_messages_or_none() {
    let steps = count_steps();
    for step in 0..=steps {
        let disk = CrashDisk::new(Fault::Crash(step));
        let code = send(Maildir::with_disk("mail", disk.clone()));
        assert_eq!(code, if step == steps { 250 } else { 451 }, "a crash before step {step}");
        for possible in disk.possible_messages() {
            assert!(content(&possible) == message(), "a crash before step {step} leaves {} bytes", possible.len());
        }
        assert!(code != 250 || disk.durable_messages() == 1);
    }
}

#[test]
fn maildir_error_leaves_nothing() {
    for (kind, code) in [
        (ErrorKind::StorageFull, 452),
        (ErrorKind::QuotaExceeded, 452),
        (ErrorKind::FileTooLarge, 552),
        (ErrorKind::PermissionDenied, 451),
    ] {
        for step in 0..count_steps() {
            let disk = CrashDisk::new(Fault::Error(step, kind));
            assert_eq!(send(Maildir::with_disk("mail", disk.clone())), code, "{kind} at step {step}");
            assert!(disk.names().is_empty(), "{kind} at step {step}");
        }
    }
}

/// A message that ends within its content, since the client has gone.
#[test]
fn maildir_unfinished_message_leaves_nothing() {
    let disk = CrashDisk::new(Fault::None);
    let service = Arc::new(service(Maildir::with_disk("mail", disk.clone())));
    let stream = [PROLOGUE.as_bytes(), &message()].concat();
    let transcript = drive_in_memory(SmtpHandler::new(&service), stream.chunks(5000), usize::MAX);
    assert_eq!(reply_codes(&transcript.output), PROLOGUE_CODES);
    assert!(disk.steps() > 5);
    assert!(disk.names().is_empty());
}
