//! The crash windows between an event and the command it leads to, each with a real `courtside scheduler` that is
//! killed in it with `-9`, or real servers that are.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod audit;
mod broker;
mod closures;
mod erasures;
mod process;
mod servers;
mod several;
mod sms;
mod system;
mod waitlist;
