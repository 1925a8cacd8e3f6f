//! What the double has recorded.
use bytes::Bytes;
use uuid::Uuid;

#[derive(Clone, Debug)]
pub struct Entry {
    pub position: u64,
    pub stream: String,
    pub revision: u64,
    pub id: String,
    pub kind: String,
    pub content: String,
    pub meta: Bytes,
    pub data: Bytes,
}

/// An event on its way in.
pub struct Proposed {
    pub id: String,
    pub kind: String,
    pub content: String,
    pub meta: Bytes,
    pub data: Bytes,
}

#[derive(Default)]
pub struct Log {
    entries: Vec<Entry>,
    end: u64,
}

#[derive(Clone, Copy)]
pub enum Expected {
    Any,
    NoStream,
    Exact(u64),
}

pub enum Outcome {
    Appended { revision: u64, position: u64 },
    Repeated { revision: u64, position: u64 },
    Conflict { current: Option<u64> },
}

impl Log {
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn stream(&self, name: &str) -> Vec<Entry> {
        self.entries.iter().filter(|it| it.stream == name).cloned().collect()
    }

    /// As the server decides: who is behind may only repeat, who is at the end is not asked for ids.
    pub fn append(&mut self, stream: &str, expected: Expected, events: Vec<Proposed>) -> Outcome {
        let there = self.stream(stream);
        let next = match expected {
            Expected::Any => there.len() as u64,
            Expected::NoStream => 0,
            Expected::Exact(revision) => revision + 1,
        };
        if next == there.len() as u64 {
            self.record_own();
            for event in events {
                self.record(stream, event);
            }
            let last = self.entries.last().unwrap();
            return Outcome::Appended { revision: last.revision, position: last.position };
        }
        let standing: Vec<_> = there
            .iter()
            .skip(usize::try_from(next).unwrap())
            .zip(&events)
            .take_while(|(stands, event)| stands.id == event.id)
            .map(|(stands, _)| stands)
            .collect();
        match standing.last() {
            Some(last) if standing.len() == events.len() => {
                Outcome::Repeated { revision: last.revision, position: last.position }
            }
            _ => Outcome::Conflict { current: there.last().map(|it| it.revision) },
        }
    }

    pub fn truncate(&mut self, count: usize) {
        self.entries.truncate(count);
        self.end = self.entries.last().map_or(0, |it| it.position);
    }

    pub fn record_own(&mut self) {
        let own = Proposed {
            id: Uuid::from_u128(self.end.into()).to_string(),
            kind: "$statsCollected".to_owned(),
            content: "application/json".to_owned(),
            meta: Bytes::new(),
            data: Bytes::from_static(b"{}"),
        };
        self.record("$stats-127.0.0.1:2113", own);
    }

    fn record(&mut self, stream: &str, event: Proposed) {
        let Proposed { id, kind, content, meta, data } = event;
        // The first thing in a server's log is not one of our events either.
        self.end += 100 + (meta.len() + data.len()) as u64;
        let revision = self.entries.iter().filter(|it| it.stream == stream).count() as u64;
        let stream = stream.to_owned();
        self.entries.push(Entry {
            position: self.end,
            stream,
            revision,
            id,
            kind,
            content,
            meta,
            data,
        });
    }
}
