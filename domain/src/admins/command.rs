use crate::ids::UserId;

/// What may be asked of the roster.
#[derive(Clone, Debug)]
pub enum AdminCommand {
    /// `user` is about to lose the role, or the use of it; `witness` is an administrator who stays.
    Leave { user: UserId, witness: UserId },
    /// `user` is an administrator, again or still.
    Return { user: UserId },
}
