//! `LOG_FILE`, which somebody else rotates: they move the file away, and the next look opens another at its path.
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tracing_subscriber::fmt::MakeWriter;

/// Cheap to clone; all clones are one file. Lines are appended, whole, so that several processes may share it.
#[derive(Clone)]
pub(super) struct LogFile {
    path: PathBuf,
    open: Arc<RwLock<Arc<File>>>,
}

impl LogFile {
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = Arc::new(open(path)?);
        Ok(Self { path: path.to_owned(), open: Arc::new(RwLock::new(file)) })
    }

    /// Opens it again if what is open is not what lies at the path any more. A line that is being written ends in the
    /// file it began in. What cannot be opened leaves the old one.
    pub fn follow(&self) -> io::Result<()> {
        let place = |it: Metadata| (it.dev(), it.ino());
        let there = std::fs::metadata(&self.path).map(place).ok();
        if there != Some(place(self.current().metadata()?)) {
            let file = Arc::new(open(&self.path)?);
            *self.open.write().unwrap_or_else(PoisonError::into_inner) = file;
        }
        Ok(())
    }

    fn current(&self) -> Arc<File> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<'a> MakeWriter<'a> for LogFile {
    type Writer = Arc<File>;

    fn make_writer(&'a self) -> Arc<File> {
        self.current()
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}
