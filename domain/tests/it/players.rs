//! A player's leases at venue `nord` for Saturday, 21 November 2026, on the Friday before: two open holds, two bookings
//! a day and three ahead are the most.
use domain::decider::Decider;
use domain::ids::{BookingId, VenueId};
use domain::players::PlayerCommand::{self, AbandonLease, ReturnLease};
use domain::players::PlayerEvent::{self, LeaseExtended, LeaseReturned, LeaseTaken};
use domain::players::PlayerRejection::{self, LeasedElsewhere, QuotaFull};
use domain::players::{ExtendLease, FullQuota, Player, Quota, Quotas, TakeLease};
use jiff::Timestamp;
use uuid::Uuid;

use crate::given::{check, fold};

const A: &str = "2026-11-21-7FK2-AAAAAAAA";
const B: &str = "2026-11-21-8GM3-BBBBBBBB";
const C: &str = "2026-11-21-7FK2-CCCCCCCC";
const SUNDAY: &str = "2026-11-22-7FK2-DDDDDDDD";
const MONDAY: &str = "2026-11-23-7FK2-EEEEEEEE";
const QUOTAS: Quotas = Quotas { open_holds: 2, bookings_per_day: 2, upcoming: 3 };

fn id(text: &str) -> BookingId {
    text.parse().unwrap()
}

fn nord() -> VenueId {
    "nord".parse().unwrap()
}

/// `12:00` on the Friday, or a day of that month: `21 18:00`.
#[track_caller]
fn t(text: &str) -> Timestamp {
    let (day, time) = text.split_once(' ').unwrap_or(("20", text));
    format!("2026-11-{day}T{time}:00Z").parse().unwrap()
}

/// Each booking has a command of its own, unless said otherwise.
fn command_of(booking: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, booking.as_bytes())
}

fn taken(booking: &str) -> PlayerEvent {
    taken_until(booking, "12:16", "12:00")
}

fn taken_until(booking: &str, until: &str, at: &str) -> PlayerEvent {
    taken_for(booking, booking, until, at)
}

fn taken_for(reference: &str, booking: &str, until: &str, at: &str) -> PlayerEvent {
    let (reference, booking, command) = (id(reference), id(booking), command_of(booking));
    LeaseTaken { booking, reference, command, venue: nord(), until: t(until), at: t(at) }
}

fn confirmed(booking: &str) -> PlayerEvent {
    extended(booking, 1, true, "21 19:30", "12:05")
}

fn extended(booking: &str, generation: u32, confirmed: bool, until: &str, at: &str) -> PlayerEvent {
    extended_for(booking, booking, generation, confirmed, until, at)
}

fn extended_for(
    reference: &str,
    booking: &str,
    generation: u32,
    confirmed: bool,
    until: &str,
    at: &str,
) -> PlayerEvent {
    let (reference, booking, venue) = (id(reference), id(booking), nord());
    LeaseExtended { booking, reference, venue, generation, confirmed, until: t(until), at: t(at) }
}

fn returned(booking: &str, generation: u32) -> PlayerEvent {
    LeaseReturned { booking: id(booking), generation }
}

fn wants(booking: &str, until: &str, at: &str) -> TakeLease {
    let (reference, command, quotas) = (id(booking), command_of(booking), Some(QUOTAS));
    let booking = id(booking);
    TakeLease { booking, reference, command, venue: nord(), until: t(until), at: t(at), quotas }
}

fn take(booking: &str, until: &str, at: &str) -> PlayerCommand {
    PlayerCommand::TakeLease(Box::new(wants(booking, until, at)))
}

fn extend(booking: &str, generation: u32, confirmed: bool, until: &str, at: &str) -> PlayerCommand {
    let (booking, reference, venue) = (id(booking), id(booking), nord());
    let (until, at) = (t(until), t(at));
    let extend = ExtendLease { booking, reference, venue, generation, confirmed, until, at };
    PlayerCommand::ExtendLease(extend)
}

fn give_back(booking: &str, generation: u32, at: &str) -> PlayerCommand {
    ReturnLease { booking: id(booking), generation, at: t(at) }
}

fn full(quotas: &[Quota]) -> Result<Vec<PlayerEvent>, PlayerRejection> {
    let limit = |quota| match quota {
        Quota::OpenHolds | Quota::BookingsPerDay => 2,
        Quota::Upcoming => 3,
    };
    let full = quotas.iter().map(|it| FullQuota { quota: *it, limit: limit(*it) }).collect();
    Err(QuotaFull { full })
}

const OPEN: Quota = Quota::OpenHolds;
const DAY: Quota = Quota::BookingsPerDay;
const AHEAD: Quota = Quota::Upcoming;

#[test]
#[rustfmt::skip] // a table
fn leases_are_lent_up_to_each_quota() {
    let now = |booking| take(booking, "12:26", "12:10");
    let yes = |booking| Ok(vec![taken_until(booking, "12:26", "12:10")]);
    let [a, b, sunday] = [A, B, SUNDAY].map(|it| [taken(it), confirmed(it)]);
    let sold = |more: &[PlayerEvent]| [&a[..], &b, more].concat();

    check::<Player>("the first",              &[],                                        now(A),      yes(A));
    check::<Player>("the second",             &[taken(A)],                                now(B),      yes(B));
    check::<Player>("one open hold too many", &[taken(A), taken(SUNDAY)],                 now(B),      full(&[OPEN]));
    check::<Player>("a third that day",       &sold(&[]),                                 now(C),      full(&[DAY]));
    check::<Player>("both",                   &[taken(A), taken(B)],                      now(C),      full(&[OPEN, DAY]));
    check::<Player>("another day",            &sold(&[]),                                 now(SUNDAY), yes(SUNDAY));
    check::<Player>("a fourth ahead",         &sold(&sunday),                             now(MONDAY), full(&[AHEAD]));
    check::<Player>("all three",              &sold(&[taken(SUNDAY), taken(MONDAY)]),     now(C),      full(&[OPEN, DAY, AHEAD]));
    check::<Player>("one was given back",     &[taken(A), taken(B), returned(A, 1)],      now(C),      yes(C));
    check::<Player>("one was never held",     &[taken(A), taken(B), returned(A, 0)],      now(C),      yes(C));
    check::<Player>("one was cancelled",      &sold(&[returned(A, 1)]),                   now(C),      yes(C));
}

#[test]
#[rustfmt::skip] // a table
fn a_booking_on_its_way_counts_once_and_is_asked_of_the_day_it_goes_to() {
    let moving = |from: &str, to: &str| taken_for(from, to, "12:26", "12:10");
    let shift = |from: &str, to: &str| PlayerCommand::TakeLease(Box::new(TakeLease { reference: id(from), ..wants(to, "12:26", "12:10") }));
    let goes = |from: &str, to: &str| Ok(vec![moving(from, to)]);
    let now = |booking| take(booking, "12:26", "12:10");
    let yes = |booking| Ok(vec![taken_until(booking, "12:26", "12:10")]);
    let [a, b, sunday] = [A, B, SUNDAY].map(|it| [taken(it), confirmed(it)]);
    let two = [&a[..], &b].concat();
    let three = [&two[..], &sunday].concat();
    let arrived = |to: &str| extended_for(A, to, 1, true, "21 19:30", "12:11");

    check::<Player>("full ahead, to another day",  &three,                                          shift(A, MONDAY), goes(A, MONDAY));
    check::<Player>("on a full day",               &two,                                            shift(A, C),      goes(A, C));
    check::<Player>("to a full day",               &three,                                          shift(SUNDAY, C), full(&[DAY]));
    check::<Player>("with two holds open",         &[&a[..], &[taken(SUNDAY), taken(MONDAY)]].concat(), shift(A, C),  goes(A, C));
    check::<Player>("is no open hold",             &[&a[..], &[moving(A, MONDAY), taken(SUNDAY)]].concat(), now(B),   yes(B));
    check::<Player>("leaves no room behind yet",   &[&two[..], &[moving(A, MONDAY)]].concat(),      now(C),           full(&[DAY]));
    check::<Player>("is one ahead, not two",       &[&two[..], &[moving(A, MONDAY)]].concat(),      now(SUNDAY),      yes(SUNDAY));
    check::<Player>("is one where it arrives",     &[&two[..], &[moving(A, MONDAY), arrived(MONDAY)]].concat(), now(SUNDAY), yes(SUNDAY));
    check::<Player>("and one of that day",         &[&a[..], &[moving(A, C), arrived(C)]].concat(), now(B),           yes(B));
    check::<Player>("gone from where it was",      &[&two[..], &[moving(A, MONDAY), returned(A, 1), arrived(MONDAY)]].concat(), now(C), yes(C));
    check::<Player>("moves on under its first id", &[&three[..], &[moving(A, MONDAY), returned(A, 1), arrived(MONDAY)]].concat(), shift(A, C), goes(A, C));
}

#[test]
#[rustfmt::skip] // a table
fn the_desk_goes_beyond_quotas_and_is_counted() {
    let beyond = |booking| PlayerCommand::TakeLease(Box::new(TakeLease { quotas: None, ..wants(booking, "12:26", "12:10") }));
    let full_up = [taken(A), taken(B)];
    let then = [taken(A), taken_until(B, "12:26", "12:10")];

    check::<Player>("a third",               &full_up, beyond(C),                       Ok(vec![taken_until(C, "12:26", "12:10")]));
    check::<Player>("counts for the next",   &then,    take(C, "12:26", "12:10"),       full(&[OPEN, DAY]));
    check::<Player>("one command, one place", &full_up, PlayerCommand::TakeLease(Box::new(TakeLease { quotas: None, command: command_of(A), ..wants(C, "12:26", "12:10") })),
        Err(LeasedElsewhere { booking: id(A) }));
}

#[test]
#[rustfmt::skip] // a table
fn leases_end_by_themselves() {
    let at = |at: &str| take(C, "21 18:16", at);
    let yes = |at: &str| Ok(vec![taken_until(C, "21 18:16", at)]);
    let played = || vec![taken(A), extended(A, 1, true, "21 09:00", "12:05"), taken(B), extended(B, 1, true, "21 10:00", "12:05")];

    check::<Player>("the last minute",        &[taken(A), taken(SUNDAY)], at("12:15"), full(&[OPEN]));
    check::<Player>("at the very end",        &[taken(A), taken(SUNDAY)], at("12:16"), yes("12:16"));
    check::<Player>("for that day too",       &[taken(A), taken(B)],      at("12:16"), yes("12:16"));
    check::<Player>("what was played that day counts for it", &played(),  at("21 18:00"), full(&[DAY]));
    check::<Player>("and is not ahead",       &[played(), vec![taken_until(SUNDAY, "21 18:16", "21 18:00")]].concat(),
        take(MONDAY, "21 18:16", "21 18:00"), Ok(vec![taken_until(MONDAY, "21 18:16", "21 18:00")]));
}

#[test]
#[rustfmt::skip] // a table
fn a_lease_asked_for_again() {
    let full_up = |first| [first, taken(B)];
    let again = |until: &str, at: &str| take(A, until, at);

    check::<Player>("by the same request",  &full_up(taken(A)),         again("12:16", "12:00"), Ok(vec![]));
    check::<Player>("a repetition",         &full_up(taken(A)),         again("12:20", "12:04"), Ok(vec![taken_until(A, "12:20", "12:04")]));
    check::<Player>("after it lapsed",      &[taken(A)],                again("12:36", "12:20"), Ok(vec![taken_until(A, "12:36", "12:20")]));
    check::<Player>("lapsed, others came",  &[taken(A), taken_until(B, "12:30", "12:14"), taken_until(C, "12:30", "12:14")],
                                                                        again("12:32", "12:16"), full(&[OPEN, DAY]));
    check::<Player>("after it was refused", &[taken(A), returned(A, 0)], again("12:20", "12:04"), Ok(vec![taken_until(A, "12:20", "12:04")]));
    check::<Player>("when it is confirmed", &[taken(A), confirmed(A)],  again("12:36", "12:20"), Ok(vec![]));
}

#[test]
#[rustfmt::skip] // a table
fn one_command_has_one_place() {
    let other = || PlayerCommand::TakeLease(Box::new(TakeLease { command: command_of(A), ..wants(B, "12:20", "12:04") }));
    let elsewhere = || Err(LeasedElsewhere { booking: id(A) });
    let here = || Ok(vec![LeaseTaken { booking: id(B), reference: id(B), command: command_of(A), venue: nord(), until: t("12:20"), at: t("12:04") }]);

    check::<Player>("lent",                 &[taken(A)],                 other(), elsewhere());
    check::<Player>("confirmed",            &[taken(A), confirmed(A)],   other(), elsewhere());
    check::<Player>("held, and over since", &[taken(A), returned(A, 1)], other(), elsewhere());
    check::<Player>("refused there",        &[taken(A), returned(A, 0)], other(), here());
}

#[test]
#[rustfmt::skip] // a table
fn leases_follow_the_court_day_and_old_news_change_nothing() {
    let yes = |event| Ok(vec![event]);
    let none = || Ok(vec![]);
    let sold = || vec![taken(A), confirmed(A)];
    let reinstated = || vec![taken(A), returned(A, 1), extended(A, 2, true, "21 19:30", "12:30")];
    let news = |generation, confirmed, until| extend(A, generation, confirmed, until, "12:10");
    let told = |generation, confirmed, until| yes(extended(A, generation, confirmed, until, "12:10"));

    check::<Player>("held, as it was lent",     &[taken(A)],                   news(1, false, "12:16"),    none());
    check::<Player>("held for longer",          &[taken(A)],                   news(1, false, "12:17"),    told(1, false, "12:17"));
    check::<Player>("confirmed",                &[taken(A)],                   news(1, true,  "21 19:30"), told(1, true,  "21 19:30"));
    check::<Player>("confirmed twice",          &sold(),                       news(1, true,  "21 19:30"), none());
    check::<Player>("held, told late",          &sold(),                       news(1, false, "12:30"),    none());
    check::<Player>("held on, for a payment",   &[taken(A)],                   news(2, false, "12:26"),    told(2, false, "12:26"));
    check::<Player>("confirmed after it lapsed", &[taken(A)],                  extend(A, 1, true, "21 19:30", "13:00"), yes(extended(A, 1, true, "21 19:30", "13:00")));
    check::<Player>("beyond every quota",       &[taken(B), taken(C)],         news(1, false, "12:16"),    told(1, false, "12:16"));
    check::<Player>("without a lease",          &[],                           news(1, true,  "21 19:30"), told(1, true,  "21 19:30"));
    check::<Player>("held after all",           &[taken(A), returned(A, 0)],   news(1, false, "12:16"),    told(1, false, "12:16"));
    check::<Player>("over, then told of more",  &[taken(A), returned(A, 1)],   news(1, true,  "21 19:30"), none());
    check::<Player>("over, and held anew",      &[taken(A), returned(A, 1)],   news(2, true,  "21 19:30"), told(2, true,  "21 19:30"));

    check::<Player>("over",                     &[taken(A)],                   give_back(A, 1, "12:10"),   yes(returned(A, 1)));
    check::<Player>("cancelled",                &sold(),                       give_back(A, 1, "12:10"),   yes(returned(A, 1)));
    check::<Player>("over twice",               &[taken(A), returned(A, 1)],   give_back(A, 1, "12:10"),   none());
    check::<Player>("an old end",               &reinstated(),                 give_back(A, 1, "12:40"),   none());
    check::<Player>("the new end",              &reinstated(),                 give_back(A, 2, "12:40"),   yes(returned(A, 2)));
    check::<Player>("over, and nothing lent",   &[],                           give_back(A, 1, "12:10"),   yes(returned(A, 1)));
    check::<Player>("over, the day as well",    &sold(),                       give_back(A, 1, "24 00:00"), none());
    check::<Player>("told when all is over",    &[],                           extend(A, 1, true, "21 19:30", "24 00:00"), none());
    check::<Player>("told the day before",      &[],                           extend(A, 1, true, "21 19:30", "23 23:59"), yes(extended(A, 1, true, "21 19:30", "23 23:59")));
}

#[test]
#[rustfmt::skip] // a table
fn a_lease_is_abandoned_by_whoever_it_was_lent_to() {
    let abandon = |until| AbandonLease { booking: id(A), until: t(until) };
    let again = || vec![taken(A), taken_until(A, "12:20", "12:04")];

    check::<Player>("as it was lent",         &[taken(A)],                 abandon("12:16"), Ok(vec![returned(A, 0)]));
    check::<Player>("twice",                  &[taken(A), returned(A, 0)], abandon("12:16"), Ok(vec![]));
    check::<Player>("lent to a repetition",   &again(),                    abandon("12:16"), Ok(vec![]));
    check::<Player>("by the repetition",      &again(),                    abandon("12:20"), Ok(vec![returned(A, 0)]));
    check::<Player>("confirmed meanwhile",    &[taken(A), confirmed(A)],   abandon("12:16"), Ok(vec![]));
    check::<Player>("never lent",             &[],                         abandon("12:16"), Ok(vec![]));
}

#[test]
fn venues_count_for_themselves() {
    let elsewhere: VenueId = "sued".parse().unwrap();
    let there = |booking: &str| {
        let (reference, command) = (id(booking), command_of(booking));
        let (booking, venue) = (id(booking), elsewhere.clone());
        LeaseTaken { booking, reference, command, venue, until: t("12:16"), at: t("12:00") }
    };
    let given = [there(A), there(B), taken(C)];
    let then = Ok(vec![taken_until(SUNDAY, "12:20", "12:04")]);
    check::<Player>("one of its own", &given, take(SUNDAY, "12:20", "12:04"), then);
}

#[test]
fn days_that_are_over_are_forgotten() {
    let given = [taken(A), confirmed(A), taken(SUNDAY), returned(SUNDAY, 1)];
    let on = |at: &str| {
        let later = extended(MONDAY, 1, false, "25 12:00", at);
        let player: Player = fold(given.iter().cloned().chain([later]));
        player.leases.into_keys().map(|it| it.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(on("23 23:59"), [A, SUNDAY, MONDAY]);
    assert_eq!(on("24 00:00"), [SUNDAY, MONDAY]);
    assert_eq!(on("25 00:00"), [MONDAY]);
}

#[test]
fn a_day_is_over_nowhere_before_it_is_forgotten() {
    // The latest end of a service day there can be: it began at 23:59, in the zone that lags most.
    let end: Timestamp = "2026-11-22T23:59:00-12:00".parse().unwrap();
    let date = id(A).date();
    assert!(!domain::players::is_over(date, end));
    assert_eq!(
        Player::decide(&Player::default(), give_back(A, 1, "23 11:59")).map(|it| it.len()),
        Ok(1)
    );
}

#[test]
#[rustfmt::skip] // a table
fn nothing_more_is_lent_to_a_player_who_is_being_erased() {
    let closed = || PlayerEvent::Closed {};
    check::<Player>("closed",             &[taken(A)],           PlayerCommand::Close, Ok(vec![closed()]));
    check::<Player>("closed twice",       &[closed()],           PlayerCommand::Close, Ok(vec![]));
    check::<Player>("another place",      &[taken(A), closed()], take(B, "12:16", "12:01"), Err(PlayerRejection::Closed));
    check::<Player>("the same, repeated", &[taken(A), closed()], take(A, "12:16", "12:00"), Ok(vec![]));
    check::<Player>("what was given follows", &[taken(A), closed()],
        ReturnLease { booking: id(A), generation: 1, at: t("12:10") }, Ok(vec![LeaseReturned { booking: id(A), generation: 1 }]));
}
