//! Erasures: somebody is to be forgotten, and everything that is theirs goes, step by step.
//!
//! Event `user.erasure-requested`, or a guest's → a row of table `erasures` ([`follower`]) → the steps in their order ([`worker`],
//! [`steps`]) → `user.erased`. Each step is already true when it is taken twice, and the row goes after the last: whoever
//! dies in the middle, another begins at the first step and comes to the same end.
//!
//! **Invariant:** `user.erased` and `guest.erased` are recorded only after the keys are destroyed and no process has one in memory any more.
//! So what a projection removes when it reads them can never come back.
pub mod follower;
pub mod metrics;
pub mod person;
pub mod reconcile;
mod rows;
pub mod steps;
pub mod worker;
