//! Who may do what: one table, on one page.
use std::collections::BTreeSet;

use domain::service_accounts::Scope;
use domain::users::Role;

/// What a route asks for. Each route names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Hold, confirm, release, cancel and see one's own bookings, profile and sessions.
    Play,
    /// Everybody's bookings, at the venues the role names.
    RunDesk,
    /// Venues, courts, hours, policies, prices.
    ManageCatalogue,
    /// The login history and what staff did.
    Audit,
    /// Projections, timers, the outbox.
    Operate,
    /// Accounts and roles.
    ManageUsers,
    /// What happened on courts and at venues, as programs follow it.
    ReadChanges,
}

impl Permission {
    pub fn held_by(self, role: Role) -> bool {
        use Role::{Admin, Auditor, Operator, Staff};
        match self {
            Self::Play => true,
            Self::RunDesk | Self::ManageCatalogue => matches!(role, Staff | Admin),
            Self::Audit => matches!(role, Auditor | Admin),
            Self::Operate => matches!(role, Operator | Admin),
            Self::ManageUsers | Self::ReadChanges => matches!(role, Admin),
        }
    }

    /// Whether a service account with these scopes has it. What is one's own is people's, and so are accounts.
    pub fn is_within(self, scopes: &BTreeSet<Scope>) -> bool {
        let scope = match self {
            Self::Play | Self::ManageUsers => return false,
            Self::RunDesk => Scope::Desk,
            Self::ManageCatalogue => Scope::Catalogue,
            Self::Audit => Scope::Audit,
            Self::Operate => Scope::Operate,
            Self::ReadChanges => Scope::Changes,
        };
        scopes.contains(&scope)
    }
}
