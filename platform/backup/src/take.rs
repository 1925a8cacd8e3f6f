//! Putting away what was recorded since the last time.
use std::path::{Path, PathBuf};

use age::x25519::Recipient;
use event_store::{LogId, Position, Recorded, Store};
use jiff::{SignedDuration, Timestamp};
use sqlx::PgPool;

use crate::archive::line;
use crate::chains::Folder;
use crate::envelope::Writing;
use crate::manifest::{Manifest, Seal, Segment, sync_folder};
use crate::{BackupError, file, vault_copy};

/// A backup to take.
pub struct Taking<'a> {
    pub folder: &'a Folder,
    pub store: &'a Store,
    pub log: LogId,
    pub vault: &'a PgPool,
    /// Whoever has the identity of one of these can restore.
    pub recipients: &'a [Recipient],
    pub seal: &'a Seal,
    pub now: Timestamp,
    /// Begins a chain, though the newest could be gone on with.
    pub full: bool,
    /// So does a run when the newest was begun so long ago: nothing should depend on one file of long ago.
    pub full_after: SignedDuration,
    /// So many chains stay.
    pub keep: usize,
    /// Told how far the log is read, and how far it goes.
    pub progress: &'a (dyn Fn(Position, Position) + Sync),
}

/// What a run put away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub chain: PathBuf,
    pub manifest: Manifest,
    /// Events of this run.
    pub events: u64,
}

/// Events in one read, and bytes of plain text in one segment: it is in memory as a whole when it is restored.
const PAGE: usize = 500;
const SEGMENT_BYTES: usize = 32 << 20;

impl Taking<'_> {
    pub async fn run(&self) -> Result<Taken, BackupError> {
        let _lock = self.folder.lock()?;
        let (chain, mut manifest) = self.chain().await?;
        let before = manifest.events;
        let until = self.store.head().await.map_err(BackupError::Log)?;
        while manifest.position < until {
            let Some(segment) = self.segment(&chain, &mut manifest, until).await? else { break };
            manifest.segments.push(segment);
        }
        let name = format!("vault-{}.jsonl.gz.age", self.now.strftime("%Y%m%dT%H%M%S%3fZ"));
        manifest.vault = vault_copy::take(self.vault, &chain, &name, self.recipients).await?;
        manifest.taken_at = self.now;
        sync_folder(&chain)?;
        manifest.write(&chain, self.seal)?;
        clean(&chain, &manifest)?;
        self.folder.prune(self.keep.max(1))?;
        let events = manifest.events - before;
        Ok(Taken { chain, manifest, events })
    }

    /// The newest one, if it is of this log as it stands.
    async fn chain(&self) -> Result<(PathBuf, Manifest), BackupError> {
        let begin = || Ok((self.folder.begin(self.now)?, Manifest::new(self.log, self.now)));
        let newest = match self.folder.newest() {
            Ok(newest) if !self.full => newest,
            Ok(_) | Err(BackupError::None(_)) => return begin(),
            Err(error) => return Err(error),
        };
        let manifest = Manifest::read(&newest, self.seal)?;
        if self.full_after <= self.now.duration_since(manifest.begun_at) {
            return begin();
        }
        let another = |why| BackupError::AnotherLog { path: newest.clone(), why };
        if manifest.log != self.log {
            return Err(another("it has another id"));
        }
        if 0 < manifest.position {
            let before = manifest.position - 1;
            let there = self.store.read_all(before, 1).await.map_err(BackupError::Log)?;
            let there = there.first().filter(|it| it.position == manifest.position);
            if there.map(|it| it.id) != manifest.last {
                return Err(another("it was restored to an earlier point since"));
            }
        }
        Ok((newest, manifest))
    }

    async fn segment(
        &self,
        chain: &Path,
        manifest: &mut Manifest,
        until: Position,
    ) -> Result<Option<Segment>, BackupError> {
        let (after, before) = (manifest.position, manifest.events);
        // Their own files are known by where they begin: one that a killed run left is written over.
        let name = format!("log-{after:012}.jsonl.gz.age");
        let mut to = Writing::begin(chain.join(name), self.recipients)?;
        while manifest.position < until && to.plain() < SEGMENT_BYTES {
            let page =
                self.store.read_all(manifest.position, PAGE).await.map_err(BackupError::Log)?;
            let page: Vec<Recorded> = page.into_iter().filter(|it| it.position <= until).collect();
            let Some(last) = page.last() else { break };
            for it in &page {
                to.write(line(it)?.as_bytes())?;
            }
            (manifest.position, manifest.last) = (last.position, Some(last.id));
            manifest.events += page.len() as u64;
            (self.progress)(manifest.position, until);
        }
        if manifest.events == before {
            return Ok(None);
        }
        let (until, events) = (manifest.position, manifest.events - before);
        Ok(Some(Segment { after, until, events, file: to.finish()? }))
    }
}

/// Removes what the manifest does not name: older copies of the vault, which know people who were erased since, and what
/// a killed run left.
fn clean(chain: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    for it in std::fs::read_dir(chain).map_err(file(chain))? {
        let path = it.map_err(file(chain))?.path();
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        let is_ours = name.contains(".age") || name.contains(".part");
        if is_ours && manifest.files().all(|it| it.name != name) {
            std::fs::remove_file(&path).map_err(file(&path))?;
        }
    }
    Ok(())
}
