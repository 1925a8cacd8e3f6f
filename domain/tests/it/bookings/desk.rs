use domain::bookings::BookingCommand::{
    self, Cancel, CheckIn, ConfirmMoved, MarkPaid, Miss, Reinstate,
};
use domain::bookings::BookingEvent::{
    self, Cancelled, CheckedIn, Missed, PaymentReceived, RefundSettled, RefundWithdrawn,
};
use domain::bookings::BookingRejection::{
    AlreadyBegun, AlreadyConfirmed, AlreadyOver, Blocked, BookingDiffers, BookingMoved,
    MoveAbandoned, NotDue, OnlyHeld, SlotTaken, TooEarly,
};
use domain::bookings::{
    Block, BlockCause, BookedFor, CancelCause, Canceller, CourtDay, ExpiryCause, Hold, Holder,
    OnBookings, PaymentMethod, RefundCause,
};
use domain::ids::GuestId;
use domain::policies::Refusal;
use domain::sealed::Sealed;
use uuid::Uuid;

use crate::bookings::days::*;
use crate::given::{check, fold};
use crate::place;

fn sealed(text: &str) -> Sealed {
    Sealed(text.to_owned())
}

fn guest(name: &str) -> BookedFor {
    let (guest, name) = (GuestId(Uuid::from_u128(3)), sealed(name));
    BookedFor::Guest { guest, name, email: None, phone: None, notes: Some(sealed("left-handed")) }
}

fn at_desk(
    booked_for: BookedFor,
    overridden: Option<Sealed>,
    at: jiff::Timestamp,
) -> BookingCommand {
    let hold = hold_under(place::venue(), A, t("18:00"), t("19:30"), at);
    BookingCommand::Hold(Box::new(Hold { by: Holder::Desk { booked_for, overridden }, ..hold }))
}

fn held_by_desk(booked_for: BookedFor, overridden: Option<Sealed>) -> BookingEvent {
    held_with(A, |it| {
        it.booked_for = booked_for;
        it.overridden = overridden;
        it.expires_at = None;
    })
}

fn checked_in() -> BookingEvent {
    CheckedIn { booking: id(A) }
}

fn missed() -> BookingEvent {
    Missed { booking: id(A) }
}

#[test]
#[rustfmt::skip] // a table
fn the_desk_holds_without_a_clock_and_overrides_the_advance_limit_alone() {
    let a_month_before = place::at("2026-10-21T12:00+02:00");
    let reason = || Some(sealed("a tournament"));
    let by_desk = || held_by_desk(guest("Anna"), None);
    let too_far = Refusal::TooFarAhead { opens_at: place::at("2026-11-07T18:00+01:00") };

    check::<CourtDay>("for a guest",       &[],          at_desk(guest("Anna"), None, t("12:00")), Ok(vec![by_desk()]));
    check::<CourtDay>("sealed anew",       &[by_desk()], at_desk(guest("Anna, again"), None, t("12:00")), Ok(vec![]));
    check::<CourtDay>("for another",       &[by_desk()], at_desk(BookedFor::Player { user: PLAYER }, None, t("12:00")), Err(BookingDiffers));
    check::<CourtDay>("no limit is free",  &[],          at_desk(guest("Anna"), None, a_month_before), Err(too_far.into()));
    check::<CourtDay>("with a reason",     &[],          at_desk(guest("Anna"), reason(), a_month_before), Ok(vec![held_by_desk(guest("Anna"), reason())]));
    check::<CourtDay>("but never overlaps", &[held(B)],  at_desk(guest("Anna"), reason(), t("12:01")), Err(SlotTaken));
    check::<CourtDay>("nor into a block",  &[blocked("19:00", "20:00")], at_desk(guest("Anna"), reason(), t("12:00")), Err(Blocked { cause: BlockCause::Rain, ends_at: t("20:00") }));
    check::<CourtDay>("nor the past",      &[],          at_desk(guest("Anna"), reason(), t("18:00")), Err(Refusal::InThePast.into()));

    check::<CourtDay>("it never expires",  &[by_desk()], expire(1, "19:00"),             Ok(vec![]));
    check::<CourtDay>("it keeps its place", &[by_desk()], hold(B, "18:00", "19:30", "17:59"), Err(SlotTaken));
    check::<CourtDay>("it is confirmed",   &[by_desk()], confirm(A, "18:10"),            Ok(vec![confirmed(A)]));
    check::<CourtDay>("until play is over", &[by_desk()], confirm(A, "19:30"),           Err(AlreadyOver));
    check::<CourtDay>("it is released",    &[by_desk()], release("20:00"),               Ok(vec![released(A)]));
}

#[test]
#[rustfmt::skip] // a table
fn the_desk_gives_back_what_the_terms_say_or_with_a_reason_everything() {
    let by = |by, at| Cancel { booking: id(A), by, at: t(at) };
    let in_full = |at| by(Canceller::DeskInFull { reason: sealed("no light") }, at);
    let off = |refund, reason: Option<&str>| BookingEvent::Cancelled { booking: id(A), refund: eur(refund), cause: CancelCause::Staff { reason: reason.map(sealed) } };
    let sold = [held(A), confirmed(A)];
    let here = [held(A), confirmed(A), checked_in()];
    let bought = [held(A), received(A, "1", 3602), paid(A, "1")];
    let owed = |amount| refund(A, "1", amount, RefundCause::Cancelled);

    check::<CourtDay>("by the terms",          &sold,   by(Canceller::Desk, "12:30"), Ok(vec![off(1801, None)]));
    check::<CourtDay>("in full",               &sold,   in_full("12:30"), Ok(vec![off(3602, Some("no light"))]));
    check::<CourtDay>("in full, in play",      &here,   in_full("18:30"), Ok(vec![off(3602, Some("no light"))]));
    check::<CourtDay>("in full, after play",   &here,   in_full("19:30"), Err(AlreadyBegun));
    check::<CourtDay>("by the terms, in play", &here,   by(Canceller::Desk, "18:30"), Err(AlreadyBegun));
    check::<CourtDay>("who came early",        &here,   by(Canceller::Player, "17:59"), Err(AlreadyBegun));
    check::<CourtDay>("half of what was paid", &bought, by(Canceller::Desk, "12:30"), Ok(vec![off(1801, None), owed(1801)]));
    check::<CourtDay>("all of it",             &bought, in_full("12:30"), Ok(vec![off(3602, Some("no light")), owed(3602)]));
}

#[test]
#[rustfmt::skip] // a table
fn the_desk_brings_back_what_ended_if_its_place_is_free() {
    let again = |at| Reinstate { booking: id(A), reason: None, at: t(at) };
    let back = || vec![reinstated(A, 2), confirmed(A)];
    let gone = [held(A), expired(A, ExpiryCause::Timer)];
    let off = [held(A), confirmed(A), cancelled(A, 1801)];
    let resold = [held(A), expired(A, ExpiryCause::Lazy), held_until(B, "18:00", "19:30", 3602, "12:31")];
    let was_paid = [held(A), received(A, "1", 3602), paid(A, "1"), cancelled(A, 1801), refund(A, "1", 1801, RefundCause::Cancelled)];
    let too_late = [held(A), expired(A, ExpiryCause::Lazy), refund(A, "1", 3602, RefundCause::PlaceLost)];
    let withdrawn = || RefundWithdrawn { booking: id(A), payment_reference: "1".to_owned() };
    let never_came = [held_with(A, |it| it.moved_from = Some(id(B))), released(A)];

    check::<CourtDay>("expired",            &gone,   again("12:20"), Ok(back()));
    check::<CourtDay>("over, not recorded", &[held(A)], again("12:15"), Ok([vec![expired(A, ExpiryCause::Lazy)], back()].concat()));
    check::<CourtDay>("released",           &[held(A), released(A)], again("12:20"), Ok(back()));
    check::<CourtDay>("wrongly cancelled",  &off,    again("12:40"), Ok(back()));
    check::<CourtDay>("during its time",    &off,    again("18:30"), Ok(back()));
    check::<CourtDay>("after its time",     &off,    again("19:30"), Err(AlreadyOver));
    check::<CourtDay>("resold",             &resold, again("12:20"), Err(SlotTaken));
    check::<CourtDay>("blocked",            &[held(A), released(A), blocked("19:00", "20:00")], again("12:20"), Err(Blocked { cause: BlockCause::Rain, ends_at: t("20:00") }));
    check::<CourtDay>("twice",              &[held(A), released(A), reinstated(A, 2), confirmed(A)], again("12:20"), Ok(vec![]));
    check::<CourtDay>("still held",         &[held(A)], again("12:14"), Err(OnlyHeld));
    check::<CourtDay>("moved",              &[held(A), confirmed(A), moved(A, B)], again("12:20"), Err(BookingMoved { to: id(B) }));
    check::<CourtDay>("moved here, never",  &never_came, again("12:20"), Err(MoveAbandoned));
    check::<CourtDay>("with its payment",   &was_paid, again("12:40"), Ok(vec![reinstated(A, 2), withdrawn(), paid(A, "1")]));
    check::<CourtDay>("paid too late",      &too_late, again("12:40"), Ok(vec![reinstated(A, 2), withdrawn(), confirmed(A)]));
}

/// What had been kept of a payment.
fn rest(reference: &str, amount: i64) -> BookingEvent {
    PaymentReceived {
        booking: id(A),
        payment_reference: reference.to_owned(),
        amount: eur(amount),
        method: PaymentMethod::Provider,
        moved_from: Some(id(A)),
    }
}

fn settled(reference: &str, amount: i64) -> BookingEvent {
    let (payment_reference, amount) = (reference.to_owned(), eur(amount));
    RefundSettled { booking: id(A), payment_reference, amount }
}

fn rain() -> BookingCommand {
    BookingCommand::Block(Box::new(Block {
        block: BLOCK,
        date: place::date("2026-11-21"),
        venue: place::venue(),
        starts_at: t("18:00"),
        ends_at: t("20:00"),
        cause: BlockCause::Rain,
        reason: None,
        on_bookings: OnBookings::CancelWithRefund,
        at: t("12:50"),
    }))
}

#[test]
#[rustfmt::skip] // a table
fn what_a_cancellation_kept_is_the_bookings_again_when_it_is_reinstated() {
    let again = || Reinstate { booking: id(A), reason: None, at: t("12:40") };
    let owed = |reference: &str, amount| refund(A, reference, amount, RefundCause::Cancelled);
    let bought = [held(A), received(A, "1", 3602), paid(A, "1")];
    let half = [&bought[..], &[cancelled(A, 1801), owed("1", 1801), settled("1", 1801)]].concat();
    let whole = [&bought[..], &[cancelled(A, 3602), owed("1", 3602), settled("1", 3602)]].concat();
    let too_late = || refund(A, "2", 3602, RefundCause::GivenBack);
    let back = [&half[..], &[reinstated(A, 2), rest("1.rest", 1801), paid(A, "1")]].concat();
    let with = |more: &[BookingEvent]| [&back[..], more].concat();
    let twice = with(&[cancelled(A, 901), owed("1.rest", 901), settled("1.rest", 901)]);
    let not_settled = with(&[cancelled(A, 901), owed("1.rest", 901)]);
    let withdrawn = || RefundWithdrawn { booking: id(A), payment_reference: "1.rest".to_owned() };
    let mark_paid = || MarkPaid { booking: id(A), payment_reference: "d".to_owned(), at: t("12:50") };
    let in_cash = || PaymentReceived { booking: id(A), payment_reference: "d".to_owned(), amount: eur(1801), method: PaymentMethod::Desk, moved_from: None };
    let off = || Cancelled { booking: id(A), refund: eur(1801), cause: CancelCause::Block { block: BLOCK } };

    check::<CourtDay>("half was paid back",     &half,        again(), Ok(vec![reinstated(A, 2), rest("1.rest", 1801), paid(A, "1")]));
    check::<CourtDay>("all was paid back",      &whole,       again(), Ok(vec![reinstated(A, 2), paid(A, "1")]));
    check::<CourtDay>("and more came too late", &[&half[..], &[too_late()]].concat(), again(), Ok(vec![reinstated(A, 2), rest("1.rest", 1801), paid(A, "1")]));
    check::<CourtDay>("a second time",          &twice,       again(), Ok(vec![reinstated(A, 3), rest("1.rest.rest", 900), paid(A, "1")]));
    check::<CourtDay>("not paid back again",    &not_settled, again(), Ok(vec![reinstated(A, 3), withdrawn(), paid(A, "1")]));
    check::<CourtDay>("the rest is due",        &back,        mark_paid(), Ok(vec![in_cash()]));
    check::<CourtDay>("it rains",               &back,        rain(), Ok(vec![off(), owed("1.rest", 1801), blocked("18:00", "20:00")]));
    check::<CourtDay>("cancelled late again",   &back,        cancel("12:50"), Ok(vec![cancelled(A, 901), owed("1.rest", 901)]));

    let day = fold::<CourtDay>(back);
    let booking = &day.bookings[&id(A)];
    assert_eq!(booking.due(), eur(1801));
    let ConfirmMoved { payments, .. } = booking.arrive(id(B)) else { unreachable!() };
    let brought: Vec<_> = payments.into_iter().map(|it| (it.payment_reference, it.amount)).collect();
    assert_eq!(brought, [("1.rest".to_owned(), eur(1801))], "a move takes it along");
}

#[test]
#[rustfmt::skip] // a table
fn players_check_in_or_are_missed() {
    let check_in = |at| CheckIn { booking: id(A), at: t(at) };
    let miss = |at| Miss { booking: id(A), at: t(at) };
    let sold = [held(A), confirmed(A)];
    let here = [held(A), confirmed(A), checked_in()];
    let not_here = [held(A), confirmed(A), missed()];

    check::<CourtDay>("too early",            &sold,      check_in("16:59"), Err(TooEarly { opens_at: t("17:00") }));
    check::<CourtDay>("an hour before",       &sold,      check_in("17:00"), Ok(vec![checked_in()]));
    check::<CourtDay>("late",                 &sold,      check_in("19:29"), Ok(vec![checked_in()]));
    check::<CourtDay>("too late",             &sold,      check_in("19:30"), Err(AlreadyOver));
    check::<CourtDay>("twice",                &here,      check_in("17:30"), Ok(vec![]));
    check::<CourtDay>("only held",            &[held(A)], check_in("12:14"), Err(OnlyHeld));
    check::<CourtDay>("once missed",          &not_here,  check_in("19:31"), Err(AlreadyOver));

    check::<CourtDay>("missed too early",     &sold,      miss("19:29"), Err(NotDue { due_at: t("19:30") }));
    check::<CourtDay>("missed",               &sold,      miss("19:30"), Ok(vec![missed()]));
    check::<CourtDay>("missed twice",         &not_here,  miss("19:30"), Ok(vec![]));
    check::<CourtDay>("who was there",        &here,      miss("19:30"), Ok(vec![]));
    check::<CourtDay>("who never confirmed",  &[held(A)], miss("19:30"), Ok(vec![]));
    check::<CourtDay>("whom nobody knows",    &[],        miss("19:30"), Ok(vec![]));
    check::<CourtDay>("a game is no release", &here,      release("18:00"), Err(AlreadyConfirmed));
    check::<CourtDay>("confirmed, and here",  &here,      confirm(A, "18:00"), Ok(vec![]));
    check::<CourtDay>("on court",             &here,      hold(B, "18:30", "19:30", "18:10"), Err(SlotTaken));
}
