use runtime::problem::Kind;

use crate::{
    bookings, courts, erasures, idempotency, if_match, maintenance, outbox, participants, payments,
    projections, registrations, reminders, second_factor, service_accounts, sessions, sms, users,
    venues, waitlist, webhooks,
};

/// Every kind of problem this service adds to the common ones. Each has its page, `docs/problems/<name>.md`.
pub const KINDS: &[&[Kind]] = &[
    bookings::KINDS,
    courts::KINDS,
    erasures::KINDS,
    &[idempotency::KEY_REUSED, idempotency::STILL_RUNNING],
    &[if_match::IF_MATCH_REQUIRED, if_match::STALE],
    maintenance::KINDS,
    outbox::KINDS,
    participants::KINDS,
    payments::KINDS,
    projections::KINDS,
    registrations::KINDS,
    reminders::KINDS,
    second_factor::KINDS,
    service_accounts::KINDS,
    sessions::KINDS,
    sms::KINDS,
    users::KINDS,
    venues::KINDS,
    waitlist::KINDS,
    webhooks::KINDS,
];
