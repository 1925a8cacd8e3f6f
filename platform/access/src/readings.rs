//! Who was shown records of the login audit: on record before they are shown.
use domain::audit::{ReadingCommand, Readings, readings_stream};
use event_store::Metadata;
use jiff::tz::TimeZone;
use runtime::problem::UNAVAILABLE;
use runtime::{Problem, ids};

use crate::{Access, Caller};

impl Access {
    /// Records that `caller` reads `what`; 503 where that cannot be done: then it is not read.
    pub async fn record_reading(&self, caller: &Caller, what: String) -> Result<(), Problem> {
        let (executor, clock) = self.recording();
        let at = clock.now();
        let stream = readings_stream(caller.id(), at.to_zoned(TimeZone::UTC).date());
        let meta = Metadata::new(ids::new(), at).actor(caller.actor());
        let recorded = executor.execute::<Readings>(&stream, ReadingCommand { what }, &meta).await;
        recorded.map(|_| ()).map_err(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "a reading is not recorded");
            Problem::new(UNAVAILABLE, "the reading cannot be recorded just now").retry_after(1)
        })
    }
}
