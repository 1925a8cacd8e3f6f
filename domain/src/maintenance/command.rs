use jiff::Timestamp;

/// What an operator may ask.
#[derive(Clone, Debug)]
pub enum MaintenanceCommand {
    /// Again while it is on: another reason or another end, and the same beginning.
    Begin {
        reason: String,
        until: Option<Timestamp>,
        at: Timestamp,
    },
    End,
}
