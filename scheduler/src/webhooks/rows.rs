//! Rows of tables `webhooks` and `webhook_deliveries`.
mod kept;
mod sent;

pub(super) use kept::{
    Made, Wish, add, change, make, make_again, mark_ended, remove, resume, rotate, stop, wishes,
};
pub(super) use sent::{
    Attempt, Endpoint, Pending, claim, due, mark_accepted, oldest, postpone, settle, taken_since,
};

/// States that a delivery ends in.
pub(super) const DELIVERED: &str = "delivered";
pub(super) const GIVEN_UP: &str = "given_up";
