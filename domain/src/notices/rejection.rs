/// A notice is never refused; one already sent is already true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeRejection {}
