use domain::bookings::BookingCommand::{self, Unblock};
use domain::bookings::BookingEvent::{self, Unblocked};
use domain::bookings::BookingRejection::{
    BlockDiffers, Blocked, BookingsInTheWay, MoveUnderWay, OutsideDay, UnknownBlock,
};
use domain::bookings::{
    Block, BlockCause, CancelCause, CourtDay, ExpiryCause, OnBookings, RefundCause,
};
use domain::decider::Decider;
use domain::ids::BlockId;
use domain::policies::{Refusal, slots};
use uuid::Uuid;

use crate::bookings::days::*;
use crate::given::{check, fold};
use crate::place;

fn block_from(starts_at: jiff::Timestamp, to: &str, at: &str) -> Block {
    Block {
        block: BLOCK,
        date: place::date("2026-11-21"),
        venue: place::venue(),
        starts_at,
        ends_at: t(to),
        cause: BlockCause::Rain,
        reason: None,
        on_bookings: OnBookings::CancelWithRefund,
        at: t(at),
    }
}

fn block(from: &str, to: &str, at: &str) -> BookingCommand {
    BookingCommand::Block(Box::new(block_from(t(from), to, at)))
}

fn politely(from: &str, to: &str, at: &str) -> BookingCommand {
    let block = block_from(t(from), to, at);
    BookingCommand::Block(Box::new(Block { on_bookings: OnBookings::Refuse, ..block }))
}

fn off(booking: &str, refund: i64) -> BookingEvent {
    let cause = CancelCause::Block { block: BLOCK };
    BookingEvent::Cancelled { booking: id(booking), refund: eur(refund), cause }
}

#[test]
#[rustfmt::skip] // a table
fn a_block_says_what_happens_to_those_who_have_the_court() {
    let day = [
        held_until(A, "17:00", "18:00", 2401, "12:15"), confirmed(A),
        held_until(B, "18:30", "19:30", 2401, "12:15"), received(B, "1", 2401), paid(B, "1"),
    ];
    let owed = refund(B, "1", 2401, RefundCause::Cancelled);
    let both = Err(BookingsInTheWay { bookings: vec![id(A), id(B)] });

    check::<CourtDay>("nobody",             &[],        block("17:30", "19:00", "12:00"), Ok(vec![blocked("17:30", "19:00")]));
    check::<CourtDay>("they come first",    &day,       politely("17:30", "19:00", "12:30"), both);
    check::<CourtDay>("next to them",       &day,       politely("18:00", "18:30", "12:30"), Ok(vec![blocked("18:00", "18:30")]));
    check::<CourtDay>("they are paid back", &day,       block("17:30", "19:00", "12:30"), Ok(vec![off(A, 2401), off(B, 2401), owed, blocked("17:30", "19:00")]));
    check::<CourtDay>("merely held",        &[held(A)], block("17:30", "19:00", "12:14"), Ok(vec![off(A, 0), blocked("17:30", "19:00")]));
    check::<CourtDay>("a hold past its end", &[held(A)], politely("17:30", "19:00", "12:15"), Ok(vec![expired(A, ExpiryCause::Lazy), blocked("17:30", "19:00")]));
    check::<CourtDay>("one that moves here", &[held_with(A, |it| { it.moved_from = Some(id(B)); it.expires_at = None; })], block("17:30", "19:00", "12:14"), Err(MoveUnderWay));
}

#[test]
#[rustfmt::skip] // a table
fn rain_begins_now_and_leaves_what_was_played() {
    let day = [
        held_until(A, "17:00", "18:00", 2401, "12:15"), confirmed(A),
        held_until(B, "18:00", "19:00", 2401, "12:15"), confirmed(B), BookingEvent::CheckedIn { booking: id(B) },
    ];
    let rain = || block("06:00", "23:00", "18:20");

    check::<CourtDay>("in the middle of play", &day,                         rain(), Ok(vec![off(B, 2401), blocked("18:20", "23:00")]));
    check::<CourtDay>("told twice",            &[blocked("18:20", "23:00")], rain(), Ok(vec![]));
    check::<CourtDay>("told again, later",     &[blocked("18:20", "23:00")], block("06:00", "23:00", "18:40"), Ok(vec![]));
    check::<CourtDay>("told otherwise",        &[blocked("18:20", "23:00")], block("06:00", "22:00", "18:20"), Err(BlockDiffers));
    check::<CourtDay>("when all is over",      &[],                          block("06:00", "18:00", "18:00"), Err(Refusal::InThePast.into()));
    check::<CourtDay>("backwards",             &[],                          block("19:00", "18:00", "12:00"), Err(Refusal::EndBeforeStart.into()));
}

#[test]
fn a_block_lies_within_its_service_day() {
    let from = |starts_at: &str, to: &str| {
        let block =
            Block { ends_at: place::at(to), ..block_from(place::at(starts_at), "12:00", "01:00") };
        BookingCommand::Block(Box::new(block))
    };
    let whole = BookingEvent::Blocked {
        block: BLOCK,
        starts_at: place::at("2026-11-21T04:00+01:00"),
        ends_at: place::at("2026-11-22T04:00+01:00"),
        cause: BlockCause::Rain,
        reason: None,
    };
    let day = from("2026-11-21T04:00+01:00", "2026-11-22T04:00+01:00");
    check::<CourtDay>("all of it", &[], day, Ok(vec![whole]));
    let early = from("2026-11-21T03:30+01:00", "2026-11-21T12:00+01:00");
    check::<CourtDay>("from the day before", &[], early, Err(OutsideDay));
    let late = from("2026-11-21T12:00+01:00", "2026-11-22T04:30+01:00");
    check::<CourtDay>("into the day after", &[], late, Err(OutsideDay));
}

#[test]
#[rustfmt::skip] // a table
fn what_is_blocked_is_not_taken_and_is_free_again_when_it_is_lifted() {
    let rain = || Err(Blocked { cause: BlockCause::Rain, ends_at: t("19:00") });
    let lift = |block| Unblock { block };
    let lifted = || Unblocked { block: BLOCK };
    let another = BlockId(Uuid::from_u128(8));
    let over = |block| BookingEvent::Blocked { block, starts_at: t("18:30"), ends_at: t("20:00"), cause: BlockCause::Closed, reason: None };
    let closed = || Err(Blocked { cause: BlockCause::Closed, ends_at: t("20:00") });
    let wish = || hold(A, "18:00", "19:30", "12:00");
    let ok = || Ok(vec![held(A)]);

    check::<CourtDay>("blocked",         &[blocked("17:00", "19:00")], wish(), rain());
    check::<CourtDay>("blocked before",  &[blocked("17:00", "18:00")], wish(), ok());
    check::<CourtDay>("lifted",          &[blocked("17:00", "19:00"), lifted()], wish(), ok());
    check::<CourtDay>("one of two",      &[blocked("17:00", "19:00"), over(another), lifted()], wish(), closed());
    check::<CourtDay>("over another",    &[over(another)], block("17:00", "19:00", "12:00"), Ok(vec![blocked("17:00", "19:00")]));
    check::<CourtDay>("to lift",         &[blocked("17:00", "19:00")], lift(BLOCK), Ok(vec![lifted()]));
    check::<CourtDay>("to lift twice",   &[blocked("17:00", "19:00"), lifted()], lift(BLOCK), Ok(vec![]));
    check::<CourtDay>("lifted, and told again", &[blocked("17:00", "19:00"), lifted()], block("17:00", "19:00", "12:00"), Ok(vec![]));
    check::<CourtDay>("to lift another", &[blocked("17:00", "19:00")], lift(another), Err(UnknownBlock));
}

/// What the event store takes in one append: beyond it the day could never be closed.
const MOST_EVENTS: usize = 256;

#[test]
fn the_fullest_day_that_a_policy_allows_is_blocked_in_one_append() {
    // Of 25 hours: in its night the clocks go back.
    let date = place::date("2026-10-24");
    let mut venue = place::venue_in("Europe/Berlin", "04:00", "04:00", "04:00");
    (venue.policy.grid_minutes, venue.policy.min_minutes) = (15, 15);
    assert_eq!(venue.policy.validate(), Ok(()));
    let places = slots(&venue, date, 15);
    assert_eq!(places.len(), 100);
    let paid_for = places.into_iter().enumerate().flat_map(|(n, (starts_at, ends_at))| {
        let booking = format!("{date}-7FK2-{n:08}");
        let held = held_with(&booking, |it| (it.starts_at, it.ends_at) = (starts_at, ends_at));
        [held, received(&booking, "1", 3602), paid(&booking, "1")]
    });
    let (at, cause) = (place::at("2026-10-24T03:00+02:00"), BlockCause::Closed);
    let close = BookingCommand::Block(Box::new(Block::of_day(BLOCK, date, &venue, cause, at)));
    let events = CourtDay::decide(&fold(paid_for), close).unwrap();
    assert_eq!(events.len(), 2 * 100 + 1, "each is cancelled and paid back");
    assert!(events.len() <= MOST_EVENTS);
}
