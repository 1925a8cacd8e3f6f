use domain::bookings::BookingCommand::{self, Cancel};
use domain::bookings::BookingEvent::{self, Cancelled, Confirmed};
use domain::bookings::BookingRejection::{
    AlreadyBegun, AlreadyCancelled, AlreadyConfirmed, AlreadyReleased, BookingDiffers, NotDue,
    OnlyHeld, SlotTaken, UnknownBooking,
};
use domain::bookings::{BookingState, Canceller, CourtDay, ExpiryCause, Held, Hold, Holder, Terms};
use domain::decider::Decider;
use domain::policies::{Policy, Refusal};
use domain::venues::Venue;

use crate::bookings::days::*;
use crate::given::{check, fold};
use crate::place;

#[test]
#[rustfmt::skip] // a table
fn a_free_place_is_held_and_a_live_one_is_not() {
    let b = |from, to| hold(B, from, to, "12:01");
    let ok = |from, to, price| Ok(vec![held_until(B, from, to, price, "12:16")]);
    let lazy = |from, to, price, until| Ok(vec![expired(A, ExpiryCause::Lazy), held_until(B, from, to, price, until)]);
    let late = |at| hold(B, "18:00", "19:30", at);

    check::<CourtDay>("empty day",           &[],                                b("18:00", "19:30"), ok("18:00", "19:30", 3602));
    check::<CourtDay>("same slot",           &[held(A)],                         b("18:00", "19:30"), Err(SlotTaken));
    check::<CourtDay>("longer around it",    &[held(A)],                         b("17:30", "20:00"), Err(SlotTaken));
    check::<CourtDay>("shorter inside it",   &[held(A)],                         b("18:00", "19:00"), Err(SlotTaken));
    check::<CourtDay>("over its start",      &[held(A)],                         b("17:00", "18:30"), Err(SlotTaken));
    check::<CourtDay>("over its end",        &[held(A)],                         b("19:00", "20:00"), Err(SlotTaken));
    check::<CourtDay>("right before it",     &[held(A)],                         b("17:00", "18:00"), ok("17:00", "18:00", 2401));
    check::<CourtDay>("right after it",      &[held(A)],                         b("19:30", "20:30"), ok("19:30", "20:30", 2401));
    check::<CourtDay>("confirmed",           &[held(A), confirmed(A)],           late("12:20"),       Err(SlotTaken));
    check::<CourtDay>("released",            &[held(A), released(A)],            b("18:00", "19:30"), ok("18:00", "19:30", 3602));
    check::<CourtDay>("cancelled",           &[held(A), confirmed(A), cancelled(A, 1801)], b("18:00", "19:30"), ok("18:00", "19:30", 3602));
    check::<CourtDay>("expired",             &[held(A), expired(A, ExpiryCause::Sweep)],   b("18:00", "19:30"), ok("18:00", "19:30", 3602));

    check::<CourtDay>("the last nanosecond", &[held(A)], late("12:14:59.999999999"), Err(SlotTaken));
    check::<CourtDay>("at the very end",     &[held(A)], late("12:15"),              lazy("18:00", "19:30", 3602, "12:30"));
    check::<CourtDay>("over, elsewhere",     &[held(A)], hold(B, "08:00", "09:00", "07:30"), Ok(vec![held_until(B, "08:00", "09:00", 2401, "07:45")]));
    check::<CourtDay>("shortly before play", &[],        late("17:55"),              Ok(vec![held_until(B, "18:00", "19:30", 3602, "18:00")]));
}

#[test]
fn taking_the_place_of_several_overdue_holds_ends_each_of_them() {
    let c = "2026-11-21-7FK2-CCCCCCCC";
    let given = [
        held_until(A, "17:00", "18:00", 2401, "12:15"),
        held_until(B, "18:00", "19:00", 2401, "12:15"),
    ];
    let lazily = |it| expired(it, ExpiryCause::Lazy);
    let taken = held_until(c, "17:30", "18:30", 2401, "12:31");
    let then = Ok(vec![lazily(A), lazily(B), taken]);
    check::<CourtDay>("both", &given, hold(c, "17:30", "18:30", "12:16"), then);

    // One of them is alive: nothing happens at all, to the other neither.
    let given = [given[0].clone(), held_until(B, "18:00", "19:00", 2401, "12:20")];
    check::<CourtDay>("one alive", &given, hold(c, "17:30", "18:30", "12:16"), Err(SlotTaken));
}

#[test]
#[rustfmt::skip] // a table
fn a_hold_sent_twice_is_already_true_whatever_became_of_it() {
    let again = |at| hold(A, "18:00", "19:30", at);
    let other = |from, to| hold(A, from, to, "12:01");
    let stranger = || {
        let hold = hold_under(place::venue(), A, t("18:00"), t("19:30"), t("12:01"));
        BookingCommand::Hold(Box::new(Hold { by: Holder::Player(ANOTHER), ..hold }))
    };
    let closed = || {
        let venue = Venue { hours: std::collections::BTreeMap::new(), ..place::venue() };
        BookingCommand::Hold(Box::new(hold_under(venue, A, t("18:00"), t("19:30"), t("12:01"))))
    };

    check::<CourtDay>("alive",               &[held(A)],                          again("12:01"),          Ok(vec![]));
    check::<CourtDay>("over",                &[held(A)],                          again("12:15"),          Ok(vec![]));
    check::<CourtDay>("confirmed",           &[held(A), confirmed(A)],            again("12:01"),          Ok(vec![]));
    check::<CourtDay>("released",            &[held(A), released(A)],             again("12:01"),          Ok(vec![]));
    check::<CourtDay>("expired",             &[held(A), expired(A, ExpiryCause::Lazy)],    again("12:20"), Ok(vec![]));
    check::<CourtDay>("cancelled",           &[held(A), confirmed(A), cancelled(A, 3602)], again("12:20"), Ok(vec![]));
    check::<CourtDay>("after play began",    &[held(A)],                          again("18:30"),          Ok(vec![]));
    check::<CourtDay>("closed since then",   &[held(A)],                          closed(),                Ok(vec![]));
    check::<CourtDay>("another start",       &[held(A)],                          other("17:30", "19:30"), Err(BookingDiffers));
    check::<CourtDay>("another end",         &[held(A)],                          other("18:00", "19:00"), Err(BookingDiffers));
    check::<CourtDay>("another player",      &[held(A)],                          stranger(),              Err(BookingDiffers));
}

#[test]
#[rustfmt::skip] // a table
fn what_the_venue_does_not_sell_is_not_held() {
    let no = |refusal: Refusal| Err(refusal.into());
    let hours = |date| {
        let at = |time: &str| format!("{date}T{time}:00+01:00").parse().ok();
        no(Refusal::OutsideHours { opens_at: at("06:00"), closes_at: at("23:00") })
    };

    check::<CourtDay>("off the grid",         &[],        hold(A, "18:10", "19:30", "12:00"), no(Refusal::OffGrid { at_start: true, grid_minutes: 30 }));
    check::<CourtDay>("in the past",          &[],        hold(A, "08:00", "09:00", "12:00"), no(Refusal::InThePast));
    check::<CourtDay>("too late in the day",  &[],        hold(A, "22:30", "23:30", "12:00"), hours("2026-11-21"));
    check::<CourtDay>("sold, and in the past", &[held(A)], hold(B, "18:00", "19:30", "18:00"), no(Refusal::InThePast));
    check::<CourtDay>("under another date",   &[],        hold("2026-11-22-7FK2-AAAAAAAA", "18:00", "19:30", "12:00"), hours("2026-11-22"));
}

#[test]
#[rustfmt::skip] // a table
fn confirming() {
    let gone = [held(A), confirmed(A), cancelled(A, 3602)];
    let resold = [held(A), expired(A, ExpiryCause::Lazy), held_until(B, "18:00", "19:30", 3602, "12:30")];

    check::<CourtDay>("in time",             &[held(A)],               confirm(A, "12:14"),       Ok(vec![confirmed(A)]));
    check::<CourtDay>("the last nanosecond", &[held(A)],               confirm(A, "12:14:59.999999999"), Ok(vec![confirmed(A)]));
    check::<CourtDay>("at the very end",     &[held(A)],               confirm(A, "12:15"),       over());
    check::<CourtDay>("twice",               &[held(A), confirmed(A)], confirm(A, "12:14"),       Ok(vec![]));
    check::<CourtDay>("twice, much later",   &[held(A), confirmed(A)], confirm(A, "20:00"),       Ok(vec![]));
    check::<CourtDay>("expired",             &[held(A), expired(A, ExpiryCause::Timer)], confirm(A, "12:16"), over());
    check::<CourtDay>("by a slow clock",     &[held(A), expired(A, ExpiryCause::Timer)], confirm(A, "12:14"), over());
    check::<CourtDay>("after resale",        &resold,                  confirm(A, "12:14"),       over());
    check::<CourtDay>("the one resold",      &resold,                  confirm(B, "12:20"),       Ok(vec![confirmed(B)]));
    check::<CourtDay>("released",            &[held(A), released(A)],  confirm(A, "12:14"),       Err(AlreadyReleased));
    check::<CourtDay>("cancelled",           &gone,                    confirm(A, "12:14"),       Err(AlreadyCancelled));
    check::<CourtDay>("never held",          &[held(A)],               confirm(B, "12:14"),       Err(UnknownBooking));
    // Histories that the rules cannot make, but a repair by hand could.
    check::<CourtDay>("not its own",         &[held(A), held(B)],               confirm(A, "12:14"), Err(SlotTaken));
    check::<CourtDay>("sold to another",     &[held(A), held(B), confirmed(B)], confirm(A, "12:14"), Err(SlotTaken));
    check::<CourtDay>("the other let go",    &[held(A), held(B), released(B)],  confirm(A, "12:14"), Ok(vec![confirmed(A)]));
}

#[test]
#[rustfmt::skip] // a table
fn expiring() {
    let timed = || expired(A, ExpiryCause::Timer);
    let anew = || match held_until(A, "18:00", "19:30", 3602, "12:30") {
        BookingEvent::Held(held) => {
            BookingEvent::Held(Box::new(Held { generation: 2, ..*held }))
        },
        other => other,
    };

    check::<CourtDay>("a nanosecond early",  &[held(A)],                 expire(1, "12:14:59.999999999"), Err(NotDue { due_at: t("12:15") }));
    check::<CourtDay>("at the very end",     &[held(A)],                 expire(1, "12:15"), Ok(vec![timed()]));
    check::<CourtDay>("twice",               &[held(A), timed()],        expire(1, "12:15"), Ok(vec![]));
    check::<CourtDay>("after a confirmation", &[held(A), confirmed(A)],  expire(1, "12:16"), Ok(vec![]));
    check::<CourtDay>("after a release",     &[held(A), released(A)],    expire(1, "12:16"), Ok(vec![]));
    check::<CourtDay>("after a cancellation", &[held(A), confirmed(A), cancelled(A, 3602)], expire(1, "12:16"), Ok(vec![]));
    check::<CourtDay>("an old generation",   &[held(A), anew()],         expire(1, "12:31"), Ok(vec![]));
    check::<CourtDay>("the new generation",  &[held(A), anew()],         expire(2, "12:16"), Err(NotDue { due_at: t("12:30") }));
    check::<CourtDay>("one that never was",  &[],                        expire(1, "12:16"), Ok(vec![]));
}

#[test]
#[rustfmt::skip] // a table
fn releasing() {
    check::<CourtDay>("in time",          &[held(A)],               release("12:14"), Ok(vec![released(A)]));
    check::<CourtDay>("at the very end",  &[held(A)],               release("12:15"), over());
    check::<CourtDay>("twice",            &[held(A), released(A)],  release("12:20"), Ok(vec![]));
    check::<CourtDay>("expired",          &[held(A), expired(A, ExpiryCause::Sweep)], release("12:20"), over());
    check::<CourtDay>("confirmed",        &[held(A), confirmed(A)], release("12:14"), Err(AlreadyConfirmed));
    check::<CourtDay>("cancelled",        &[held(A), confirmed(A), cancelled(A, 0)], release("12:14"), Err(AlreadyCancelled));
    check::<CourtDay>("never held",       &[],                      release("12:14"), Err(UnknownBooking));
}

#[test]
#[rustfmt::skip] // a table
fn cancelling() {
    let sold = [held(A), confirmed(A)];

    check::<CourtDay>("half of 36.02",     &sold,                    cancel("12:30"), Ok(vec![cancelled(A, 1801)]));
    check::<CourtDay>("just before play",  &sold,                    cancel("17:59:59.999999999"), Ok(vec![cancelled(A, 1801)]));
    check::<CourtDay>("as play begins",    &sold,                    cancel("18:00"), Err(AlreadyBegun));
    check::<CourtDay>("twice",             &[held(A), confirmed(A), cancelled(A, 1801)], cancel("19:00"), Ok(vec![]));
    check::<CourtDay>("merely held",       &[held(A)],               cancel("12:14"), Err(OnlyHeld));
    check::<CourtDay>("held, and over",    &[held(A)],               cancel("12:15"), over());
    check::<CourtDay>("expired",           &[held(A), expired(A, ExpiryCause::Timer)], cancel("12:16"), over());
    check::<CourtDay>("released",          &[held(A), released(A)],  cancel("12:16"), Err(AlreadyReleased));
    check::<CourtDay>("never held",        &[],                      cancel("12:16"), Err(UnknownBooking));
}

#[test]
fn a_refund_follows_the_terms_of_the_hold_in_the_players_favour() {
    let refund = |price: i64, percent: u8, hours: u32, notice: &str| {
        let BookingEvent::Held(held) = held(A) else { unreachable!() };
        let terms = Terms { full_refund_hours: hours, late_refund_percent: percent };
        let held = BookingEvent::Held(Box::new(Held { price: eur(price), terms, ..*held }));
        let notice: jiff::SignedDuration = notice.parse().unwrap();
        let when = Cancel { booking: id(A), by: Canceller::Player, at: t("18:00") - notice };
        let events = CourtDay::decide(&fold([held, confirmed(A)]), when).unwrap();
        match events.as_slice() {
            [Cancelled { refund, .. }] => refund.amount_minor,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refund(3601, 50, 24, "PT24H"), 3601, "in time to the second");
    assert_eq!(refund(3601, 50, 24, "PT23H59M59S"), 1801, "half a cent is the player's");
    assert_eq!(refund(100, 33, 24, "PT1H"), 33, "even cents are not rounded up");
    assert_eq!(refund(101, 33, 24, "PT1H"), 34);
    assert_eq!(refund(3601, 0, 24, "PT1H"), 0);
    assert_eq!(refund(3601, 100, 24, "PT1H"), 3601);
    assert_eq!(refund(3601, 255, 24, "PT1H"), 3601, "never more than the price");
    assert_eq!(refund(3601, 0, 0, "PT1S"), 3601, "until play begins");
    assert_eq!(refund(i64::MAX, 99, 24, "PT1H"), 9_131_138_316_486_228_049);
}

#[test]
fn a_booking_keeps_what_its_answer_needs() {
    let payment_reference = Some("pay-1".to_owned());
    let paid = Confirmed { booking: id(A), payment_reference: payment_reference.clone() };
    let day: CourtDay = fold([held(A), paid, cancelled(A, 1801)]);
    let booking = &day.bookings[&id(A)];
    assert_eq!(booking.state, BookingState::Cancelled);
    assert_eq!(booking.payment_reference, payment_reference);
    assert_eq!(booking.refund, Some(eur(1801)));

    let day: CourtDay = fold([held(A)]);
    let booking = &day.bookings[&id(A)];
    assert_eq!(booking.state_at(t("12:14:59")), BookingState::Held);
    assert_eq!(booking.state_at(t("12:15")), BookingState::Expired);
}

#[test]
fn a_late_night_booking_is_on_the_day_before() {
    let venue = place::venue_in("Europe/Berlin", "04:00", "18:00", "02:00");
    let hold = |booking| {
        let (from, to) = (place::at("2026-11-22T00:30+01:00"), place::at("2026-11-22T02:00+01:00"));
        CourtDay::decide(
            &CourtDay::default(),
            BookingCommand::Hold(Box::new(hold_under(
                venue.clone(),
                booking,
                from,
                to,
                t("12:00"),
            ))),
        )
    };
    assert!(hold(A).is_ok(), "21 November begins at four and ends at four");
    assert!(hold("2026-11-22-7FK2-AAAAAAAA").is_err(), "or two streams would sell one hour");
}

#[test]
fn the_policy_of_the_hold_is_the_one_the_command_carries() {
    let policy = Policy {
        hold_seconds: 60,
        late_refund_percent: 10,
        full_refund_hours: 48,
        ..Policy::default()
    };
    let venue = Venue { policy, ..place::venue() };
    let hold = hold_under(venue, A, t("18:00"), t("19:30"), t("12:00"));
    let events =
        CourtDay::decide(&CourtDay::default(), BookingCommand::Hold(Box::new(hold))).unwrap();
    let [BookingEvent::Held(held)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(held.expires_at, Some(t("12:01")));
    assert_eq!(held.terms, Terms { full_refund_hours: 48, late_refund_percent: 10 });
}
