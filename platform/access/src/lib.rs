//! Who is this, may they, still? The one part of the platform that knows people.
#![warn(clippy::unwrap_used)]

pub mod blocklist;
pub mod calendar_links;
mod caller;
mod feed;
pub mod hashing;
pub mod identifiers;
pub mod invitations;
mod keyed;
mod known;
pub mod mail_tokens;
pub mod maintenance;
pub mod permissions;
mod readings;
pub mod refresh;
pub mod second_factor;
mod seen;
pub mod service_accounts;
pub mod standard_webhooks;
pub mod tokens;

pub use caller::{
    Access, Caller, Enrolling, Person, REVOCATION_UNKNOWN, SECOND_FACTOR_REQUIRED,
    second_factor_required, unauthenticated,
};
pub use permissions::Permission;
