//! The event that everybody stores: a hold, as this product writes it.
use std::path::Path;

use anyhow::Context;
use event_store::{Metadata, NewEvent};
use serde::Deserialize;
use serde_json::Value;

/// As everybody needs it: made once, so that nobody's figures have the making in them.
pub struct Sample {
    pub kind: String,
    pub data: Value,
    pub meta: Value,
    written: Vec<u8>,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "type")]
    kind: String,
    data: Value,
    meta: Value,
}

impl Sample {
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read(path).with_context(|| path.display().to_string())?;
        let File { kind, data, meta } = serde_json::from_slice(&text)?;
        let metadata = Metadata::deserialize(&meta)?;
        Ok(Self { kind, written: data.to_string().into_bytes(), data, meta, metadata })
    }

    pub fn data(&self) -> &[u8] {
        &self.written
    }

    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The metadata as our log writes it, byte for byte.
    pub fn meta(&self) -> anyhow::Result<Vec<u8>> {
        Ok(serde_json::to_vec(&self.metadata)?)
    }

    /// So many new events of a new stream.
    pub fn events(&self, stream: &str, count: usize) -> Vec<NewEvent> {
        let event = |revision| NewEvent {
            id: event_store::event_id(stream, revision, self.metadata.command),
            kind: self.kind.clone(),
            data: self.written.clone(),
            meta: self.metadata.clone(),
        };
        (0..).take(count).map(event).collect()
    }
}
