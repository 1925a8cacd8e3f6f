//! A part of a shared log that looks like a log of its own.
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use event_store::limits::MAX_NAME_BYTES;
use event_store::{
    AppendError, Appended, EventStore, Expected, NewEvent, Position, ReadError, Recorded, Store,
    StreamEvent,
};
use uuid::Uuid;

pub struct Scoped {
    inner: Store,
    prefix: String,
    /// What a stream is called here, by what it is called in the shared log.
    names: Mutex<HashMap<String, String>>,
}

impl Scoped {
    #[expect(clippy::disallowed_methods, reason = "another name each time, on a server that stays")]
    pub fn new(inner: Store) -> Self {
        let prefix = format!("{}/", Uuid::now_v7().simple());
        Self { inner, prefix, names: Mutex::default() }
    }

    /// The longest names lose their beginning; the shortest and the too long stay what they are: refused.
    fn shared_name(&self, stream: &str) -> String {
        if !(1..=MAX_NAME_BYTES).contains(&stream.len()) || !stream.is_ascii() {
            return stream.to_owned();
        }
        let kept = stream.len().min(MAX_NAME_BYTES - self.prefix.len());
        let name = format!("{}{}", self.prefix, &stream[stream.len() - kept..]);
        self.names.lock().unwrap().insert(name.clone(), stream.to_owned());
        name
    }

    fn ours(&self, events: Vec<Recorded>) -> Vec<Recorded> {
        let names = self.names.lock().unwrap();
        let own = |it: Recorded| {
            let stream = names.get(&it.stream)?.clone();
            Some(Recorded { stream, ..it })
        };
        events.into_iter().filter_map(own).collect()
    }
}

const PAGE: usize = 500;

#[async_trait]
impl EventStore for Scoped {
    async fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        self.inner.append(&self.shared_name(stream), expected, events).await
    }

    async fn read_stream(
        &self,
        stream: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        self.inner.read_stream(&self.shared_name(stream), from, limit).await
    }

    async fn read_stream_backwards(
        &self,
        stream: &str,
        from: Option<u64>,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        self.inner.read_stream_backwards(&self.shared_name(stream), from, limit).await
    }

    async fn read_all(
        &self,
        mut after: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        let mut found = Vec::new();
        while found.len() < limit {
            let page = self.inner.read_all(after, PAGE).await?;
            let Some(last) = page.last() else {
                break;
            };
            after = last.position;
            found.extend(self.ours(page));
        }
        found.truncate(limit);
        Ok(found)
    }

    async fn read_all_backwards(
        &self,
        mut before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        let mut found = Vec::new();
        while found.len() < limit {
            let page = self.inner.read_all_backwards(before, PAGE).await?;
            let Some(oldest) = page.last() else {
                break;
            };
            before = Some(oldest.position);
            found.extend(self.ours(page));
        }
        found.truncate(limit);
        Ok(found)
    }

    async fn head(&self) -> Result<Position, ReadError> {
        let last = self.read_all_backwards(None, 1).await?;
        Ok(last.first().map_or(0, |it| it.position))
    }

    async fn changed(&self, after: Position, within: Duration) {
        self.inner.changed(after, within).await;
    }
}
