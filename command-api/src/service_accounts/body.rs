//! What is said about service accounts.
use std::collections::BTreeSet;

use domain::ids::{ServiceAccountId, VenueId};
use domain::service_accounts::{Description, Scope};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::merge_patch::named;
use crate::shapes::instant;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewServiceAccount {
    /// What administrators call it, 1 to 100 characters on one line. Nobody's own name: it is kept in clear, for ever.
    #[schema(example = "Door of the hall")]
    pub name: String,
    /// `desk`, `catalogue`, `audit`, `operate`, `changes`: one at least.
    #[schema(value_type = Vec<String>, example = json!(["desk"]))]
    pub scopes: BTreeSet<Scope>,
    /// Where `desk` and `catalogue` reach; left out, every venue.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, example = json!(["riverside"]))]
    pub venues: Option<Vec<VenueId>>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceAccountPatch {
    #[serde(default, deserialize_with = "named")]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// All that it has from now on.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["desk", "changes"]))]
    pub scopes: Option<BTreeSet<Scope>>,
    /// `null`: every venue.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["riverside"]))]
    #[expect(
        clippy::option_option,
        reason = "a merge patch tells what is left out from what is taken out"
    )]
    pub venues: Option<Option<Vec<VenueId>>>,
}

/// As it was made; its keys are in `GET /v1/service-accounts`.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CreatedServiceAccount {
    id: Uuid,
    name: String,
    #[schema(value_type = Vec<String>)]
    scopes: BTreeSet<Scope>,
    /// `null`: every venue.
    #[schema(value_type = Option<Vec<String>>)]
    venues: Option<BTreeSet<VenueId>>,
}

impl CreatedServiceAccount {
    pub fn new(id: ServiceAccountId, description: Description) -> Self {
        let Description { name, scopes, venues } = description;
        Self { id: id.0, name, scopes, venues }
    }
}

#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewServiceKey {
    /// RFC 3339 with an offset. Left out, the key counts until it is revoked.
    #[serde(default, deserialize_with = "expiry")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2027-11-22T00:00:00+01:00")]
    pub expires_at: Option<Timestamp>,
}

fn expiry<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    instant(deserializer).map(Some)
}

/// Shown this once.
#[derive(Serialize, utoipa::ToSchema)]
pub struct IssuedServiceKey {
    /// Its name, for revoking it.
    pub id: Uuid,
    /// Sent as `Authorization: Bearer cs_…`.
    #[schema(example = "cs_0192f0c17b1e7cc08a553f1c8f1f0001_nI0…w")]
    pub key: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}
