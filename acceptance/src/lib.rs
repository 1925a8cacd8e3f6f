//! Stories told from outside: real processes, real servers, HTTP only.
#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "this is test support: it may fail loudly, and it has no clock but the machine's"
)]

pub mod chaos;
mod client;
mod ear;
mod nginx;
mod process;
mod receiver;
mod stack;

pub use client::{Answer, Client, asked_while, in_days};
pub use ear::{Ear, Message};
pub use nginx::Nginx;
pub use process::Process;
pub use receiver::{Receiver, Told};
pub use stack::{Servers, Stack};

/// The same for everybody in the demo, and for newcomers.
pub const PASSWORD: &str = "seven lobs before breakfast";
