//! One reading of a stream for all who came before it began.
//!
//! What a command is answered has to rest on what the store held after the command came: nobody may be refused what was
//! free again before he asked. That takes no reading of one's own. In a stampede hundreds wait for a turn; whoever has it
//! reads, and all who were waiting by then may rest on that.
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::decider::Decider;
use domain::stored::StoredDecider;

use super::{Executor, Loaded, ReadFailure};
use crate::{Position, ReadError};

/// Numbers arrivals and readings, so that it can be told which was first.
#[derive(Default)]
pub(super) struct Order(AtomicU64);

impl Order {
    pub(super) fn next(&self) -> u64 {
        // One order for all: a number drawn after another is greater, whoever drew it.
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

/// A stream's state, and how it is known.
pub(super) struct Known<D: Decider> {
    pub(super) loaded: Loaded<D>,
    last: Option<Reading>,
}

/// The last reading that nothing was sent after.
struct Reading {
    began: u64,
    began_at: Instant,
    outcome: Outcome,
}

enum Outcome {
    /// With the head of the log, once somebody had to know it. It was asked for after the stream was read.
    Read { head: Option<Position> },
    /// The store was away. Who waited meanwhile has waited long enough.
    Failed(ReadError),
}

impl<D: Decider> Default for Known<D> {
    fn default() -> Self {
        Self { loaded: Loaded::default(), last: None }
    }
}

impl<D: Decider> Known<D> {
    /// The next one reads again.
    pub(super) fn is_old(&mut self) {
        self.last = None;
    }

    /// Whether the last reading began after somebody arrived.
    pub(super) fn is_after(&self, arrived: u64) -> bool {
        self.last.as_ref().is_some_and(|it| arrived < it.began)
    }

    /// Whether the stream was read, and began to be no longer ago than this.
    pub(super) fn is_younger(&self, age: Duration) -> bool {
        let young = |it: &Reading| {
            matches!(it.outcome, Outcome::Read { .. }) && it.began_at.elapsed() <= age
        };
        self.last.as_ref().is_some_and(young)
    }
}

impl Executor {
    /// Makes `known` what the stream held at some time after `arrived`.
    pub(super) async fn know<D: StoredDecider>(
        &self,
        stream: &str,
        arrived: u64,
        known: &mut Known<D>,
    ) -> Result<(), ReadFailure> {
        if known.is_after(arrived) {
            return match known.last.as_ref().map(|it| &it.outcome) {
                Some(Outcome::Failed(error)) => Err(told_again(error)),
                _ => Ok(()),
            };
        }
        known.last = None;
        let (began, began_at) = (self.order.next(), Instant::now());
        let read = self.catch_up(stream, &mut known.loaded).await;
        let outcome = match &read {
            Ok(()) => Some(Outcome::Read { head: None }),
            Err(ReadFailure::Store(error)) => again(error).map(Outcome::Failed),
            Err(ReadFailure::Codec(_)) => None,
        };
        known.last = outcome.map(|outcome| Reading { began, began_at, outcome });
        read
    }

    /// A position that everything in `known` has passed: asked for after the stream was read.
    pub(super) async fn seen<D: Decider>(
        &self,
        known: &mut Known<D>,
    ) -> Result<Position, ReadFailure> {
        if let Some(Reading { outcome: Outcome::Read { head: Some(head) }, .. }) = known.last {
            return Ok(head);
        }
        let seen = self.store.head().await?;
        if let Some(Reading { outcome: Outcome::Read { head }, .. }) = &mut known.last {
            *head = Some(seen);
        }
        Ok(seen)
    }
}

/// The same for somebody else, if it is the store that fails and not what it holds.
fn again(error: &ReadError) -> Option<ReadError> {
    match error {
        ReadError::Hindered { hindrance, source } => {
            Some(ReadError::Hindered { hindrance: *hindrance, source: source.to_string().into() })
        }
        ReadError::Unavailable(source) => Some(ReadError::Unavailable(source.to_string().into())),
        ReadError::Corrupt(_) => None,
    }
}

fn told_again(error: &ReadError) -> ReadFailure {
    let same = again(error);
    ReadFailure::Store(same.unwrap_or_else(|| ReadError::Unavailable(error.to_string().into())))
}
