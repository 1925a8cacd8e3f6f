//! Closures: a day that a venue closes, or a court that retires, is spread over the court-days it concerns.
//!
//! Event → news of court-days ([`follower`]: rows of table `closure_news`) → each court-day compared with what its venue
//! and its court say by then, and blocked or opened again ([`worker`]). The venue only announces; the court-day decides,
//! and gives everything back to whoever has it. A court-day that nothing was ever held on needs no block: who holds asks
//! the venue and the court. Who asked them too early to know is news too, by the revisions the booking was made under.
//!
//! A block's id is derived from the event that announced it (`facts`), and the court-day knows each id once. So rows may
//! be worked on twice, late, or all anew, and a block that the desk has lifted stays lifted.
mod facts;
pub mod follower;
pub mod metrics;
mod rows;
pub mod worker;
