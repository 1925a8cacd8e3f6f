//! Who is this, may they, still? The one part of the platform that knows people.
#![warn(clippy::unwrap_used)]

mod caller;
pub mod hashing;
pub mod identifiers;
pub mod mail_tokens;
pub mod permissions;
pub mod refresh;
pub mod tokens;

pub use caller::{Access, Caller};
pub use permissions::Permission;
