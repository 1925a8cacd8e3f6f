//! What was read of streams of one kind, for as long as they are not known to have changed.
use std::collections::HashMap;
use std::sync::Arc;

use event_store::{Position, Recorded};
use jiff::Timestamp;
use uuid::Uuid;

pub(crate) struct Seen<T> {
    /// What something happened to within the window: where in the log last, and when.
    touched: HashMap<Uuid, (Position, Timestamp)>,
    /// As it was read, and has not changed since.
    read: HashMap<Uuid, Arc<T>>,
}

/// The last event seen of a stream before it was read. Still the same afterwards: what was read may be kept.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Mark(Option<Position>);

/// Some megabytes. When it is full it starts over: that costs each caller one reading of a short stream.
const MAX_READ: usize = 10_000;

impl<T> Seen<T> {
    pub fn new() -> Self {
        Self { touched: HashMap::new(), read: HashMap::new() }
    }

    /// Takes note of an event of the stream of `id`.
    pub fn touch(&mut self, id: Uuid, event: &Recorded) {
        self.touched.insert(id, (event.position, event.meta.at));
        self.read.remove(&id);
    }

    /// Whether anything happened to it since the oldest living token was signed.
    pub fn was_touched(&self, id: Uuid) -> bool {
        self.touched.contains_key(&id)
    }

    pub fn get(&self, id: Uuid) -> Option<Arc<T>> {
        self.read.get(&id).cloned()
    }

    pub fn mark(&self, id: Uuid) -> Mark {
        Mark(self.touched.get(&id).map(|(position, _)| *position))
    }

    /// Keeps what was read after `mark` was taken, unless it may have changed meanwhile: we would never hear of that
    /// again.
    pub fn keep(&mut self, id: Uuid, it: Arc<T>, mark: Mark) {
        if self.mark(id) != mark {
            return;
        }
        if MAX_READ <= self.read.len() {
            self.read.clear();
        }
        self.read.insert(id, it);
    }

    pub fn forget_before(&mut self, time: Timestamp) {
        self.touched.retain(|_, (_, at)| time <= *at);
    }
}
