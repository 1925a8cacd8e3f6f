/// A reading that is allowed is never refused by its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadingRejection {}
