use domain::bookings::BookingCommand::{
    self, AbandonMove, Cancel, CheckIn, CommitMove, ConfirmMoved, MarkPaid, ReceivePayment,
    Reinstate, ReleaseMoved, StartPayment,
};
use domain::bookings::BookingEvent::{
    self, Cancelled, MoveAbandoned as Abandoned, PaymentReceived, PaymentStarted, RefundSettled,
};
use domain::bookings::BookingRejection::{
    AlreadyBegun, AlreadyCancelled, AlreadyConfirmed, AlreadyPaid, AnotherVenue, BookingDiffers,
    BookingMoved, MoveAbandoned, MoveUnderWay, NotMoving, OnlyHeld, SlotTaken,
};
use domain::bookings::{
    BroughtPayment, CancelCause, Canceller, CourtDay, ExpiryCause, Held, HoldMoved, Move,
    PaymentMethod, Place, RefundCause,
};
use domain::decider::Decider;
use domain::money::Money;
use domain::policies::{Payment, Refusal};
use domain::sealed::Sealed;

use crate::bookings::days::*;
use crate::given::{check, fold};
use crate::place;

/// On the day before.
const FROM: &str = "2026-11-20-7FK2-FFFFFFFF";
/// So many hours before the start there is no cancelling.
const NEVER: u32 = 1_756_800;

fn place_at(booking: &str, from: &str, to: &str, at: &str) -> Place {
    hold_under(place::venue(), booking, t(from), t(to), t(at)).place
}

fn within(to: &str, from: &str, until: &str, at: &str) -> BookingCommand {
    let place = place_at(to, from, until, at);
    BookingCommand::Move(Box::new(Move { booking: id(A), place, overridden: None }))
}

/// Moved when it was too late for a full refund.
fn arrived(to: &str, from: &str, moved_from: &str, change: impl FnOnce(&mut Held)) -> BookingEvent {
    held_with(to, |it| {
        it.starts_at = t(from);
        it.expires_at = None;
        it.terms.full_refund_hours = NEVER;
        it.moved_from = Some(id(moved_from));
        it.reference = id(moved_from);
        change(it);
    })
}

fn brought(to: &str, from: &str) -> BookingEvent {
    PaymentReceived {
        booking: id(to),
        payment_reference: "1".to_owned(),
        amount: eur(3602),
        method: PaymentMethod::Provider,
        moved_from: Some(id(from)),
    }
}

#[test]
#[rustfmt::skip] // a table
fn within_the_day_a_move_is_one_append() {
    let sold = [held(A), confirmed(A)];
    let bought = [held(A), received(A, "1", 3602), paid(A, "1")];
    let hour = |it: &mut Held| { it.ends_at = t("20:00"); it.price = eur(3602); };
    let there = || arrived(B, "18:30", A, hour);
    let done = [sold.as_slice(), &[moved(A, B), there(), confirmed(B)]].concat();
    let c = "2026-11-21-7FK2-CCCCCCCC";
    let in_the_way = held_until(c, "19:30", "20:30", 2401, "12:50");
    let half_an_hour_later = |at| within(B, "18:30", "20:00", at);

    check::<CourtDay>("over itself",        &sold,     half_an_hour_later("12:30"), Ok(vec![moved(A, B), there(), confirmed(B)]));
    check::<CourtDay>("with its payment",   &bought,   half_an_hour_later("12:30"), Ok(vec![moved(A, B), there(), brought(B, A), paid(B, "1")]));
    check::<CourtDay>("twice",              &done,     half_an_hour_later("12:40"), Ok(vec![]));
    check::<CourtDay>("twice, differently", &done,     within(B, "18:00", "19:30", "12:40"), Err(BookingDiffers));
    check::<CourtDay>("a second move",      &done,     within(c, "08:00", "09:30", "07:00"), Err(BookingMoved { to: id(B) }));
    check::<CourtDay>("onto another's hold", &[held(A), confirmed(A), in_the_way.clone()], half_an_hour_later("12:40"), Err(SlotTaken));
    check::<CourtDay>("onto a hold past its end", &[held(A), confirmed(A), in_the_way], half_an_hour_later("12:50"), Ok(vec![expired(c, ExpiryCause::Lazy), moved(A, B), there(), confirmed(B)]));
    check::<CourtDay>("merely held",        &[held(A)], half_an_hour_later("12:14"), Err(OnlyHeld));
    check::<CourtDay>("cancelled",          &[held(A), confirmed(A), cancelled(A, 0)], half_an_hour_later("12:40"), Err(AlreadyCancelled));
    check::<CourtDay>("as play begins",     &sold,     half_an_hour_later("18:00"), Err(AlreadyBegun));
    check::<CourtDay>("off the grid",       &sold,     within(B, "18:10", "19:30", "12:30"), Err(Refusal::OffGrid { at_start: true, grid_minutes: 30 }.into()));
    check::<CourtDay>("to another day's",   &sold,     within(FROM, "18:30", "20:00", "12:30"), Err(NotMoving));
}

#[test]
#[rustfmt::skip] // a table
fn whatever_is_asked_of_a_moved_booking_names_the_new_one() {
    let gone = [held(A), confirmed(A), moved(A, B)];
    let away = || Err(BookingMoved { to: id(B) });

    check::<CourtDay>("confirm",   &gone, confirm(A, "12:14"), away());
    check::<CourtDay>("release",   &gone, release("12:14"), away());
    check::<CourtDay>("cancel",    &gone, cancel("12:30"), away());
    check::<CourtDay>("check in",  &gone, CheckIn { booking: id(A), at: t("18:00") }, away());
    check::<CourtDay>("mark paid", &gone, MarkPaid { booking: id(A), payment_reference: "d".to_owned(), at: t("18:00") }, away());
    check::<CourtDay>("reinstate", &gone, Reinstate { booking: id(A), reason: None, at: t("12:30") }, away());
    check::<CourtDay>("its timer", &gone, expire(1, "12:30"), Ok(vec![]));
    check::<CourtDay>("its place", &gone, hold(B, "18:00", "19:30", "12:01"), Ok(vec![held_until(B, "18:00", "19:30", 3602, "12:16")]));
}

fn on_its_way(at: &str, change: impl FnOnce(&mut Place)) -> BookingCommand {
    let BookingEvent::Held(mut from) = held(A) else { unreachable!() };
    from.booking = id(FROM);
    from.reference = id(FROM);
    from.terms.late_refund_percent = 10;
    let mut place = place_at(A, "18:00", "19:30", at);
    change(&mut place);
    BookingCommand::HoldMoved(Box::new(HoldMoved { from: *from, place, overridden: None }))
}

#[test]
#[rustfmt::skip] // a table
fn the_new_place_of_a_move_is_held_without_a_clock_and_only_the_move_ends_it() {
    let there = || arrived(A, "18:00", FROM, |it| it.terms.late_refund_percent = 10);
    let on_terms = || vec![there()];
    let same = |_: &mut Place| {};
    let confirm_moved = || ConfirmMoved { booking: id(A), payment_reference: Some("1".to_owned()), payments: vec![BroughtPayment { payment_reference: "1".to_owned(), amount: eur(3602), method: PaymentMethod::Provider }] };
    let here = [there(), brought(A, FROM), paid(A, "1")];
    let release_moved = || ReleaseMoved { booking: id(A) };
    let busy = || Err(MoveUnderWay);

    check::<CourtDay>("on the old terms",    &[],        on_its_way("12:00", same), Ok(on_terms()));
    check::<CourtDay>("twice",               &[there()], on_its_way("12:00", same), Ok(vec![]));
    check::<CourtDay>("twice, elsewhere",    &[there()], on_its_way("12:00", |it| it.ends_at = t("19:00")), Err(BookingDiffers));
    check::<CourtDay>("onto another's",      &[held(B)], on_its_way("12:00", same), Err(SlotTaken));
    check::<CourtDay>("to another venue",    &[],        on_its_way("12:00", |it| it.court.venue = "sued".parse().unwrap()), Err(AnotherVenue));
    check::<CourtDay>("within its own day",  &[],        on_its_way("12:00", |it| it.booking = id("2026-11-20-7FK2-AAAAAAAA")), Err(NotMoving));

    check::<CourtDay>("no timer",    &[there()], expire(1, "17:00"), Ok(vec![]));
    check::<CourtDay>("no player",   &[there()], confirm(A, "12:01"), busy());
    check::<CourtDay>("no release",  &[there()], release("12:01"), busy());
    check::<CourtDay>("no cancel",   &[there()], Cancel { booking: id(A), by: Canceller::DeskInFull { reason: Sealed(String::new()) }, at: t("12:01") }, busy());
    check::<CourtDay>("no other",    &[there()], hold(B, "18:00", "19:30", "12:30"), Err(SlotTaken));

    check::<CourtDay>("it arrives",          &[there()],             confirm_moved(), Ok(vec![brought(A, FROM), paid(A, "1")]));
    check::<CourtDay>("it arrives twice",    &here,                  confirm_moved(), Ok(vec![]));
    check::<CourtDay>("it never arrives",    &[there()],             release_moved(), Ok(vec![released(A)]));
    check::<CourtDay>("it never does twice", &[there(), released(A)], release_moved(), Ok(vec![]));
    check::<CourtDay>("too late to arrive",  &[there(), released(A)], confirm_moved(), Err(MoveAbandoned));
    check::<CourtDay>("too late not to",     &here,                  release_moved(), Err(AlreadyConfirmed));
    check::<CourtDay>("it never moved",      &[held(A)],             confirm_moved(), Err(NotMoving));
    check::<CourtDay>("and is not released", &[held(A)],             release_moved(), Err(NotMoving));
}

#[test]
#[rustfmt::skip] // a table
fn the_old_court_day_commits_a_move_or_abandons_it_and_never_both() {
    let commit = |at| CommitMove { booking: id(A), to: id(FROM), price: eur(3602), at: t(at) };
    let abandon = || AbandonMove { booking: id(A), to: id(FROM) };
    let abandoned = || Abandoned { booking: id(A), to: id(FROM) };
    let sold = [held(A), confirmed(A)];
    let with = |event| [sold.as_slice(), &[event]].concat();
    let cell = |case: &str, given: &[BookingEvent], commits: Answer, abandons: Answer| {
        check::<CourtDay>(case, given, commit("12:30"), commits);
        check::<CourtDay>(case, given, abandon(), abandons);
    };
    let away = |to| Err(BookingMoved { to: id(to) });

    cell("confirmed",        &sold,                 Ok(vec![moved(A, FROM)]), Ok(vec![abandoned()]));
    cell("moved there",      &with(moved(A, FROM)), Ok(vec![]),               away(FROM));
    cell("moved elsewhere",  &with(moved(A, B)),    away(B),                  Ok(vec![]));
    cell("abandoned",        &with(abandoned()),    Err(MoveAbandoned),       Ok(vec![]));
    cell("cancelled",        &with(cancelled(A, 0)), Err(AlreadyCancelled),   Ok(vec![abandoned()]));
    cell("abandoned, cancelled, and brought back", &[with(abandoned()), vec![cancelled(A, 0), reinstated(A, 2), confirmed(A)]].concat(), Err(MoveAbandoned), Ok(vec![]));
    check::<CourtDay>("as play begins", &sold, commit("18:00"), Err(AlreadyBegun));
}

/// What was paid for A and has to go back.
fn owed(reference: &str, amount: i64) -> BookingEvent {
    refund(A, reference, amount, RefundCause::PriceDifference)
}

#[test]
#[rustfmt::skip] // a table
fn what_the_new_place_costs_less_is_owed_by_the_old_one_and_the_rest_goes_along() {
    let to = |price| CommitMove { booking: id(A), to: id(FROM), price, at: t("12:30") };
    let bought = [held(A), received(A, "1", 3602), paid(A, "1")];
    let in_two = [held(A), confirmed(A), received(A, "1", 2000), received(A, "2", 1602)];
    let gone = |more: &[BookingEvent]| Ok([&[moved(A, FROM)][..], more].concat());
    let francs = || Money { amount_minor: 5000, currency: "CHF".to_owned() };

    check::<CourtDay>("at the same price",   &bought, to(eur(3602)), gone(&[]));
    check::<CourtDay>("cheaper",             &bought, to(eur(2401)), gone(&[owed("1", 1201)]));
    check::<CourtDay>("for nothing",         &bought, to(eur(0)),    gone(&[owed("1", 3602)]));
    check::<CourtDay>("dearer",              &bought, to(eur(4802)), gone(&[]));
    check::<CourtDay>("in another currency", &bought, to(francs()),  gone(&[owed("1", 3602)]));
    check::<CourtDay>("paid twice over",     &in_two, to(eur(1500)), gone(&[owed("1", 500), owed("2", 1602)]));
    check::<CourtDay>("nothing was paid",    &[held(A), confirmed(A)], to(eur(2401)), gone(&[]));
    check::<CourtDay>("committed twice",     &[&bought[..], &[moved(A, FROM), owed("1", 1201)]].concat(), to(eur(1)), Ok(vec![]));

    let arrives = |given: &[BookingEvent]| match fold::<CourtDay>(given.iter().cloned()).bookings[&id(A)].arrive(id(FROM)) {
        ConfirmMoved { payments, .. } => payments.into_iter().map(|it| (it.payment_reference, it.amount.amount_minor)).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let after = |more: &[BookingEvent]| arrives(&[&bought[..], &[moved(A, FROM)], more].concat());
    assert_eq!(after(&[]), [("1".to_owned(), 3602)]);
    assert_eq!(after(&[owed("1", 1201)]), [("1".to_owned(), 2401)]);
    assert_eq!(after(&[owed("1", 3602)]), []);
    let settled = RefundSettled { booking: id(A), payment_reference: "1".to_owned(), amount: eur(1201) };
    assert_eq!(after(&[owed("1", 1201), settled]), [("1".to_owned(), 2401)], "paid out or not");
}

#[test]
#[rustfmt::skip] // a table
fn within_the_day_too_the_difference_is_owed() {
    let bought = [held(A), received(A, "1", 3602), paid(A, "1")];
    let there = arrived(B, "18:30", A, |it| { it.ends_at = t("19:30"); it.price = eur(2401); });
    let rest = PaymentReceived { booking: id(B), payment_reference: "1".to_owned(), amount: eur(2401), method: PaymentMethod::Provider, moved_from: Some(id(A)) };

    check::<CourtDay>("half an hour less", &bought, within(B, "18:30", "19:30", "12:30"), Ok(vec![moved(A, B), owed("1", 1201), there, rest, paid(B, "1")]));
}

#[test]
#[rustfmt::skip] // a table
fn what_the_new_place_costs_more_is_open_and_paid_in_one_piece() {
    let on_terms = |payment| arrived(A, "18:00", FROM, |it| { it.payment = payment; });
    let part = |amount| PaymentReceived { booking: id(A), payment_reference: "1".to_owned(), amount: eur(amount), method: PaymentMethod::Provider, moved_from: Some(id(FROM)) };
    let [required, unasked] = [Payment::Required, Payment::None].map(|it| [on_terms(it), part(2602), paid(A, "1")]);
    let unpaid = [on_terms(Payment::AtVenue), confirmed(A)];
    let was_free = [on_terms(Payment::Required), confirmed(A)];
    let with = |given: &[BookingEvent], event| [given, &[event]].concat();
    let start = || StartPayment { booking: id(A), payment_reference: "2".to_owned(), at: t("12:30") };
    let begun = |amount| Ok(vec![PaymentStarted { booking: id(A), payment_reference: "2".to_owned(), amount: eur(amount) }]);
    let pay = |amount| ReceivePayment { booking: id(A), payment_reference: "2".to_owned(), amount: eur(amount), at: t("12:30") };
    let back = |amount, why| Ok(vec![refund(A, "2", amount, why)]);
    let desk = || MarkPaid { booking: id(A), payment_reference: "d".to_owned(), at: t("18:10") };
    let in_cash = |amount| PaymentReceived { booking: id(A), payment_reference: "d".to_owned(), amount: eur(amount), method: PaymentMethod::Desk, moved_from: None };

    check::<CourtDay>("the difference is asked for", &required, start(), begun(1000));
    check::<CourtDay>("where nobody had to pay",     &unasked,  start(), begun(1000));
    check::<CourtDay>("all of it, where it was free", &was_free, start(), begun(3602));
    check::<CourtDay>("the desk's alone",            &unpaid,   start(), Err(AlreadyConfirmed));
    check::<CourtDay>("paid by now",                 &with(&required, received(A, "3", 1000)), start(), Err(AlreadyConfirmed));

    check::<CourtDay>("it comes",                    &required, pay(1000), Ok(vec![received(A, "2", 1000)]));
    check::<CourtDay>("in part",                     &required, pay(999),  back(999, RefundCause::WrongAmount));
    check::<CourtDay>("the whole price",             &required, pay(3602), back(3602, RefundCause::PaidTwice));
    check::<CourtDay>("twice",                       &with(&required, received(A, "3", 1000)), pay(1000), back(1000, RefundCause::WrongAmount));
    check::<CourtDay>("nothing, when all is paid",   &with(&required, received(A, "3", 1000)), pay(0), back(0, RefundCause::WrongAmount));

    check::<CourtDay>("at the desk",                 &required, desk(), Ok(vec![in_cash(1000)]));
    check::<CourtDay>("all of it at the desk",       &unpaid,   desk(), Ok(vec![in_cash(3602)]));
    check::<CourtDay>("again",                       &with(&required, in_cash(1000)), MarkPaid { booking: id(A), payment_reference: "e".to_owned(), at: t("18:10") }, Err(AlreadyPaid));
    check::<CourtDay>("cancelled, both go back",     &with(&required, received(A, "2", 1000)), Cancel { booking: id(A), by: Canceller::DeskInFull { reason: Sealed(String::new()) }, at: t("12:30") },
        Ok(vec![
            Cancelled { booking: id(A), refund: eur(3602), cause: CancelCause::Staff { reason: Some(Sealed(String::new())) } },
            refund(A, "1", 2602, RefundCause::Cancelled), refund(A, "2", 1000, RefundCause::Cancelled),
        ]));
}

/// What a player has back of 36.02 who cancels as soon as the booking has moved. It may be cancelled in full until two
/// hours before its start at 18:00.
fn back_after(place: Place, overridden: Option<Sealed>) -> i64 {
    let (to, at) = (place.booking.clone(), place.at);
    let until = |it: &mut Held| it.terms.full_refund_hours = 2;
    let old: CourtDay = fold([held_with(A, until), received(A, "1", 3602), paid(A, "1")]);
    let on = |day: CourtDay, command: BookingCommand| {
        let events = CourtDay::decide(&day, command).unwrap();
        events.into_iter().fold(day, CourtDay::evolve)
    };
    let there = if to.stream() == id(A).stream() {
        let it = Move { booking: id(A), place, overridden };
        on(old, BookingCommand::Move(Box::new(it)))
    } else {
        let it = HoldMoved { from: old.bookings[&id(A)].held.clone(), place, overridden };
        let new = on(CourtDay::default(), BookingCommand::HoldMoved(Box::new(it)));
        let price = new.bookings[&to].held.price.clone();
        let old = on(old, CommitMove { booking: id(A), to: to.clone(), price, at });
        on(new, old.bookings[&id(A)].arrive(to.clone()))
    };
    let given_up = on(there, Cancel { booking: to.clone(), by: Canceller::Player, at });
    let refunds = given_up.bookings[&to].payments.values().filter_map(|it| it.refund.as_ref());
    refunds.map(|it| it.amount.amount_minor).sum()
}

#[test]
fn who_moves_when_it_is_too_late_for_a_full_refund_has_none_there_either() {
    let later_that_day = |at| place_at(B, "21:00", "22:30", at);
    let a_fortnight_later = |at| {
        let [from, to] = ["2026-12-05T12:00+01:00", "2026-12-05T13:30+01:00"].map(place::at);
        hold_under(place::venue(), "2026-12-05-7FK2-BBBBBBBB", from, to, t(at)).place
    };
    let reason = || Some(Sealed("the net was torn".to_owned()));
    assert_eq!(back_after(later_that_day("17:00"), None), 1801, "an hour before");
    assert_eq!(back_after(a_fortnight_later("17:00"), None), 1801, "to another day");
    assert_eq!(back_after(later_that_day("16:00"), None), 3602, "in good time");
    assert_eq!(back_after(a_fortnight_later("16:00"), None), 3602, "in good time, to another day");
    assert_eq!(back_after(later_that_day("17:00"), reason()), 3602, "by the desk");
    assert_eq!(back_after(a_fortnight_later("17:00"), reason()), 3602, "by it, to another day");
}
