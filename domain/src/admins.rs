//! There is always an administrator left.
//!
//! Whoever takes an administrator's rights away names another who keeps theirs, and says so here first: on one stream,
//! so that of two who demote each other one is refused.
//!
//! **Invariant:** the witness of the newest departure has not left after it. So however many go, and whoever dies in
//! between, somebody is left who was an administrator when they were named.
mod command;
mod event;
mod rejection;
mod upcast;

use std::collections::BTreeSet;

use crate::decider::Decider;
use crate::ids::UserId;

pub use command::AdminCommand;
pub use event::AdminEvent;
pub use rejection::AdminRejection;

pub const STREAM: &str = "admin-roster";

/// What the rules remember: who has left, or is about to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admins {
    pub left: BTreeSet<UserId>,
}

impl Decider for Admins {
    type State = Self;
    type Command = AdminCommand;
    type Event = AdminEvent;
    type Rejection = AdminRejection;

    fn evolve(mut admins: Self, event: AdminEvent) -> Self {
        match event {
            AdminEvent::Left { user, .. } => admins.left.insert(user),
            AdminEvent::Returned { user } => admins.left.remove(&user),
        };
        admins
    }

    fn decide(admins: &Self, command: AdminCommand) -> Result<Vec<AdminEvent>, AdminRejection> {
        use AdminCommand as C;
        use AdminEvent as E;
        use AdminRejection as R;

        match command {
            C::Leave { user, .. } if admins.left.contains(&user) => Ok(vec![]),
            C::Leave { user, witness } if user == witness => Err(R::NobodyStays),
            C::Leave { witness, .. } if admins.left.contains(&witness) => Err(R::NobodyStays),
            C::Leave { user, witness } => Ok(vec![E::Left { user, witness }]),

            C::Return { user } if admins.left.contains(&user) => Ok(vec![E::Returned { user }]),
            C::Return { .. } => Ok(vec![]),
        }
    }
}
