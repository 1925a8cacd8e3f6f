/// A login history takes every attempt: what it thinks of one is in the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginRejection {}
