//! What the scheduler does by itself, on real servers.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod accounts;
mod audit;
mod canaries;
mod claims;
mod closures;
mod erasures;
mod guests;
mod leases;
mod maintenance;
mod notices;
mod outside;
mod plays;
mod pruning;
mod rabbitmq;
mod reminders;
mod reset;
mod retention;
mod role;
mod sink;
mod sms;
mod smtp;
mod timers;
mod twilio;
mod unverified;
mod waitlist;
mod warnings;
mod webhooks;
mod world;
