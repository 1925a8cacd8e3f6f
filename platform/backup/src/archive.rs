//! A chain that is read, as the log that it is.
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use age::x25519::Identity;
use async_trait::async_trait;
use event_store::{
    AppendError, Appended, EventStore, Expected, Metadata, NewEvent, Position, ReadError, Recorded,
    StreamEvent,
};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use crate::manifest::{Manifest, Seal, Segment};
use crate::vault_copy::{self, Restored};
use crate::{BackupError, file};

/// A chain, and who can open it. As a store it is only read, and forwards.
pub struct Archive {
    chain: PathBuf,
    pub manifest: Manifest,
    identities: Vec<Identity>,
    /// The segment that was read last.
    opened: Mutex<Option<(usize, Arc<Vec<Recorded>>)>>,
}

/// An event as it stands in a segment. Its data is a text in a text, so that not a byte of it changes.
#[derive(Serialize, Deserialize)]
struct Line {
    position: Position,
    stream: String,
    revision: u64,
    id: Uuid,
    kind: String,
    data: String,
    meta: Metadata,
}

pub(crate) fn line(it: &Recorded) -> Result<String, BackupError> {
    let Recorded { position, stream, revision, id, kind, data, meta } = it.clone();
    let no_text = || BackupError::NoText(position);
    let data = String::from_utf8(data).map_err(|_| no_text())?;
    let line = Line { position, stream, revision, id, kind, data, meta };
    let mut line = serde_json::to_string(&line).map_err(|_| no_text())?;
    line.push('\n');
    Ok(line)
}

impl Archive {
    /// Opens a chain whose manifest is ours; its files are looked at by [`Archive::check`].
    pub fn open(
        chain: PathBuf,
        identities: Vec<Identity>,
        seal: &Seal,
    ) -> Result<Self, BackupError> {
        let manifest = Manifest::read(&chain, seal)?;
        Ok(Self { chain, manifest, identities, opened: Mutex::default() })
    }

    pub fn chain(&self) -> &Path {
        &self.chain
    }

    /// That every file is there as it was written; told the bytes that were looked at.
    pub fn check(&self, progress: &dyn Fn(u64)) -> Result<(), BackupError> {
        for it in self.manifest.files() {
            it.check(&self.chain)?;
            progress(it.bytes);
        }
        Ok(())
    }

    /// Reads every event and every key; returns how many events.
    pub fn read_whole(&self) -> Result<u64, BackupError> {
        vault_copy::read(&self.manifest.vault, &self.chain, &self.identities)?;
        let mut events = 0;
        for it in &self.manifest.segments {
            events += self.read(it)?.len() as u64;
        }
        Ok(events)
    }

    /// Puts the vault into an empty database, all of it or nothing.
    pub async fn restore_vault(&self, db: &PgPool) -> Result<Restored, BackupError> {
        vault_copy::restore(&self.manifest.vault, &self.chain, &self.identities, db).await
    }

    /// The segment that holds what follows `after`.
    fn segment(&self, after: Position) -> Result<Arc<Vec<Recorded>>, BackupError> {
        let segments = &self.manifest.segments;
        let at = segments.partition_point(|it| it.until <= after);
        let Some(segment) = segments.get(at) else { return Ok(Arc::default()) };
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, events)) = opened.as_ref().filter(|it| it.0 == at) {
            return Ok(Arc::clone(events));
        }
        let events = Arc::new(self.read(segment)?);
        *opened = Some((at, Arc::clone(&events)));
        Ok(events)
    }

    fn read(&self, segment: &Segment) -> Result<Vec<Recorded>, BackupError> {
        let path = self.chain.join(&segment.file.name);
        let from = BufReader::new(segment.file.open(&self.chain, &self.identities)?);
        let mut events = Vec::new();
        for it in from.lines() {
            let it = it.map_err(file(&path))?;
            let damaged =
                |_| BackupError::Damaged { path: path.clone(), what: "a line is no event" };
            let Line { position, stream, revision, id, kind, data, meta } =
                serde_json::from_str(&it).map_err(damaged)?;
            let data = data.into_bytes();
            events.push(Recorded { position, stream, revision, id, kind, data, meta });
        }
        let ends = events.last().map(|it| it.position) == Some(segment.until);
        if ends && events.len() as u64 == segment.events {
            return Ok(events);
        }
        Err(BackupError::Damaged { path, what: "it does not hold what the manifest says" })
    }
}

const READ_ONLY: &str = "a backup is only read, and forwards";

#[async_trait]
impl EventStore for Archive {
    async fn append(
        &self,
        _: &str,
        _: Expected,
        _: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        Err(AppendError::Refused(READ_ONLY.to_owned()))
    }

    async fn read_stream(
        &self,
        stream: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        let (mut found, mut after) = (Vec::new(), 0);
        while found.len() < limit && after < self.manifest.position {
            let events = self.segment(after).map_err(unread)?;
            let Some(last) = events.last() else { break };
            let theirs = events.iter().filter(|it| it.stream == stream && from <= it.revision);
            found.extend(theirs.cloned().map(StreamEvent::from));
            after = last.position;
        }
        found.truncate(limit);
        Ok(found)
    }

    async fn read_stream_backwards(
        &self,
        _: &str,
        _: Option<u64>,
        _: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        Err(ReadError::Unavailable(READ_ONLY.into()))
    }

    async fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        let events = self.segment(after).map_err(unread)?;
        let begin = events.partition_point(|it| it.position <= after);
        Ok(events.iter().skip(begin).take(limit).cloned().collect())
    }

    async fn read_all_backwards(
        &self,
        _: Option<Position>,
        _: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        Err(ReadError::Unavailable(READ_ONLY.into()))
    }

    async fn head(&self) -> Result<Position, ReadError> {
        Ok(self.manifest.position)
    }

    /// Nothing ever changes.
    async fn changed(&self, _: Position, within: Duration) {
        tokio::time::sleep(within).await;
    }
}

fn unread(error: BackupError) -> ReadError {
    ReadError::Corrupt(error.into())
}
