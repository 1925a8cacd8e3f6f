/// Why nobody is reminded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReminderRejection {
    #[error("three reminders of this booking were asked for already")]
    TooMany,
}
