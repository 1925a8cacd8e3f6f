//! Appending to a stream whose only rule is its length.
use domain::stored::StoredEvent;

use super::{Executor, event_id};
use crate::{AppendError, Appended, Expected, Metadata, NewEvent};

impl Executor {
    /// Records `events` behind `expected`, each with its own metadata, or none of them.
    ///
    /// For a log that is written line by line, and would cost reading all of it to decide what is known anyway: whoever
    /// calls this has read the stream's last event. Ids are [`event_id`], so that the same lines sent again are known.
    pub async fn append_behind<E: StoredEvent>(
        &self,
        stream: &str,
        expected: Expected,
        events: &[(E, Metadata)],
    ) -> Result<Appended, AppendError> {
        let revisions = expected.next_revision()..;
        let new = revisions.zip(events).map(|(revision, (event, meta))| {
            let (kind, data) = event.write()?;
            let id = event_id(stream, revision, meta.command);
            Ok(NewEvent { id, kind, data, meta: meta.clone() })
        });
        let new: Result<Vec<_>, serde_json::Error> = new.collect();
        let new = new.map_err(|error| AppendError::Refused(error.to_string()))?;
        self.append(stream, expected, new).await
    }
}
