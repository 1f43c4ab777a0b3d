//! A file system in memory, on which the machine may crash at any step.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use asynchat_tests::protocols::smtp::{Disk, DiskFile};

/// A disk that fails at one step. A clone is the same disk.
#[derive(Clone)]
pub(crate) struct CrashDisk(Arc<Mutex<State>>);

struct State {
    steps: usize,
    fault: Fault,
    /// The content of each file: what was written, and how much of it is durable.
    files: Vec<(Vec<u8>, usize)>,
    /// The names now, and those that a crash leaves for sure.
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
}

/// The step at which the disk fails, counted from 0.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    None,
    /// This step fails, and the others do not.
    Error(usize, ErrorKind),
    /// The machine crashes before this step: neither it nor a later one takes place.
    Crash(usize),
}

impl CrashDisk {
    pub(crate) fn new(fault: Fault) -> Self {
        Self(Arc::new(Mutex::new(State {
            steps: 0,
            fault,
            files: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
        })))
    }

    /// Returns how many steps were tried.
    pub(crate) fn steps(&self) -> usize {
        self.lock().steps
    }

    /// Returns the names as a running system sees them.
    pub(crate) fn names(&self) -> Vec<PathBuf> {
        self.lock().names.keys().cloned().collect()
    }

    /// Returns each content that a file in `new` may have after a loss of power now: a name that is not durable may be
    /// there, and of what is not durable any part may be lost.
    pub(crate) fn possible_messages(&self) -> Vec<Vec<u8>> {
        let state = self.lock();
        let is_new = |path: &Path| path.parent().is_some_and(|folder| folder.ends_with("new"));
        let names = state.names.iter().chain(&state.durable_names).filter(|(path, _)| is_new(path));
        names
            .flat_map(|(_, &file)| {
                let (content, durable_len) = &state.files[file];
                (*durable_len..=content.len()).map(|len| content[..len].to_vec())
            })
            .collect()
    }

    /// Returns the messages that are there after a loss of power for sure.
    pub(crate) fn durable_messages(&self) -> usize {
        self.lock()
            .durable_names
            .keys()
            .filter(|path| path.parent().is_some_and(|folder| folder.ends_with("new")))
            .count()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Takes a step, unless it fails.
    fn step(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.lock();
        let step = state.steps;
        state.steps += 1;
        match state.fault {
            Fault::Error(at, kind) if at == step => Err(kind.into()),
            Fault::Crash(at) if at <= step => Err(io::Error::other("the machine is down")),
            _ => Ok(state),
        }
    }
}

impl Disk for CrashDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.step()?;
        let file = state.files.len();
        state.files.push((Vec::new(), 0));
        assert_eq!(state.names.insert(path.into(), file), None, "the name is not unique");
        Ok(Box::new(CrashFile { disk: self.clone(), file }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.step()?;
        let file = state.names.remove(from).ok_or(ErrorKind::NotFound)?;
        assert_eq!(state.names.insert(to.into(), file), None, "the name is not unique");
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.step()?;
        let is_inside = |path: &Path| path.parent() == Some(folder);
        let names: Vec<_> =
            state.names.iter().filter(|(path, _)| is_inside(path)).map(|(p, f)| (p.clone(), *f)).collect();
        state.durable_names.retain(|path, _| !is_inside(path));
        state.durable_names.extend(names);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?.names.remove(path).map(drop).ok_or_else(|| ErrorKind::NotFound.into())
    }
}

struct CrashFile {
    disk: CrashDisk,
    file: usize,
}

impl Write for CrashFile {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        // Half of it, so that a crash may come within a piece.
        let len = data.len().div_ceil(2);
        self.disk.step()?.files[self.file].0.extend_from_slice(&data[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for CrashFile {
    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.step()?;
        let (content, durable_len) = &mut state.files[self.file];
        *durable_len = content.len();
        Ok(())
    }
}
