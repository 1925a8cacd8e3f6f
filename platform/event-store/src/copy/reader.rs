//! One side of a copy, event by event.
use std::collections::VecDeque;

use super::CopyError;
use crate::log::STREAM;
use crate::{Position, ReadError, Recorded, Store};

/// Events in one read.
const PAGE: usize = 500;

/// Reads a log up to where it ended, and passes over the stream that says which log it is.
pub(super) struct Reader<'a> {
    store: &'a Store,
    until: Position,
    /// As far as pages were read.
    read: Position,
    page: VecDeque<Recorded>,
    /// The last event given out.
    given: Position,
    failure: fn(ReadError) -> CopyError,
}

impl<'a> Reader<'a> {
    pub fn new(store: &'a Store, until: Position, failure: fn(ReadError) -> CopyError) -> Self {
        Self::after(store, 0, until, failure)
    }

    pub fn after(
        store: &'a Store,
        after: Position,
        until: Position,
        failure: fn(ReadError) -> CopyError,
    ) -> Self {
        Self { store, until, read: after, page: VecDeque::new(), given: after, failure }
    }

    /// Where the last event stands that was given out.
    pub fn position(&self) -> Position {
        self.given
    }

    pub fn until(&self) -> Position {
        self.until
    }

    pub async fn peek(&mut self) -> Result<Option<&Recorded>, CopyError> {
        while self.page.is_empty() && self.read < self.until {
            let page = self.store.read_all(self.read, PAGE).await.map_err(self.failure)?;
            let Some(last) = page.last() else { break };
            self.read = last.position;
            let until = self.until;
            self.page
                .extend(page.into_iter().filter(|it| it.stream != STREAM && it.position <= until));
        }
        Ok(self.page.front())
    }

    pub async fn next(&mut self) -> Result<Option<Recorded>, CopyError> {
        self.peek().await?;
        let next = self.page.pop_front();
        if let Some(it) = &next {
            self.given = it.position;
        }
        Ok(next)
    }
}
