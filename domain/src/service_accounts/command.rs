use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Description, Scope};
use crate::ids::{ServiceKeyId, VenueId};

/// What may be asked of a service account.
#[derive(Clone, Debug)]
pub enum ServiceAccountCommand {
    Create(Description),
    Change(Change),
    IssueKey(IssueKey),
    RevokeKey {
        key: ServiceKeyId,
    },
    /// For good, with its keys.
    Remove,
}

/// What is to be otherwise; what is not named stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub name: Option<String>,
    pub scopes: Option<BTreeSet<Scope>>,
    /// Everywhere is something else than as it was.
    pub venues: Option<Option<BTreeSet<VenueId>>>,
}

#[derive(Clone, Debug)]
pub struct IssueKey {
    /// The same however often the command is sent.
    pub key: ServiceKeyId,
    /// Another one each time.
    pub digest: String,
    pub expires_at: Option<Timestamp>,
    pub at: Timestamp,
}
