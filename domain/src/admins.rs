//! There is always an administrator left.
//!
//! Whoever takes an administrator's rights away names another who keeps theirs, and says so here first: on one stream,
//! so that of two who demote each other one is refused.
//!
//! **Invariant:** the witness of the newest departure has not left after it. So however many go, and whoever dies in
//! between, somebody is left who was an administrator when they were named.
//!
//! A departure is of an account as it was at an epoch, and can only come about at that epoch. So whoever gives the role back
//! first moves the epoch on: a departure that still is on its way, however long it stalls, never arrives behind the return.
mod command;
mod event;
mod rejection;
mod upcast;

use std::collections::BTreeMap;

use crate::decider::Decider;
use crate::ids::UserId;

pub use command::AdminCommand;
pub use event::AdminEvent;
pub use rejection::AdminRejection;

pub const STREAM: &str = "admin-roster";

/// What the rules remember: who has left, or is about to, and at which epoch of theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admins {
    pub left: BTreeMap<UserId, u64>,
}

impl Decider for Admins {
    type State = Self;
    type Command = AdminCommand;
    type Event = AdminEvent;
    type Rejection = AdminRejection;

    fn evolve(mut admins: Self, event: AdminEvent) -> Self {
        match event {
            AdminEvent::Left { user, epoch, .. } => admins.left.insert(user, epoch),
            AdminEvent::Returned { user } => admins.left.remove(&user),
        };
        admins
    }

    fn decide(admins: &Self, command: AdminCommand) -> Result<Vec<AdminEvent>, AdminRejection> {
        use AdminCommand as C;
        use AdminEvent as E;
        use AdminRejection as R;

        match command {
            C::Leave { user, epoch, .. }
                if admins.left.get(&user).is_some_and(|it| epoch <= *it) =>
            {
                Ok(vec![])
            }
            C::Leave { user, witness, .. } if user == witness => Err(R::NobodyStays),
            C::Leave { witness, .. } if admins.left.contains_key(&witness) => Err(R::NobodyStays),
            C::Leave { user, witness, epoch } => Ok(vec![E::Left { user, witness, epoch }]),

            C::Return { user, epoch } if admins.left.get(&user).is_some_and(|it| *it < epoch) => {
                Ok(vec![E::Returned { user }])
            }
            // Never left, or on the way out anew.
            C::Return { .. } => Ok(vec![]),
        }
    }
}
