//! The event that everybody stores: a hold, as this product writes it.
use std::path::Path;

use anyhow::Context;
use event_store::{Metadata, NewEvent};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub struct Sample {
    #[serde(rename = "type")]
    pub kind: String,
    pub data: Value,
    pub meta: Value,
}

impl Sample {
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read(path).with_context(|| path.display().to_string())?;
        Ok(serde_json::from_slice(&text)?)
    }

    pub fn data(&self) -> Vec<u8> {
        self.data.to_string().into_bytes()
    }

    pub fn metadata(&self) -> anyhow::Result<Metadata> {
        Ok(Metadata::deserialize(&self.meta)?)
    }

    /// The metadata as our log writes it, byte for byte.
    pub fn meta(&self) -> anyhow::Result<Vec<u8>> {
        Ok(serde_json::to_vec(&self.metadata()?)?)
    }

    /// So many new events of a new stream.
    pub fn events(&self, stream: &str, count: usize) -> anyhow::Result<Vec<NewEvent>> {
        let meta = self.metadata()?;
        let event = |revision| NewEvent {
            id: event_store::event_id(stream, revision, meta.command),
            kind: self.kind.clone(),
            data: self.data(),
            meta: meta.clone(),
        };
        Ok((0..).take(count).map(event).collect())
    }
}
