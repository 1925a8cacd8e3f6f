//! Waitlists: a place that becomes free is offered to whoever has waited longest for it.
//!
//! Event → news of a list ([`follower`]: a row of table `waitlist_days`) → the list, the courts and their day as they are
//! by then: what became of earlier offers is told, and for the next in line the [`worker`] holds the place in their own
//! name, under a command that follows from the waiter and the place. The court-day decides, as about any hold, and the
//! end of the hold is the end of the offer. Whoever dies between the hold and the word of it leaves a hold that the next
//! round knows for what it is. So rows may be worked on twice, late, or all anew.
pub mod follower;
mod hold;
pub mod metrics;
mod rows;
mod scene;
pub mod worker;

pub(crate) use rows::days;
