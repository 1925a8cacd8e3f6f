/// Why something cannot be done with a notice. Sending is never refused; one already sent is already true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeRejection {
    #[error("the message was not given up")]
    NotDead,
}
