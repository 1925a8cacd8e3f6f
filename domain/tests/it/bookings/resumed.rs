//! A maintenance ends, and holds go on.
use domain::bookings::BookingCommand::{self, ResumeHold, StartPayment};
use domain::bookings::BookingEvent::{self, HoldExtended, PaymentStarted};
use domain::bookings::BookingRejection::{HoldExpired, UnknownBooking};
use domain::bookings::{CourtDay, ExpiryCause, ExtensionCause};

use crate::bookings::days::*;
use crate::given::check;

fn resume(since: &str, at: &str) -> BookingCommand {
    ResumeHold { booking: id(A), since: t(since), at: t(at) }
}

fn extended(generation: u32, expires_at: &str, since: &str) -> BookingEvent {
    let cause = ExtensionCause::Maintenance { since: t(since) };
    HoldExtended { booking: id(A), generation, expires_at: t(expires_at), cause }
}

#[test]
#[rustfmt::skip] // a table
fn what_was_left_of_a_hold_is_left_of_it() {
    let once = || vec![held(A), extended(2, "13:15", "12:10")];
    let ends = |generation, expires_at, since| Ok(vec![extended(generation, expires_at, since)]);

    check::<CourtDay>("an hour later",         &[held(A)], resume("12:10", "13:10"), ends(2, "13:15", "12:10"));
    check::<CourtDay>("up to the start",       &[held(A)], resume("12:10", "18:00"), ends(2, "18:00", "12:10"));
    check::<CourtDay>("over at the beginning", &[held(A)], resume("12:15", "13:10"), Ok(vec![]));
    check::<CourtDay>("no time has passed",    &[held(A)], resume("12:10", "12:10"), Ok(vec![]));
    check::<CourtDay>("a clock went back",     &[held(A)], resume("12:10", "12:05"), Ok(vec![]));
    check::<CourtDay>("asked again",           &once(),   resume("12:10", "13:10"), Ok(vec![]));
    check::<CourtDay>("it took longer",        &once(),   resume("12:10", "13:20"), ends(3, "13:25", "12:10"));
    check::<CourtDay>("another maintenance",   &once(),   resume("13:14", "14:14"), ends(3, "14:15", "13:14"));
    check::<CourtDay>("nobody held it",        &[],       resume("12:10", "13:10"), Err(UnknownBooking));
}

#[test]
fn what_is_no_hold_or_has_no_clock_stays_as_it_is() {
    let resumed = || resume("12:10", "13:10");
    let expired = expired(A, ExpiryCause::Lazy);
    for (case, given) in [
        ("confirmed", vec![held(A), confirmed(A)]),
        ("expired", vec![held(A), expired]),
        ("released", vec![held(A), released(A)]),
        ("without a clock", vec![held_with(A, |it| it.expires_at = None)]),
    ] {
        check::<CourtDay>(case, &given, resumed(), Ok(vec![]));
    }
}

#[test]
fn a_hold_that_goes_on_is_confirmed_until_its_new_end() {
    let given = [held(A), extended(2, "13:15", "12:10")];
    check::<CourtDay>("in time", &given, confirm(A, "13:14"), Ok(vec![confirmed(A)]));
    let late = Err(HoldExpired { expired_at: t("13:15") });
    check::<CourtDay>("too late", &given, confirm(A, "13:15"), late);
}

#[test]
fn a_first_payment_still_extends_it() {
    let given = [held_for_payment(A), extended(2, "13:15", "12:10")];
    let (booking, payment_reference) = (id(A), "1".to_owned());
    let start =
        StartPayment { booking, payment_reference: payment_reference.clone(), at: t("13:11") };
    let started = PaymentStarted { booking: id(A), payment_reference, amount: eur(3602) };
    let cause = ExtensionCause::Payment;
    let longer = HoldExtended { booking: id(A), generation: 3, expires_at: t("13:25"), cause };
    check::<CourtDay>("the first", &given, start, Ok(vec![started, longer]));
}
