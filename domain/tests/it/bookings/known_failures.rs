//! What booking systems are known to get wrong, as far as a court-day alone can get it wrong. `docs/bookings.md` lists
//! them all, with the test of each.
use domain::bookings::BookingCommand::{Confirm, ReceivePayment};
use domain::bookings::BookingRejection::{NotDue, SlotTaken};
use domain::bookings::{
    BookingCommand, BookingEvent, BookingState, By, CourtDay, ExpiryCause, Hold, HoldMoved, Move,
};
use domain::decider::Decider;
use domain::policies::Refusal;
use domain::venues::Venue;

use crate::bookings::days::*;
use crate::given::{check, fold};
use crate::place;

const C: &str = "2026-11-21-7FK2-CCCCCCCC";

fn on(given: &[BookingEvent], command: BookingCommand) -> Answer {
    CourtDay::decide(&fold::<CourtDay>(given.iter().cloned()), command)
}

#[test]
#[rustfmt::skip] // a table
fn bookings_that_overlap_in_any_way_exclude_one_another() {
    let given = [held(A)];
    let wants = |from, to| on(&given, hold(B, from, to, "12:05")).map(|it| it.len());

    assert_eq!(wants("18:00", "19:30"), Err(SlotTaken), "the same");
    assert_eq!(wants("18:00", "19:00"), Err(SlotTaken), "its beginning");
    assert_eq!(wants("18:30", "19:30"), Err(SlotTaken), "its end");
    assert_eq!(wants("17:00", "18:30"), Err(SlotTaken), "over its beginning");
    assert_eq!(wants("19:00", "20:30"), Err(SlotTaken), "over its end");
    assert_eq!(wants("17:30", "20:00"), Err(SlotTaken), "all around it");
    assert_eq!(wants("16:30", "18:00"), Ok(1), "up to it");
    assert_eq!(wants("19:30", "20:30"), Ok(1), "from it on");
}

#[test]
fn a_booking_confirmed_twice_is_confirmed_once() {
    let by = |payment_reference: &str| Confirm {
        booking: id(A),
        payment_reference: Some(payment_reference.to_owned()),
        by: By::Player,
        at: t("12:14"),
    };
    let first = on(&[held(A)], by("1")).unwrap();
    let given = [vec![held(A)], first].concat();
    assert_eq!(on(&given, by("1")), Ok(vec![]));
    assert_eq!(on(&given, by("2")), Ok(vec![]), "nor is the first one's reference lost");
}

/// Both write at one revision, so one of them decides again on what the other has written.
#[test]
fn of_a_confirmation_and_an_expiry_exactly_one_wins() {
    for (confirmed_at, expired_at) in [("12:14", "12:15"), ("12:14:59.9", "12:15:00.1")] {
        let (confirm, expire) = (confirm(A, confirmed_at), expire(1, expired_at));
        let first = on(&[held(A)], confirm.clone()).unwrap();
        assert_eq!(on(&[vec![held(A)], first].concat(), expire.clone()), Ok(vec![]));
        let first = on(&[held(A)], expire).unwrap();
        assert_eq!(on(&[vec![held(A)], first].concat(), confirm), over());
    }
}

#[test]
fn a_place_that_was_sold_on_is_not_confirmed_by_whoever_had_it() {
    let sold = on(&[held(A)], hold(B, "18:00", "19:30", "12:15")).unwrap();
    let given = [vec![held(A)], sold].concat();
    assert_eq!(on(&given, confirm(A, "12:16")), over());
    assert_eq!(on(&given, confirm(A, "12:14")), over(), "by a clock that is slow");
    assert_eq!(on(&given, confirm(B, "12:16")), Ok(vec![confirmed(B)]));
}

#[test]
fn touching_a_hold_does_not_renew_it() {
    let again = || hold(A, "18:00", "19:30", "12:14");
    assert_eq!(on(&[held(A)], again()), Ok(vec![]));
    let another = hold(B, "18:00", "19:30", "12:14");
    assert_eq!(on(&[held(A)], another), Err(SlotTaken), "under another id neither");
    let gone = [held(A), expired(A, ExpiryCause::Timer)];
    assert_eq!(on(&gone, hold(A, "18:00", "19:30", "12:20")), Ok(vec![]), "nor is it brought back");
}

#[test]
fn a_booking_does_not_move_onto_somebody_elses_hold() {
    let place =
        |booking| hold_under(place::venue(), booking, t("20:00"), t("21:00"), t("12:05")).place;
    let theirs = held_until(B, "20:30", "21:30", 2401, "12:15");
    let within = Move { booking: id(A), place: place(C), overridden: None };
    let given = [held(A), confirmed(A), theirs.clone()];
    assert_eq!(on(&given, BookingCommand::Move(Box::new(within))), Err(SlotTaken));

    let BookingEvent::Held(mut from) = held(A) else { unreachable!() };
    from.booking = id("2026-11-20-7FK2-FFFFFFFF");
    let across = HoldMoved { from: *from, place: place(C), overridden: None };
    assert_eq!(on(&[theirs], BookingCommand::HoldMoved(Box::new(across))), Err(SlotTaken));
}

#[test]
fn hours_changed_under_a_late_night_booking_leave_it_where_it_is() {
    // Open from 18:00 to 02:00, and a booking half an hour after midnight.
    let late = place::venue_in("Europe/Berlin", "04:00", "18:00", "02:00");
    let early = place::venue_in("Europe/Berlin", "04:00", "06:00", "23:00");
    let want = |venue: Venue, booking: &str| {
        let [from, to] = ["2026-11-22T00:30+01:00", "2026-11-22T01:30+01:00"].map(place::at);
        BookingCommand::Hold(Box::new(hold_under(venue, booking, from, to, t("12:00"))))
    };
    let booked = on(&[], want(late.clone(), A)).unwrap();
    let tomorrow = "2026-11-22-7FK2-BBBBBBBB";

    assert_eq!(on(&booked, want(late.clone(), B)), Err(SlotTaken));
    assert!(on(&booked, want(early.clone(), B)).is_err(), "it is not open then");
    for venue in [late, early.clone()] {
        let elsewhere = on(&[], want(venue, tomorrow));
        assert!(elsewhere.is_err(), "whatever the hours, the hour is of one service day");
    }
    assert_eq!(on(&booked, confirm(A, "12:05")), Ok(vec![confirmed(A)]));
    assert_eq!(on(&booked, want(early, A)), Ok(vec![]), "sent again, it is the same booking");
}

#[test]
fn a_booking_across_midnight_meets_those_before_and_after_it() {
    let venue = || place::venue_in("Europe/Berlin", "04:00", "18:00", "02:00");
    let want = |booking: &str, from: &str, to: &str| {
        let hold = hold_under(venue(), booking, place::at(from), place::at(to), t("12:00"));
        BookingCommand::Hold(Box::new(hold))
    };
    let (midnight, one) = ("2026-11-22T00:00+01:00", "2026-11-22T01:00+01:00");
    let booked = on(&[], want(A, "2026-11-21T23:30+01:00", "2026-11-22T00:30+01:00")).unwrap();
    assert_eq!(on(&booked, want(B, midnight, one)), Err(SlotTaken));
    assert_eq!(on(&booked, want(B, "2026-11-21T23:00+01:00", midnight)), Err(SlotTaken));
    assert!(on(&booked, want(B, "2026-11-22T00:30+01:00", "2026-11-22T01:30+01:00")).is_ok());
}

#[test]
fn the_past_is_sold_to_nobody() {
    let past = || Err(Refusal::InThePast.into());
    check::<CourtDay>("yesterday's", &[], hold(A, "18:00", "19:30", "20:00"), past());
    check::<CourtDay>("begun", &[], hold(A, "18:00", "19:30", "18:30"), past());
    check::<CourtDay>("beginning", &[], hold(A, "18:00", "19:30", "18:00"), past());
}

#[test]
fn an_expiry_never_undoes_a_paid_booking() {
    let paid = ReceivePayment {
        booking: id(A),
        payment_reference: "1".to_owned(),
        amount: eur(3602),
        at: t("12:14"),
    };
    let bought = [vec![held_for_payment(A)], on(&[held_for_payment(A)], paid.clone()).unwrap()];
    for cause in [ExpiryCause::Timer, ExpiryCause::Sweep, ExpiryCause::Lazy] {
        let (booking, at) = (id(A), t("12:20"));
        let expire = BookingCommand::Expire { booking, generation: 1, cause, at };
        assert_eq!(on(&bought.concat(), expire), Ok(vec![]));
    }
    let another = hold(B, "18:00", "19:30", "12:20");
    assert_eq!(on(&bought.concat(), another), Err(SlotTaken), "nor does somebody who wants it");

    // And where the expiry came first, the money brings it back.
    let gone = [held_for_payment(A), expired(A, ExpiryCause::Timer)];
    let late = on(&gone, paid).unwrap();
    let day: CourtDay = fold(gone.into_iter().chain(late));
    assert_eq!(day.bookings[&id(A)].state, BookingState::Confirmed);
}

#[test]
fn a_wake_up_that_comes_early_is_told_when_to_come_again() {
    let early = on(&[held(A)], expire(1, "12:14:59.999"));
    assert_eq!(early, Err(NotDue { due_at: t("12:15") }));
    assert!(on(&[held(A)], expire(1, "12:15")).is_ok_and(|it| it.len() == 1));
}

#[test]
fn an_expired_hold_is_still_there_for_whoever_asks() {
    let Hold { place, .. } = hold_under(place::venue(), B, t("18:00"), t("19:30"), t("12:15"));
    let taken = on(&[held(A)], hold(B, "18:00", "19:30", "12:15")).unwrap();
    let day: CourtDay = fold([vec![held(A)], taken].concat());
    assert_eq!(day.bookings.len(), 2, "and whoever took its place is beside it");
    assert_eq!(day.bookings[&id(A)].state, BookingState::Expired);
    assert_eq!(day.bookings[&id(B)].held.starts_at, place.starts_at);
}
