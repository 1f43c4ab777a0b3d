//! The sources of this workspace, for tests that read them.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// Returns the Rust files below a folder, in order. Folders of build output, named `target`, are skipped.
///
/// # Errors
///
/// If a folder cannot be read.
pub fn rust_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.extend(Some(path).filter(|path| !path.ends_with("target")));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_files_are_found_in_nested_folders() -> io::Result<()> {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let found = rust_files(&sources)?;
        for name in ["lib.rs", "harness.rs", "harness/sources.rs"] {
            assert!(found.contains(&sources.join(name)), "{name}");
        }
        assert!(found.is_sorted());
        Ok(())
    }
}
