//! What is done to an installation while people use it, and how it is known afterwards that nothing was lost: a load, a
//! seeded schedule of faults, and an oracle that remembers every answer. Tests, `ops/chaos` and `ops/bench/soak` share it.
mod fault;
mod fleet;
mod ledger;
mod load;
mod oracle;
mod person;
mod rotation;
mod town;
mod webhook;
mod world;

pub use fault::{Fault, Schedule};
pub use fleet::{End, Fleet};
pub use ledger::{Ledger, Lost, Took};
pub use load::{Load, Pace, Plan};
pub use oracle::{Found, audit_verifies, every_promise_was_kept};
pub use rotation::{Credential, Rotation, with_all_credentials};
pub use town::{BOOKED_DAYS, invite, open_venues};
pub use webhook::Webhook;
pub use world::{ROLES, Wire, World};
