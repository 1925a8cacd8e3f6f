//! What operators ask of a projection: an event like any other, so that there is one channel and one trail.
mod command;
mod event;
mod rejection;
mod upcast;

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::decider::Decider;

pub use command::ProjectionCommand;
pub use event::ProjectionEvent;
pub use rejection::ProjectionRejection;

/// What the rules remember of a projection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectionState {
    pub running: Option<Uuid>,
    pub over: BTreeMap<Uuid, Outcome>,
}

/// What came of a rebuild.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Switched,
    Aborted,
}

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

    fn evolve(state: Self, event: ProjectionEvent) -> Self {
        match event {
            ProjectionEvent::RebuildRequested { rebuild } => {
                Self { running: Some(rebuild), ..state }
            }
            ProjectionEvent::Switched { rebuild } => state.end(rebuild, Outcome::Switched),
            ProjectionEvent::Aborted { rebuild, .. } => state.end(rebuild, Outcome::Aborted),
        }
    }

    fn decide(
        state: &Self,
        command: ProjectionCommand,
    ) -> Result<Vec<ProjectionEvent>, ProjectionRejection> {
        use ProjectionCommand as C;
        use ProjectionEvent as E;
        use ProjectionRejection as R;

        let (C::RequestRebuild { rebuild } | C::Switch { rebuild } | C::Abort { rebuild, .. }) =
            command;
        let running = state.running == Some(rebuild);
        match (state.over.get(&rebuild), command) {
            (Some(_), C::RequestRebuild { .. }) => Ok(vec![]),
            (None, C::RequestRebuild { .. }) if running => Ok(vec![]),
            (None, C::RequestRebuild { rebuild }) => match state.running {
                Some(rebuild) => Err(R::RebuildRunning { rebuild }),
                None => Ok(vec![E::RebuildRequested { rebuild }]),
            },

            (Some(Outcome::Switched), C::Switch { .. }) => Ok(vec![]),
            (Some(Outcome::Aborted), C::Switch { .. }) => Err(R::RebuildOver),
            (None, C::Switch { rebuild }) if running => Ok(vec![E::Switched { rebuild }]),
            (None, C::Switch { .. }) => Err(R::UnknownRebuild),

            (Some(Outcome::Switched), C::Abort { .. }) => Err(R::RebuildOver),
            (Some(Outcome::Aborted), C::Abort { .. }) => Ok(vec![]),
            (None, C::Abort { rebuild, reason }) if running => {
                Ok(vec![E::Aborted { rebuild, reason }])
            }
            (None, C::Abort { .. }) => Err(R::UnknownRebuild),
        }
    }
}
