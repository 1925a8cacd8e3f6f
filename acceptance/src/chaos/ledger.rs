//! What the world was told: every command that was answered with success.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use testing::eventually;
use tokio::time::Instant;

/// A hold that was answered with 201, and what was answered about it since.
#[derive(Clone, Debug)]
pub struct Held {
    pub place: Value,
    /// `confirm`, `cancel`, `release`: what was answered with success.
    pub told: BTreeSet<&'static str>,
}

/// A request that got no answer, or one that is none: which, what came, and when.
#[derive(Clone, Debug)]
pub struct Lost {
    pub what: String,
    pub came: String,
    pub at: Instant,
}

/// How long somebody waited for an answer, from when it was to be asked for.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    pub what: &'static str,
    pub wait: Duration,
}

#[derive(Default)]
pub struct Ledger {
    held: Mutex<BTreeMap<String, Held>>,
    /// Events of logins and of refused ones, as the answers named them.
    logins: Mutex<Vec<String>>,
    lost: Mutex<Vec<Lost>>,
    took: Mutex<Vec<Took>>,
    answers: AtomicU64,
}

fn locked<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ledger {
    pub fn held(&self, id: String, place: Value) {
        locked(&self.held).insert(id, Held { place, told: BTreeSet::new() });
    }

    pub fn told(&self, id: &str, what: &'static str) {
        locked(&self.held).get_mut(id).expect("it was held first").told.insert(what);
    }

    pub fn login(&self, event: String) {
        locked(&self.logins).push(event);
    }

    pub fn lost(&self, what: &str, came: impl Into<String>) {
        let it = Lost { what: what.to_owned(), came: came.into(), at: Instant::now() };
        locked(&self.lost).push(it);
    }

    pub fn answered(&self) {
        self.answers.fetch_add(1, Ordering::Relaxed);
    }

    pub fn took(&self, what: &'static str, wait: Duration) {
        locked(&self.took).push(Took { what, wait });
    }

    /// Those since this was last asked.
    pub fn take_took(&self) -> Vec<Took> {
        std::mem::take(&mut locked(&self.took))
    }

    pub fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    pub fn all_held(&self) -> BTreeMap<String, Held> {
        locked(&self.held).clone()
    }

    pub fn all_logins(&self) -> Vec<String> {
        locked(&self.logins).clone()
    }

    pub fn all_lost(&self) -> Vec<Lost> {
        locked(&self.lost).clone()
    }

    /// Waits until `more` further requests were answered.
    pub async fn progress(&self, more: u64) {
        let until = self.answers() + more;
        eventually("people are answered", Duration::from_mins(2), async || until <= self.answers())
            .await;
    }
}
