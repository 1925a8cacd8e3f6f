//! The one clock: this machine's, corrected by the database's.
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// The only source of time. Cheap to clone; clones share the correction.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_micros: Arc<AtomicI64>,
}

impl Clock {
    pub fn new() -> Self {
        Self::default()
    }

    /// Now, to the microsecond: Postgres keeps no more, and a time must survive being stored.
    #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
    pub fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_micros(self.offset_micros.load(Ordering::Relaxed));
        let now = Timestamp::now() + offset;
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// Sets how far the database's clock is ahead of this machine's. Tests move time with it.
    pub fn correct(&self, offset: SignedDuration) {
        let micros = i64::try_from(offset.as_micros()).unwrap_or_default();
        self.offset_micros.store(micros, Ordering::Relaxed);
    }
}
