use domain::bookings::BookingCommand::{
    self, Confirm, MarkPaid, ReceivePayment, SettleRefund, StartPayment,
};
use domain::bookings::BookingEvent::{
    self, HoldExtended, PaymentReceived, PaymentStarted, RefundSettled,
};
use domain::bookings::BookingRejection::{
    AlreadyCancelled, AlreadyConfirmed, AlreadyPaid, AlreadyReleased, BookingMoved, NotDue,
    NothingToPay, PaymentRequired, TooManyPayments, UnknownBooking, UnknownRefund,
};
use domain::bookings::RefundCause::{GivenBack, PaidTwice, PlaceLost, WrongAmount};
use domain::bookings::{By, CourtDay, ExpiryCause, ExtensionCause, PaymentMethod, RefundCause};

use crate::bookings::days::*;
use crate::given::check;

fn start(reference: &str, at: &str) -> BookingCommand {
    StartPayment { booking: id(A), payment_reference: reference.to_owned(), at: t(at) }
}

fn started(reference: &str) -> BookingEvent {
    PaymentStarted { booking: id(A), payment_reference: reference.to_owned(), amount: eur(3602) }
}

fn extended(expires_at: &str) -> BookingEvent {
    let cause = ExtensionCause::Payment;
    HoldExtended { booking: id(A), generation: 2, expires_at: t(expires_at), cause }
}

fn receive(reference: &str, amount: i64, at: &str) -> BookingCommand {
    let (payment_reference, amount) = (reference.to_owned(), eur(amount));
    ReceivePayment { booking: id(A), payment_reference, amount, at: t(at) }
}

fn mark_paid(reference: &str, at: &str) -> BookingCommand {
    MarkPaid { booking: id(A), payment_reference: reference.to_owned(), at: t(at) }
}

fn at_desk(reference: &str) -> BookingEvent {
    PaymentReceived {
        booking: id(A),
        payment_reference: reference.to_owned(),
        amount: eur(3602),
        method: PaymentMethod::Desk,
        moved_from: None,
    }
}

#[test]
#[rustfmt::skip] // a table
fn where_payment_is_required_the_players_word_confirms_nothing() {
    let by = |by| Confirm { booking: id(A), payment_reference: Some("p".to_owned()), by, at: t("12:14") };
    let free = held_with(A, |it| { it.payment = domain::policies::Payment::Required; it.price = eur(0); });

    check::<CourtDay>("the player's", &[held_for_payment(A)], by(By::Player), Err(PaymentRequired));
    check::<CourtDay>("the desk's",   &[held_for_payment(A)], by(By::Desk),   Ok(vec![paid(A, "p")]));
    check::<CourtDay>("for nothing",  &[free],                by(By::Player), Ok(vec![paid(A, "p")]));
    check::<CourtDay>("paid before",  &[held_for_payment(A), received(A, "1", 3602), paid(A, "1")], by(By::Player), Ok(vec![]));
}

#[test]
#[rustfmt::skip] // a table
fn only_the_first_payment_extends_a_hold() {
    let held = held_for_payment(A);
    let once = [held.clone(), started("1"), extended("12:25")];
    let shortly = held_with(A, |it| { it.payment = domain::policies::Payment::Required; it.expires_at = Some(t("17:55")); });
    let until_play = held_with(A, |it| { it.payment = domain::policies::Payment::Required; it.expires_at = Some(t("18:00")); });
    let at_desk = held_with(A, |it| { it.payment = domain::policies::Payment::Required; it.expires_at = None; });
    let many: Vec<_> = [held.clone()].into_iter().chain((0..10).map(|it| started(&it.to_string()))).collect();

    check::<CourtDay>("the first",               std::slice::from_ref(&held), start("1", "12:14"), Ok(vec![started("1"), extended("12:25")]));
    check::<CourtDay>("the same again",          &once,                start("1", "12:16"), Ok(vec![]));
    check::<CourtDay>("the same, much later",    &once,                start("1", "12:40"), Ok(vec![]));
    check::<CourtDay>("another does not renew",  &once,                start("2", "12:24"), Ok(vec![started("2")]));
    check::<CourtDay>("nor a hold that is over", &once,                start("2", "12:25"), Err(domain::bookings::BookingRejection::HoldExpired { expired_at: t("12:25") }));
    check::<CourtDay>("never into play",         &[shortly],           start("1", "17:50"), Ok(vec![started("1"), extended("18:00")]));
    check::<CourtDay>("that lasts until play",   &[until_play],        start("1", "17:50"), Ok(vec![started("1")]));
    check::<CourtDay>("that has no clock",       &[at_desk],           start("1", "12:14"), Ok(vec![started("1")]));
    check::<CourtDay>("one too many",            &many,                start("10", "12:14"), Err(TooManyPayments));
    check::<CourtDay>("where nothing is paid",   &[crate::bookings::days::held(A)], start("1", "12:14"), Err(NothingToPay));
    check::<CourtDay>("after the end",           std::slice::from_ref(&held), start("1", "12:15"), over());
    check::<CourtDay>("confirmed",               &[held.clone(), paid(A, "1")], start("2", "12:14"), Err(AlreadyConfirmed));
    check::<CourtDay>("released",                &[held.clone(), released(A)], start("2", "12:14"), Err(AlreadyReleased));
    check::<CourtDay>("never held",              &[],                  start("1", "12:14"), Err(UnknownBooking));
}

#[test]
#[rustfmt::skip] // a table
fn an_extended_hold_expires_at_its_new_end_and_by_its_new_generation() {
    let given = [held_for_payment(A), started("1"), extended("12:25")];
    let second = |cause| BookingEvent::Expired { booking: id(A), generation: 2, cause };

    check::<CourtDay>("the old timer",     &given, expire(1, "12:26"), Ok(vec![]));
    check::<CourtDay>("a moment early",    &given, expire(2, "12:24"), Err(NotDue { due_at: t("12:25") }));
    check::<CourtDay>("the new timer",     &given, expire(2, "12:25"), Ok(vec![second(ExpiryCause::Timer)]));
    check::<CourtDay>("not before resale", &given, hold(B, "18:00", "19:30", "12:24"), Err(domain::bookings::BookingRejection::SlotTaken));
}

#[test]
#[rustfmt::skip] // a table
fn money_that_is_here_confirms_or_goes_back() {
    let held = held_for_payment(A);
    let mine = [held.clone(), received(A, "1", 3602), paid(A, "1")];
    let gone = [held.clone(), expired(A, ExpiryCause::Timer)];
    let resold = [held.clone(), expired(A, ExpiryCause::Lazy), held_until(B, "19:00", "20:00", 2401, "12:31")];
    let back = |reference: &str, amount, why: RefundCause| Ok(vec![refund(A, reference, amount, why)]);
    let again = |generation| [reinstated(A, generation), received(A, "1", 3602), paid(A, "1")];
    let in_time = || Ok(vec![received(A, "1", 3602), paid(A, "1")]);
    let by_name = |events: &[BookingEvent]| events.to_vec();

    check::<CourtDay>("in time",                std::slice::from_ref(&held), receive("1", 3602, "12:14"), in_time());
    check::<CourtDay>("told twice",             &mine,   receive("1", 3602, "12:14"), Ok(vec![]));
    check::<CourtDay>("too little",             std::slice::from_ref(&held), receive("1", 3601, "12:14"), back("1", 3601, WrongAmount));
    check::<CourtDay>("too much",               std::slice::from_ref(&held), receive("1", 3603, "12:14"), back("1", 3603, WrongAmount));
    check::<CourtDay>("too little, told twice", &[held.clone(), refund(A, "1", 3601, WrongAmount)], receive("1", 3601, "12:14"), Ok(vec![]));
    check::<CourtDay>("then the right amount",  &[held.clone(), refund(A, "1", 3601, WrongAmount)], receive("2", 3602, "12:14"), Ok(vec![received(A, "2", 3602), paid(A, "2")]));
    check::<CourtDay>("a second time",          &mine,   receive("2", 3602, "12:14"), back("2", 3602, PaidTwice));
    check::<CourtDay>("confirmed without",      &[held.clone(), confirmed(A)], receive("1", 3602, "12:20"), Ok(vec![received(A, "1", 3602)]));
    check::<CourtDay>("late, still free",       &gone,   receive("1", 3602, "12:20"), Ok(by_name(&again(2))));
    check::<CourtDay>("late, not yet recorded", std::slice::from_ref(&held), receive("1", 3602, "12:15"), Ok([vec![expired(A, ExpiryCause::Lazy)], by_name(&again(2))].concat()));
    check::<CourtDay>("late, and resold",       &resold, receive("1", 3602, "12:20"), back("1", 3602, PlaceLost));
    check::<CourtDay>("the resold one lapsed",  &resold, receive("1", 3602, "12:31"), Ok([vec![expired(B, ExpiryCause::Lazy)], by_name(&again(2))].concat()));
    check::<CourtDay>("late, and blocked",      &[held.clone(), expired(A, ExpiryCause::Timer), blocked("18:00", "20:00")], receive("1", 3602, "12:20"), back("1", 3602, PlaceLost));
    check::<CourtDay>("when play has begun",    &gone,   receive("1", 3602, "18:00"), back("1", 3602, PlaceLost));
    check::<CourtDay>("after it was released",  &[held.clone(), released(A)], receive("1", 3602, "12:14"), back("1", 3602, GivenBack));
    check::<CourtDay>("after a cancellation",   &[held.clone(), confirmed(A), cancelled(A, 1801)], receive("1", 3602, "12:30"), back("1", 3602, GivenBack));
    check::<CourtDay>("after a move",           &[held.clone(), confirmed(A), moved(A, B)], receive("1", 3602, "12:30"), Err(BookingMoved { to: id(B) }));
    check::<CourtDay>("for nobody",             &[],     receive("1", 3602, "12:14"), Err(UnknownBooking));
}

#[test]
#[rustfmt::skip] // a table
fn the_desk_marks_a_booking_paid_once() {
    let sold = [held(A), confirmed(A)];

    check::<CourtDay>("confirmed",       &sold, mark_paid("d", "18:30"), Ok(vec![at_desk("d")]));
    check::<CourtDay>("again",           &[held(A), confirmed(A), at_desk("d")], mark_paid("d", "18:30"), Ok(vec![]));
    check::<CourtDay>("by another",      &[held(A), confirmed(A), at_desk("d")], mark_paid("e", "18:30"), Err(AlreadyPaid));
    check::<CourtDay>("only held",       &[held_for_payment(A)], mark_paid("d", "12:14"), Ok(vec![at_desk("d"), paid(A, "d")]));
    check::<CourtDay>("over",            &[held(A)], mark_paid("d", "12:15"), over());
    check::<CourtDay>("cancelled",       &[held(A), confirmed(A), cancelled(A, 0)], mark_paid("d", "12:30"), Err(AlreadyCancelled));
}

#[test]
#[rustfmt::skip] // a table
fn a_refund_is_settled_once_wherever_the_booking_is() {
    let settle = || SettleRefund { booking: id(A), payment_reference: "2".to_owned() };
    let settled = || RefundSettled { booking: id(A), payment_reference: "2".to_owned(), amount: eur(3602) };
    let owed = [held(A), received(A, "1", 3602), paid(A, "1"), refund(A, "2", 3602, PaidTwice)];
    let with = |event| [owed.as_slice(), &[event]].concat();

    check::<CourtDay>("owed",           &owed,                settle(), Ok(vec![settled()]));
    check::<CourtDay>("twice",          &with(settled()),     settle(), Ok(vec![]));
    check::<CourtDay>("moved since",    &with(moved(A, B)),   settle(), Ok(vec![settled()]));
    check::<CourtDay>("never received", &[held(A)],           settle(), Err(UnknownRefund));
    check::<CourtDay>("the booking's",  &[held(A), received(A, "2", 3602), paid(A, "2")], settle(), Err(UnknownRefund));
}
