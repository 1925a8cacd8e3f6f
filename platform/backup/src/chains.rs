//! A folder of chains, of which the newest counts.
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::manifest::NAME;
use crate::{BackupError, file};

/// Where backups lie.
pub struct Folder {
    path: PathBuf,
}

/// Held by whoever writes there. The system gives it back when the process ends, however it does.
pub struct Lock(#[expect(dead_code, reason = "closed, it is given back")] File);

impl Folder {
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Makes the folder if it is not there.
    pub fn lock(&self) -> Result<Lock, BackupError> {
        std::fs::create_dir_all(&self.path).map_err(file(&self.path))?;
        let path = self.path.join(".lock");
        let lock = File::create(&path).map_err(file(&path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Lock(lock)),
            Err(TryLockError::WouldBlock) => Err(BackupError::Busy(self.path.clone())),
            Err(TryLockError::Error(source)) => Err(BackupError::File { path, source }),
        }
    }

    /// Chains with a manifest, the oldest first.
    pub fn chains(&self) -> Result<Vec<PathBuf>, BackupError> {
        let mut chains = self.entries()?;
        chains.retain(|it| it.join(NAME).is_file());
        Ok(chains)
    }

    pub fn newest(&self) -> Result<PathBuf, BackupError> {
        self.chains()?.pop().ok_or_else(|| BackupError::None(self.path.clone()))
    }

    /// Named by its beginning, so that they sort by age.
    pub(crate) fn begin(&self, now: Timestamp) -> Result<PathBuf, BackupError> {
        let chain = self.path.join(now.strftime("%Y%m%dT%H%M%S%3fZ").to_string());
        std::fs::create_dir_all(&chain).map_err(file(&chain))?;
        Ok(chain)
    }

    /// Removes all but the newest `keep` chains, and what never became one.
    pub(crate) fn prune(&self, keep: usize) -> Result<(), BackupError> {
        let chains = self.chains()?;
        let kept = chains.get(chains.len().saturating_sub(keep)..).unwrap_or_default();
        for it in self.entries()?.iter().filter(|it| !kept.contains(it)) {
            std::fs::remove_dir_all(it).map_err(file(it))?;
        }
        Ok(())
    }

    /// Folders that are called as chains are: nothing else here is ours.
    fn entries(&self) -> Result<Vec<PathBuf>, BackupError> {
        let found = match std::fs::read_dir(&self.path) {
            Ok(found) => found,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(file(&self.path)(error)),
        };
        let mut folders = Vec::new();
        for it in found {
            let path = it.map_err(file(&self.path))?.path();
            if path.is_dir() && is_chain(&path) {
                folders.push(path);
            }
        }
        folders.sort();
        Ok(folders)
    }
}

fn is_chain(path: &Path) -> bool {
    let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
    let digits = name.chars().filter(char::is_ascii_digit).count();
    (name.len(), digits, name.ends_with('Z')) == (19, 17, true)
}
