use crate::ids::UserId;

/// What may be asked of the roster.
#[derive(Clone, Debug)]
pub enum AdminCommand {
    /// `user`, as the account was at `epoch`, is about to lose the role, or the use of it; `witness` is an administrator
    /// who stays.
    Leave { user: UserId, witness: UserId, epoch: u64 },
    /// `user` is an administrator, again or still, as of `epoch`.
    Return { user: UserId, epoch: u64 },
}
