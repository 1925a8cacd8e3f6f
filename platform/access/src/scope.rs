//! Where a role reaches: staff are for the venues their role names, everybody else for none or for all.
use domain::users::Role;

use crate::Caller;

impl Caller {
    /// The venues whose desk the caller runs; `None` means every one.
    pub fn scope(&self) -> Option<Vec<String>> {
        match self.role {
            Role::Admin => None,
            Role::Staff => Some(self.venues.iter().map(ToString::to_string).collect()),
            Role::Player | Role::Auditor | Role::Operator => Some(Vec::new()),
        }
    }
}
