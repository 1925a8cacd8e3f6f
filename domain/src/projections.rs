//! What operators ask of a projection: an event like any other, so that there is one channel and one trail.
mod command;
mod event;
mod rejection;
mod upcast;

use uuid::Uuid;

pub use command::ProjectionCommand;
pub use event::ProjectionEvent;
pub use rejection::ProjectionRejection;

/// What the rules remember of a projection.
#[derive(Clone, Debug, Default)]
pub struct ProjectionState {
    pub running: Option<Uuid>,
    pub over: Vec<Uuid>,
}

/// The stream of a projection.
pub fn stream(name: &str) -> String {
    format!("projection-{name}")
}
