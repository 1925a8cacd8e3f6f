//! The log of the login audit: what it says, what was signed of it, and who has read it.
mod command;
mod event;
mod rejection;
mod upcast;

use jiff::civil::Date;
use uuid::Uuid;

use crate::decider::Decider;

pub use command::ReadingCommand;
pub use event::AuditEvent;
pub use rejection::ReadingRejection;

/// The stream of a year's records: the record at revision n is leaf n.
pub fn log_stream(year: i16) -> String {
    format!("{LOG}{year}")
}

/// The stream of what was signed of a year's records.
pub fn checkpoint_stream(year: i16) -> String {
    format!("{CHECKPOINTS}{year}")
}

/// The year in the name of one of these streams.
pub fn year(stream: &str) -> Option<i16> {
    stream.strip_prefix(LOG).or_else(|| stream.strip_prefix(CHECKPOINTS))?.parse().ok()
}

/// What somebody, or some program, read on a day.
pub fn readings_stream(reader: Uuid, date: Date) -> String {
    format!("audit-readings-{date}-{reader}")
}

const LOG: &str = "audit-log-";
const CHECKPOINTS: &str = "audit-checkpoints-";

/// Readings have no rules: each is recorded before it is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readings;

impl Decider for Readings {
    type State = Self;
    type Command = ReadingCommand;
    type Event = AuditEvent;
    type Rejection = ReadingRejection;

    fn evolve(_: Self, _: AuditEvent) -> Self {
        Self
    }

    fn decide(_: &Self, command: ReadingCommand) -> Result<Vec<AuditEvent>, ReadingRejection> {
        let ReadingCommand { what } = command;
        Ok(vec![AuditEvent::Read { what }])
    }
}
