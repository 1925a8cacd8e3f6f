//! The account of a program: a door, a bookkeeping job, a club's web page. It has keys, and does what its scopes say.
mod command;
mod decide;
mod event;
mod rejection;
mod upcast;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::decider::Decider;
use crate::ids::{ServiceKeyId, VenueId};

pub use command::{Change, IssueKey, ServiceAccountCommand};
pub use event::ServiceAccountEvent;
pub use rejection::ServiceAccountRejection;

/// What the names of these streams begin with.
pub const SERVICE_ACCOUNTS: &str = "service-account-";

/// One key that is used, one that takes over, and one whose answer got lost.
pub const MAX_KEYS: usize = 3;

/// More venues than anybody can be at.
pub const MAX_VENUES: usize = 200;

/// What the rules remember of a service account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceAccount {
    /// What it is and may do: nothing before it is made, and nothing once it is removed.
    pub description: Option<Description>,
    /// The keys that were issued and not revoked. Whether one has expired, the clock says.
    pub keys: BTreeMap<ServiceKeyId, Key>,
    /// Those that were revoked: none of them comes back.
    revoked: BTreeSet<ServiceKeyId>,
    removed: bool,
}

/// What a service account is called, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// What administrators call it. Nobody's own name: it stands here in clear.
    pub name: String,
    pub scopes: BTreeSet<Scope>,
    /// Where `desk` and `catalogue` reach; `None`: everywhere.
    pub venues: Option<BTreeSet<VenueId>>,
}

/// What a program may do. None of these is about people's accounts and roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// What staff do with bookings.
    Desk,
    /// Venues, courts, hours, prices.
    Catalogue,
    /// The login history and what staff did.
    Audit,
    /// Projections and timers.
    Operate,
    /// What happened, as programs follow it.
    Changes,
}

/// A key, as far as anybody but its owner knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// What the secret hashes to, SHA-256 in hexadecimal digits.
    pub digest: String,
    pub expires_at: Option<Timestamp>,
}

impl Scope {
    pub const ALL: [Self; 5] =
        [Self::Desk, Self::Catalogue, Self::Audit, Self::Operate, Self::Changes];

    /// As everybody writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Catalogue => "catalogue",
            Self::Audit => "audit",
            Self::Operate => "operate",
            Self::Changes => "changes",
        }
    }

    /// Whether it is for something that lies at a venue.
    pub fn is_of_venues(self) -> bool {
        matches!(self, Self::Desk | Self::Catalogue)
    }
}

impl Key {
    /// Whether it opens anything at this time.
    pub fn counts(&self, at: Timestamp) -> bool {
        self.expires_at.is_none_or(|it| at < it)
    }
}

impl Decider for ServiceAccount {
    type State = Self;
    type Command = ServiceAccountCommand;
    type Event = ServiceAccountEvent;
    type Rejection = ServiceAccountRejection;

    fn evolve(mut state: Self, event: ServiceAccountEvent) -> Self {
        use ServiceAccountEvent as E;

        match event {
            E::Created(description) | E::Changed(description) => {
                state.description = Some(description);
            }
            E::KeyIssued { key, digest, expires_at } => {
                state.keys.insert(key, Key { digest, expires_at });
            }
            E::KeyRevoked { key } => {
                state.keys.remove(&key);
                state.revoked.insert(key);
            }
            E::Removed {} => return Self { removed: true, ..Self::default() },
        }
        state
    }

    fn decide(
        state: &Self,
        command: ServiceAccountCommand,
    ) -> Result<Vec<ServiceAccountEvent>, ServiceAccountRejection> {
        decide::decide(state, command)
    }
}
