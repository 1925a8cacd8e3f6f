//! Webhooks: what happens is told to whoever an administrator named, signed, until it is taken or given up.
//!
//! Event → delivery ([`follower`]: a row of table `webhook_deliveries` for each webhook that wants it, its id derived from
//! both) → sent by the [`worker`] → `delivery.succeeded` or `delivery.given-up` on the delivery's own stream. The stream
//! is looked up before anything is sent, so that dropping the read database, replaying or copying the log sends nothing
//! again.
pub mod follower;
pub mod metrics;
mod news;
mod rows;
pub mod sender;
pub mod worker;

use jiff::SignedDuration;

/// For so long it is known what was told. Longer than anything can be told again, and tried after that.
pub(crate) const KEPT: SignedDuration = SignedDuration::from_hours(40 * 24);
