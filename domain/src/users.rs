//! A person's account: who may act, as what, and since when.
mod command;
mod event;
mod rejection;
mod upcast;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ids::VenueId;
use crate::sealed::Sealed;

pub use command::{Register, UserCommand};
pub use event::UserEvent;
pub use rejection::UserRejection;

/// What the rules remember of an account.
#[derive(Clone, Debug, Default)]
pub struct User {
    pub registered: bool,
    pub role: Role,
    /// The venues a member of staff is for.
    pub venues: Vec<VenueId>,
    /// Whether the e-mail address was proved, or need not be.
    pub verified: bool,
    pub disabled: bool,
    /// Bumped by everything that must end older tokens: password, role, disable, revoke.
    pub epoch: u64,
    pub email: Option<Sealed>,
    pub username: Option<Sealed>,
    pub display_name: Option<Sealed>,
    pub phone: Option<Sealed>,
    /// The claims this account owns by its registration.
    pub claims: BTreeSet<String>,
    /// The claims it can never own any more.
    pub abandoned: BTreeSet<String>,
    pub verifier: Option<Sealed>,
    pub pepper: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    #[default]
    Player,
    Staff,
    Auditor,
    Operator,
    Admin,
}
