//! A store of one file for each message.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::disk::{Disk, DiskFile, SystemDisk};
use super::store::{Draft, Store};

/// A [Maildir]: a folder with `tmp`, where messages are written, and `new`, where readers find them.
///
/// A message is written to `tmp` and synchronized, then renamed into `new`, which is synchronized. So a message in `new`
/// is whole after a crash at any point. One that was answered with 250 is there. One whose answer was lost may be there,
/// and the client sends it again: SMTP delivers at least once (RFC 5321 §4.5.4.1, RFC 1047).
///
/// [Maildir]: https://cr.yp.to/proto/maildir.html
#[derive(Clone)]
pub struct Maildir {
    disk: Arc<dyn Disk>,
    folder: Arc<Path>,
}

/// The time after which a file in `tmp` belongs to nobody: 36 hours, as the page of the format says.
const ABANDONED_AFTER: Duration = Duration::from_secs(36 * 60 * 60);

/// Tells the messages of one process apart.
static NEXT_NUMBER: AtomicU64 = AtomicU64::new(0);

impl Maildir {
    /// Opens a Maildir. Creates its folders if they are missing, and removes what a crash has left in `tmp` 36 hours ago
    /// or earlier.
    ///
    /// # Errors
    ///
    /// Those of the file system.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let maildir = Self::with_disk(folder, SystemDisk);
        for name in ["cur", "new", "tmp"] {
            fs::create_dir_all(maildir.folder.join(name))?;
        }
        maildir.disk.sync_folder(&maildir.folder)?;
        maildir.remove_abandoned(SystemTime::now())?;
        Ok(maildir)
    }

    /// Makes a Maildir on another file system, whose folders exist.
    pub fn with_disk(folder: impl Into<PathBuf>, disk: impl Disk) -> Self {
        Self { disk: Arc::new(disk), folder: folder.into().into() }
    }

    fn remove_abandoned(&self, now: SystemTime) -> io::Result<()> {
        for entry in fs::read_dir(self.folder.join("tmp"))? {
            let entry = entry?;
            // Another server may have removed it, or have made it just now.
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            let age = modified.ok().and_then(|modified| now.duration_since(modified).ok());
            if age.is_some_and(|age| age >= ABANDONED_AFTER) {
                let _ = self.disk.remove(&entry.path());
            }
        }
        Ok(())
    }
}

impl Store for Maildir {
    fn create(&self) -> io::Result<Box<dyn Draft>> {
        let name = unique_name(SystemTime::now());
        let path = self.folder.join("tmp").join(&name);
        let file = self.disk.create(&path)?;
        Ok(Box::new(MaildirDraft { maildir: self.clone(), file: Some(file), name, path }))
    }
}

/// Returns a name that no other message has: the time, the process, and a number within the process.
fn unique_name(now: SystemTime) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{}.M{:06}P{}Q{number}.asynchat", since.as_secs(), since.subsec_micros(), process::id())
}

struct MaildirDraft {
    maildir: Maildir,
    /// `None` once the message is committed.
    file: Option<Box<dyn DiskFile>>,
    name: String,
    /// Where the file is now.
    path: PathBuf,
}

impl Draft for MaildirDraft {
    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), |file| file.write_all(piece))
    }

    fn commit(mut self: Box<Self>) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            file.sync()?;
        }
        let disk = &self.maildir.disk;
        let folder = self.maildir.folder.join("new");
        let path = folder.join(&self.name);
        disk.rename(&self.path, &path)?;
        self.path = path;
        // If this fails, the message is removed again: the client is told to send it once more.
        disk.sync_folder(&folder)?;
        self.file = None;
        Ok(())
    }
}

impl Drop for MaildirDraft {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // If this fails, the file is removed when it is old.
            let _ = self.maildir.disk.remove(&self.path);
        }
    }
}
