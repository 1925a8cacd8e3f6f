//! What operators ask of a projection: an event like any other, so that there is one channel and one trail.
mod command;
mod event;
mod how;
mod rejection;
mod upcast;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::decider::Decider;

pub use command::ProjectionCommand;
pub use event::ProjectionEvent;
pub use how::{How, MAX_WORKERS};
pub use rejection::ProjectionRejection;

/// What the rules remember of a projection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectionState {
    pub running: Option<Uuid>,
    pub over: BTreeMap<Uuid, Outcome>,
    /// Of the running one: whether it is compared with the live build before it is switched to, and may differ.
    pub verifies: bool,
    pub accepts: bool,
    /// Wishes to try a parked event again, by their own ids.
    pub retries: BTreeSet<Uuid>,
    /// Events that no build applies any more.
    pub skipped: BTreeSet<Uuid>,
    pub is_paused: bool,
}

/// What came of a rebuild.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Switched,
    Aborted,
}

/// The projections there are, as operators type their names.
pub const PROJECTIONS: [&str; 16] = [
    "actions",
    "audit",
    "availability",
    "bookings",
    "calendars",
    "courts",
    "guests",
    "logins",
    "participants",
    "preferences",
    "receipts",
    "service_accounts",
    "sessions",
    "statistics",
    "users",
    "waitlist",
];

/// The stream of a projection.
pub fn stream(name: &str) -> String {
    format!("projection-{name}")
}

impl ProjectionState {
    fn end(mut self, rebuild: Uuid, outcome: Outcome) -> Self {
        self.running = self.running.filter(|it| *it != rebuild);
        self.over.insert(rebuild, outcome);
        self
    }
}

impl Decider for ProjectionState {
    type State = Self;
    type Command = ProjectionCommand;
    type Event = ProjectionEvent;
    type Rejection = ProjectionRejection;

    fn evolve(mut state: Self, event: ProjectionEvent) -> Self {
        match event {
            ProjectionEvent::RebuildRequested { rebuild, how } => {
                let verifies = how.verifies;
                Self { running: Some(rebuild), verifies, accepts: false, ..state }
            }
            ProjectionEvent::DifferencesAccepted { .. } => Self { accepts: true, ..state },
            ProjectionEvent::Switched { rebuild } => state.end(rebuild, Outcome::Switched),
            ProjectionEvent::Aborted { rebuild, .. } => state.end(rebuild, Outcome::Aborted),
            ProjectionEvent::RetryRequested { retry, .. } => {
                state.retries.insert(retry);
                state
            }
            ProjectionEvent::Skipped { event, .. } => {
                state.skipped.insert(event);
                state
            }
            ProjectionEvent::Paused { .. } => Self { is_paused: true, ..state },
            ProjectionEvent::Resumed {} => Self { is_paused: false, ..state },
            ProjectionEvent::DropOldRequested {} => state,
        }
    }

    fn decide(
        state: &Self,
        command: ProjectionCommand,
    ) -> Result<Vec<ProjectionEvent>, ProjectionRejection> {
        use ProjectionCommand as C;
        use ProjectionEvent as E;
        use ProjectionRejection as R;

        let (rebuild, command) = match command {
            C::Retry { retry, .. } if state.retries.contains(&retry) => return Ok(vec![]),
            C::Skip { event, .. } if state.skipped.contains(&event) => return Ok(vec![]),
            C::Retry { event, is_parked: false, .. } | C::Skip { event, is_parked: false, .. } => {
                return Err(R::NotParked { event });
            }
            C::Retry { retry, event, .. } => return Ok(vec![E::RetryRequested { retry, event }]),
            C::Skip { event, reason, .. } => return Ok(vec![E::Skipped { event, reason }]),
            C::Pause { .. } if state.is_paused => return Ok(vec![]),
            C::Pause { reason } => return Ok(vec![E::Paused { reason }]),
            C::Resume if state.is_paused => return Ok(vec![E::Resumed {}]),
            C::Resume => return Ok(vec![]),
            C::DropOld => return Ok(vec![E::DropOldRequested {}]),
            C::RequestRebuild { rebuild, how, accepts } => (rebuild, Of::Request { how, accepts }),
            C::Accept { rebuild } => (rebuild, Of::Accept),
            C::Switch { rebuild } => (rebuild, Of::Switch),
            C::Abort { rebuild, reason } => (rebuild, Of::Abort { reason }),
        };
        state.decide_rebuild(rebuild, command)
    }
}

/// What may be asked of one rebuild.
enum Of {
    Request { how: How, accepts: bool },
    Accept,
    Switch,
    Abort { reason: String },
}

impl ProjectionState {
    fn decide_rebuild(
        &self,
        rebuild: Uuid,
        command: Of,
    ) -> Result<Vec<ProjectionEvent>, ProjectionRejection> {
        use ProjectionEvent as E;
        use ProjectionRejection as R;

        let running = self.running == Some(rebuild);
        match (self.over.get(&rebuild), command) {
            (Some(_), Of::Request { .. }) => Ok(vec![]),
            (None, Of::Request { .. }) if running => Ok(vec![]),
            (None, Of::Request { how, accepts }) => {
                if let Some(rebuild) = self.running {
                    return Err(R::RebuildRunning { rebuild });
                }
                let accepted = accepts.then_some(E::DifferencesAccepted { rebuild });
                let requested = E::RebuildRequested { rebuild, how };
                Ok([requested].into_iter().chain(accepted).collect())
            }

            (Some(Outcome::Switched), Of::Accept) => Ok(vec![]),
            (Some(Outcome::Aborted), Of::Accept) => Err(R::RebuildAborted),
            // What is not compared is switched to in any case.
            (None, Of::Accept) if running && (self.accepts || !self.verifies) => Ok(vec![]),
            (None, Of::Accept) if running => Ok(vec![E::DifferencesAccepted { rebuild }]),
            (None, Of::Accept) => Err(R::UnknownRebuild),

            (Some(Outcome::Switched), Of::Switch) => Ok(vec![]),
            (Some(Outcome::Aborted), Of::Switch) => Err(R::RebuildOver),
            (None, Of::Switch) if running => Ok(vec![E::Switched { rebuild }]),
            (None, Of::Switch) => Err(R::UnknownRebuild),

            (Some(Outcome::Switched), Of::Abort { .. }) => Err(R::RebuildOver),
            (Some(Outcome::Aborted), Of::Abort { .. }) => Ok(vec![]),
            (None, Of::Abort { reason }) if running => Ok(vec![E::Aborted { rebuild, reason }]),
            (None, Of::Abort { .. }) => Err(R::UnknownRebuild),
        }
    }
}
