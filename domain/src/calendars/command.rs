/// What may be asked of a person's link.
#[derive(Clone, Debug)]
pub enum CalendarCommand {
    /// The one before ends.
    Link {
        digest: String,
    },
    Unlink,
}
