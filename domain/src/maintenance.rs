//! Whether commands are taken: an operator begins a maintenance and ends it, and every instance follows.
mod command;
mod event;
mod rejection;
mod upcast;

use jiff::Timestamp;

use crate::decider::Decider;

pub use command::MaintenanceCommand;
pub use event::MaintenanceEvent;
pub use rejection::MaintenanceRejection;

/// The one stream of its kind.
pub const STREAM: &str = "maintenance-commands";

/// A sentence for people, not a report.
const LONGEST_REASON: usize = 200;

/// What the rules remember: the pause that is on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintenance {
    pub pause: Option<Pause>,
}

/// No command is taken, and no hold ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// When it began. What was left of a hold then is left of it at the end.
    pub since: Timestamp,
    /// When it will be over, as far as anybody knows. It ends when it is ended.
    pub until: Option<Timestamp>,
    pub reason: String,
}

impl Decider for Maintenance {
    type State = Self;
    type Command = MaintenanceCommand;
    type Event = MaintenanceEvent;
    type Rejection = MaintenanceRejection;

    fn evolve(_: Self, event: MaintenanceEvent) -> Self {
        let pause = match event {
            MaintenanceEvent::Begun { since, until, reason } => {
                Some(Pause { since, until, reason })
            }
            MaintenanceEvent::Ended {} => None,
        };
        Self { pause }
    }

    fn decide(
        state: &Self,
        command: MaintenanceCommand,
    ) -> Result<Vec<MaintenanceEvent>, MaintenanceRejection> {
        use MaintenanceCommand as C;
        use MaintenanceEvent as E;
        use MaintenanceRejection as R;

        match command {
            C::Begin { reason, .. } if reason.trim().is_empty() => Err(R::NoReason),
            C::Begin { reason, .. } if LONGEST_REASON < reason.chars().count() => {
                Err(R::LongReason { at_most: LONGEST_REASON })
            }
            C::Begin { until: Some(until), at, .. } if until <= at => Err(R::OverAlready),
            // Said again with other words it is the same pause.
            C::Begin { reason, until, at } => {
                let since = state.pause.as_ref().map_or(at, |it| it.since);
                let wanted = Some(Pause { since, until, reason: reason.clone() });
                let is_so = state.pause == wanted;
                Ok(if is_so { vec![] } else { vec![E::Begun { since, until, reason }] })
            }
            C::End if state.pause.is_none() => Ok(vec![]),
            C::End => Ok(vec![E::Ended {}]),
        }
    }
}
