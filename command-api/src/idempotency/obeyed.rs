//! Commands that others undo, told from the log.
//!
//! A decider knows its own work by what is true now. A cancellation that the desk has taken back is true no more, and
//! decided again it would cancel once more. But each event carries the id of its command, which follows from the key. So a
//! stream tells what was obeyed after the 24 hours, after a crash behind the append, and without the edge database.
use std::future::ready;

use domain::stored::{StoredDecider, StoredEvent};
use event_store::{Done, ExecuteError, Loaded, PermitError};
use runtime::Problem;

use crate::app::App;
use crate::asked::Command;
use crate::refused::{Explain, Refused, failed, unreadable};

/// Why a command is not decided.
enum Undecided {
    Obeyed,
    /// Whether it was obeyed cannot be read.
    Unread(Problem),
}

impl App {
    /// Decides and records a command; one that was obeyed before leaves the stream as it is, whatever was undone since.
    ///
    /// `is_its` tells what the command does from what it only clears out of its way.
    ///
    /// It is looked for where it would do something or be refused: one more reading of the stream. So this is for what
    /// others can undo, and not for holds and confirmations, which are many and which nothing undoes. What would do
    /// something is looked for with the stream's turn kept, so that nobody of this process undoes it in between.
    pub async fn obey<D: StoredDecider<Rejection: Explain>>(
        &self,
        stream: &str,
        wish: D::Command,
        command: &Command,
        is_its: impl Fn(&D::Event) -> bool + Sync,
    ) -> Result<Done<D>, Refused> {
        let meta = &command.meta;
        if !command.has_key {
            return self.execute::<D>(stream, wish, meta).await;
        }
        let look = async {
            match self.was_obeyed::<D>(stream, command, &is_its).await {
                Ok(false) => Ok(()),
                Ok(true) => Err(Undecided::Obeyed),
                Err(problem) => Err(Undecided::Unread(problem)),
            }
        };
        let decide = self.executor.execute_permitted::<D, _>(stream, wish, meta, look, ready(()));
        match decide.await {
            Ok(done) => Ok(done),
            Err(PermitError::Denied(Undecided::Obeyed)) => self.as_it_is(stream).await,
            Err(PermitError::Denied(Undecided::Unread(problem))) => Err(problem.into()),
            Err(PermitError::Command(ExecuteError::Rejected { rejection, position })) => {
                if self.was_obeyed::<D>(stream, command, &is_its).await? {
                    return self.as_it_is(stream).await;
                }
                Err(Refused::new(rejection.explain(), Some(self.token(position))))
            }
            Err(PermitError::Command(failure)) => Err(failed(failure).into()),
        }
    }

    /// A stream as a command leaves it that has nothing to do.
    pub async fn as_it_is<D: StoredDecider>(&self, stream: &str) -> Result<Done<D>, Refused> {
        let Loaded { state, revision } = self.load::<D>(stream).await?;
        // Asked for after the stream was read: whoever has come this far sees all of it.
        let position = self.executor.store().head().await;
        let position = position.map_err(|error| unreadable(error.into()))?;
        Ok(Done { state, revision, position, appended: Vec::new(), event_ids: Vec::new() })
    }

    /// Whether the command has an event in the stream. From the end: what is repeated was mostly sent a moment ago.
    async fn was_obeyed<D: StoredDecider>(
        &self,
        stream: &str,
        command: &Command,
        is_its: &(impl Fn(&D::Event) -> bool + Sync),
    ) -> Result<bool, Problem> {
        const PAGE: usize = 200;
        let mut from = None;
        loop {
            let page = self.executor.store().read_stream_backwards(stream, from, PAGE).await;
            let page = page.map_err(|error| unreadable(error.into()))?;
            let mut own = page.iter().filter(|it| it.meta.command == command.id);
            if own.any(|it| D::Event::read(&it.kind, &it.data).is_ok_and(|it| is_its(&it))) {
                return Ok(true);
            }
            from = page.last().and_then(|it| it.revision.checked_sub(1));
            if from.is_none() {
                return Ok(false);
            }
        }
    }
}
