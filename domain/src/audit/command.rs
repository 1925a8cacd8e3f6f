/// Somebody is about to be shown what says who logged in when.
#[derive(Clone, Debug)]
pub struct ReadingCommand {
    /// The resource, as its path says.
    pub what: String,
}
