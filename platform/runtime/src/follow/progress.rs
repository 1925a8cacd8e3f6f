//! How a follower is doing, for status pages and metrics.
use event_store::Position;
use tokio::sync::watch;

use super::{Advance, FollowError};
use crate::causes;

/// Written by the loop, read by everybody else. Cheap to clone; clones show the same follower.
#[derive(Clone, Debug, Default)]
pub struct Progress(watch::Sender<Standing>);

/// Where a follower stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// As far as its rows go.
    pub position: Position,
    /// There was nothing more when it last looked.
    pub caught_up: bool,
    /// What keeps it from going on, with its causes; `None` while all is well.
    pub error: Option<String>,
}

impl Progress {
    pub fn now(&self) -> Standing {
        self.0.borrow().clone()
    }

    /// Tells of every change.
    pub fn watch(&self) -> watch::Receiver<Standing> {
        self.0.subscribe()
    }

    /// Keeps what a step came to. An error is logged when it is a new one: a follower that stands before an event says
    /// so by its lag, not by a line a second.
    pub(super) fn note(&self, follower: &str, stepped: &Result<Advance, FollowError>) {
        self.0.send_if_modified(|standing| {
            let before = standing.clone();
            match stepped {
                Ok(it) => {
                    standing.position = it.position;
                    standing.caught_up = it.events == 0 && !it.raced;
                    standing.error = None;
                }
                Err(error) => {
                    standing.caught_up = false;
                    standing.error = Some(causes(error));
                    let is_news = standing.error != before.error;
                    match error {
                        FollowError::Resting(why) if is_news => {
                            tracing::info!(follower, why, "resting");
                        }
                        FollowError::Resting(_) => {}
                        error if is_news || matches!(error, FollowError::AnotherLog { .. }) => {
                            let error = error as &dyn std::error::Error;
                            tracing::error!(follower, error, "not following");
                        }
                        _ => {}
                    }
                }
            }
            if before.error.is_some() && standing.error.is_none() {
                tracing::info!(follower, position = standing.position, "following again");
            }
            *standing != before
        });
    }
}
