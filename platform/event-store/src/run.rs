//! Appends behind one another, for whoever moves a log.
use crate::{AppendError, Appended, EventStore, Expected, NewEvent};

/// Events of one stream, one behind the other in the log: what one append takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub stream: String,
    pub expected: Expected,
    pub events: Vec<NewEvent>,
}

/// Which of the runs was not taken. All before it are recorded, and none behind it.
#[derive(Debug, thiserror::Error)]
#[error("run {at} was not appended")]
pub struct Untaken {
    pub at: usize,
    #[source]
    pub error: AppendError,
}

/// Each waits for the answer to the one before: so it goes on every store.
pub(crate) async fn one_by_one<S: EventStore + ?Sized>(
    store: &S,
    runs: Vec<Run>,
) -> Result<Vec<Appended>, Untaken> {
    let mut appended = Vec::with_capacity(runs.len());
    for (at, Run { stream, expected, events }) in runs.into_iter().enumerate() {
        match store.append(&stream, expected, events).await {
            Ok(it) => appended.push(it),
            Err(error) => return Err(Untaken { at, error }),
        }
    }
    Ok(appended)
}
