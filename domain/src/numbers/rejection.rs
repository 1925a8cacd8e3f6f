/// Nobody is refused; what was asked for before is already so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberRejection {}
