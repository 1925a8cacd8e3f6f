//! `<year>.checkpoint` in a directory: one that is mounted from elsewhere, or that a backup takes away.
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use async_trait::async_trait;
use audit::tlog::Checkpoint;
use domain::audit::{AuditEvent, checkpoint_stream};
use domain::stored::StoredEvent;
use event_store::{ReadError, Store};
use runtime::files;

use super::{CopyError, Outside, SignedCheckpoint};

/// Writes a file whole or not at all, and never over one that the log does not know.
pub struct Directory {
    path: PathBuf,
    store: Store,
}

/// Checkpoints read at once on the way back to the one in the file, which most often is the last but one.
const PAGE: usize = 50;

impl Directory {
    pub fn new(path: PathBuf, store: Store) -> Self {
        Self { path, store }
    }
}

#[async_trait]
impl Outside for Directory {
    fn name(&self) -> &'static str {
        "directory"
    }

    async fn keep(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), CopyError> {
        let path = self.path.join(format!("{}.checkpoint", checkpoint.year));
        let failed = |source| CopyError::File { path: path.display().to_string(), source };
        let there = match fs::read(&path) {
            Ok(there) => Some(there),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        if let Some(there) = there {
            if there == checkpoint.note.as_bytes() {
                return Ok(());
            }
            let path = path.display().to_string();
            let Ok(there) = Checkpoint::unverified(&there) else {
                return Err(CopyError::Foreign { path });
            };
            if !is_in(&self.store, checkpoint.year, &there).await? {
                return Err(CopyError::TakenBack { path, size: there.size });
            }
            // Another scheduler is ahead of this one.
            if checkpoint.size < there.size {
                return Ok(());
            }
        }
        let (to, note) = (path.clone(), checkpoint.note.clone());
        let replace = move || files::replace(&to, |file| file.write_all(note.as_bytes()));
        let written = tokio::task::spawn_blocking(replace).await;
        written.map_err(io::Error::other).flatten().map_err(failed)
    }
}

/// Whether the log has signed exactly this.
async fn is_in(store: &Store, year: i16, wanted: &Checkpoint) -> Result<bool, ReadError> {
    let stream = checkpoint_stream(year);
    let mut from = None;
    loop {
        let page = store.read_stream_backwards(&stream, from, PAGE).await?;
        for event in &page {
            let read = AuditEvent::read(&event.kind, &event.data);
            let Ok(AuditEvent::CheckpointSigned { size, note, .. }) = read else { continue };
            if size <= wanted.size {
                return Ok(Checkpoint::unverified(note.as_bytes()).is_ok_and(|it| it == *wanted));
            }
        }
        match page.last().and_then(|it| it.revision.checked_sub(1)) {
            Some(before) => from = Some(before),
            None => return Ok(false),
        }
    }
}
