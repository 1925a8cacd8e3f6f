//! What the log says of keys and people.
use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::{Context, bail};
use domain::retention::RetentionEvent;
use domain::stored::StoredEvent;
use event_store::Position;
use jiff::civil::Date;
use serde_json::Value;
use uuid::Uuid;

use crate::events::log::Log;
use crate::events::walk::{Step, Walk};

/// All of it: one key is some forty bytes here.
#[derive(Default)]
pub struct Said {
    /// Every key that something is sealed under, and where it stands first.
    pub keys: HashMap<Uuid, Position>,
    /// People whose erasure was asked for (`user-<id>`, `guest-<id>`), and by which event.
    pub asked: HashMap<String, Uuid>,
    /// Of these, those whose erasure was finished.
    pub erased: HashSet<String>,
    /// The first day from which addresses and user agents are still kept: the keys of quarters before it are destroyed.
    pub kept_from: Option<Date>,
}

impl Said {
    pub async fn read(log: &Log, doing: &str) -> anyhow::Result<Self> {
        let mut said = Self::default();
        let mut walk = Walk::begin(&log.store, 0, doing).await.context("the log cannot be read")?;
        loop {
            let steps = walk.next().await.context("the log cannot be read")?;
            if steps.is_empty() {
                return Ok(said);
            }
            for step in steps {
                match step {
                    Step::Event(it) => {
                        match it.kind.split_once('.') {
                            Some(("user" | "guest", what))
                                if what.starts_with("erasure-requested.") =>
                            {
                                said.asked.insert(it.stream.clone(), it.id);
                            }
                            Some(("user" | "guest", what)) if what.starts_with("erased.") => {
                                said.erased.insert(it.stream.clone());
                            }
                            Some(("retention", _)) => {
                                let event = RetentionEvent::read(&it.kind, &it.data)
                                    .with_context(|| unreadable(it.position))?;
                                if let RetentionEvent::LoginsEnded { before } = event {
                                    said.kept_from = said.kept_from.max(Some(before));
                                }
                            }
                            _ => {}
                        }
                        let data: Value = serde_json::from_slice(&it.data)
                            .with_context(|| format!("the event at {} is not JSON", it.position))?;
                        said.seals(&data, it.position);
                    }
                    Step::Unreadable { position, .. } => bail!(unreadable(position)),
                }
            }
        }
    }

    /// Who was erased, with the event that asked for it.
    pub fn erasures(&self) -> BTreeMap<String, Uuid> {
        let of = |it: &String| Some((it.clone(), *self.asked.get(it)?));
        self.erased.iter().filter_map(of).collect()
    }

    fn seals(&mut self, value: &Value, position: Position) {
        match value {
            Value::String(text) => {
                if let Some(key) = vault::key_of(text) {
                    self.keys.entry(key).or_insert(position);
                }
            }
            Value::Array(items) => items.iter().for_each(|it| self.seals(it, position)),
            Value::Object(fields) => fields.values().for_each(|it| self.seals(it, position)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn unreadable(position: Position) -> String {
    format!("the event at {position} cannot be read: `courtside events verify` says more")
}
