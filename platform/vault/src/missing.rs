//! Keys that are neither there nor destroyed. Who is told of one fails; this is for whoever has to mend it.
use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

/// There is one vault to a process, whoever opens it.
static MISSING: LazyLock<Mutex<HashSet<Uuid>>> = LazyLock::new(Mutex::default);

/// More than an operator would read.
const MAX: usize = 10_000;

/// How many keys this process asked for last in vain: something was sealed under each. One that is back is not counted.
pub fn missing_keys() -> usize {
    missing().len()
}

/// What became of keys that were asked for.
pub(crate) fn asked(ids: &[Uuid], found: impl Fn(&Uuid) -> bool) {
    let mut missing = missing();
    for id in ids {
        if found(id) {
            missing.remove(id);
        } else if missing.len() < MAX {
            missing.insert(*id);
        }
    }
}

fn missing() -> MutexGuard<'static, HashSet<Uuid>> {
    MISSING.lock().unwrap_or_else(PoisonError::into_inner)
}
