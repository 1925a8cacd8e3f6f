use super::Occurrence;
use crate::ids::CourtCode;

/// What may be asked of a series.
#[derive(Clone, Debug)]
pub enum SeriesCommand {
    /// What came of it first stays.
    Record { court: CourtCode, occurrences: Vec<Occurrence> },
}
