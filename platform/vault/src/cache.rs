//! Keys that were opened lately: without it, every value would cost a question to the database.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::keys::DataKey;

/// How long a key that another process destroyed may live on in this one. An erasure waits for it: see `LIVES_ON`.
pub(crate) const MAX_AGE: Duration = Duration::from_secs(10);

/// A few megabytes. When it is full it starts over: that costs each key one question, now and then.
const MAX_KEYS: usize = 10_000;

#[derive(Default)]
pub(crate) struct Cache {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    by_id: HashMap<Uuid, (Arc<DataKey>, Instant)>,
    /// The newest key of each subject.
    by_subject: HashMap<String, Uuid>,
}

impl Cache {
    pub fn by_id(&self, id: Uuid) -> Option<Arc<DataKey>> {
        self.held().get(id)
    }

    pub fn by_subject(&self, subject: &str) -> Option<Arc<DataKey>> {
        let held = self.held();
        held.get(*held.by_subject.get(subject)?)
    }

    /// Holds a key that was just read.
    pub fn put(&self, key: Arc<DataKey>) {
        let mut held = self.held();
        if MAX_KEYS <= held.by_id.len() {
            *held = Held::default();
        }
        held.by_id.insert(key.id, (key, Instant::now()));
    }

    /// Holds a key that was just read as the newest of its subject.
    pub fn put_newest(&self, key: Arc<DataKey>) {
        self.put(key.clone());
        self.held().by_subject.insert(key.subject.clone(), key.id);
    }

    /// Lets go of all keys whose subject is `gone`.
    pub fn forget(&self, gone: impl Fn(&str) -> bool) {
        let mut held = self.held();
        held.by_subject.retain(|subject, _| !gone(subject));
        held.by_id.retain(|_, (key, _)| !gone(&key.subject));
    }

    /// Whoever panicked here left two maps that are right on their own.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn get(&self, id: Uuid) -> Option<Arc<DataKey>> {
        let (key, read_at) = self.by_id.get(&id)?;
        (read_at.elapsed() < MAX_AGE).then(|| key.clone())
    }
}
