//! Leases: a player's quotas follow what court-days decide.
//!
//! Event → news of its booking ([`follower`]: a row of table `lease_news`) → the booking as it is by then, compared with
//! the player's lease and told to the player's stream ([`worker`]). Commands tell the same right after they were
//! answered; this catches what that missed, and whatever ends by itself. Old news change nothing there, so rows may be
//! worked on twice, late, or all anew.
pub mod follower;
pub mod metrics;
mod rows;
pub mod worker;
