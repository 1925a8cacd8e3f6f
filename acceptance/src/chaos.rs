//! What is done to an installation while people use it, and how it is known afterwards that nothing was lost: a load, a
//! seeded schedule of faults, and an oracle that remembers every answer. Tests and `ops/chaos` share it.
mod fault;
mod fleet;
mod ledger;
mod load;
mod oracle;
mod person;
mod world;

pub use fault::{Fault, Schedule};
pub use fleet::{End, Fleet};
pub use ledger::{Ledger, Lost};
pub use load::{Load, Plan};
pub use oracle::{Found, audit_verifies, every_promise_was_kept};
pub use world::{ROLES, Wire, World};
