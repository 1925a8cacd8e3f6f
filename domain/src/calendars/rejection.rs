/// Why a link stays as it is: for no reason yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarRejection {}
