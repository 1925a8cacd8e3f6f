//! What is offered is what a hold would get: search, alternatives and grid, held against the court-day's own rules on
//! random venues, hours, closed days, courts out of service and bookings, mostly on days on which the clocks change.
use std::collections::HashMap;
use std::sync::Arc;

use domain::bookings::{
    Block, BlockCause, BookingCommand, BookingState, By, CourtDay, Hold, Holder, OnBookings,
    Place as CourtTime,
};
use domain::courts::{Court, Service};
use domain::decider::Decider;
use domain::ids::{BlockId, BookingId, UserId};
use domain::policies::{
    DayHours, Policy, PriceList, Prices, Release, Week, service_date, service_day,
};
use domain::venues::Venue;
use jiff::civil::{Date, Time, date, time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use sqlx::types::Json;
use uuid::Uuid;

use super::day::{SlotState, slots};
use super::taken::Stay;
use super::{Candidate, Taken, Wanted, alternatives, sellable};
use crate::courts::{self, Filter};

/// Zones with a date on which their clocks jump.
const DAYS: [(&str, Date); 9] = [
    ("Europe/Berlin", date(2026, 3, 28)),
    ("Europe/Berlin", date(2026, 10, 24)),
    ("America/Santiago", date(2026, 9, 6)),
    ("America/Santiago", date(2026, 4, 4)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Africa/Cairo", date(2026, 10, 29)),
    ("Australia/Lord_Howe", date(2026, 10, 3)),
    ("Australia/Lord_Howe", date(2026, 4, 4)),
    ("UTC", date(2026, 11, 21)),
];
const STARTS: [Time; 3] = [time(0, 0, 0, 0), time(4, 0, 0, 0), time(2, 30, 0, 0)];
/// Of the wall and of the stop watch: finer than any grid here.
const QUARTER: i64 = 15;

#[derive(Clone, Debug)]
struct Made {
    venue: Venue,
    date: Date,
    now: Timestamp,
    courts: Vec<Court>,
    /// What somebody tries to get first: court, quarter of the day, length in quarters, and as what.
    stays: Vec<(usize, i64, i64, As)>,
}

#[derive(Clone, Copy, Debug)]
enum As {
    Held,
    Confirmed,
    Blocked,
}

fn venues() -> impl Strategy<Value = (Venue, Date)> {
    let hours = (0..DAYS.len(), 0..STARTS.len(), 0..96_i64, 4..=96_i64, -1..=1_i64);
    let rules =
        (prop::sample::select(vec![15_u32, 30, 60, 90]), 1..=2_u32, 0..=3_u32, 1..=3_u32, 0..3_u8);
    let dates = (prop::bool::weighted(0.15), prop::bool::weighted(0.2), 0..90_i64);
    (hours, rules, dates).prop_map(|((day, start, open, length, beside), rules, dates)| {
        let (zone, jump) = DAYS[day];
        let on = jump.checked_add(beside.days()).unwrap();
        let day_starts_at = STARTS[start];
        let wall = |quarter: i64| day_starts_at.wrapping_add((quarter * QUARTER).minutes());
        let hours = DayHours { open: wall(open), close: wall((open + length).min(96)) };
        let (grid, min, more, advance_days, release) = rules;
        let policy = Policy {
            grid_minutes: grid,
            min_minutes: grid * min,
            max_minutes: grid * (min + more),
            advance_days,
            release: match release {
                0 => Release::Rolling,
                1 => Release::EndOfDay,
                _ => Release::FixedTime { time: time(7, 0, 0, 0) },
            },
            ..Policy::default()
        };
        let (closed, special, from) = dates;
        let special_hours = DayHours { open: wall(from), close: wall(from + 6) };
        let venue = Venue {
            name: "Nord".to_owned(),
            zone: zone.to_owned(),
            day_starts_at,
            hours: [(date(2020, 1, 1), Week::every_day(hours))].into(),
            hours_on: special.then_some((on, special_hours)).into_iter().collect(),
            closed_on: closed.then_some(on).into_iter().collect(),
            policy,
        };
        (venue, on)
    })
}

fn made() -> impl Strategy<Value = Made> {
    let service = prop::option::weighted(0.3, (-2..=1_i64, any::<bool>()));
    let kind = prop::sample::select(vec![As::Held, As::Confirmed, As::Blocked]);
    let stay = (0..2_usize, 0..100_i64, 1..16_i64, kind);
    (venues(), -80..20_i64, prop::collection::vec(service, 2), prop::collection::vec(stay, 0..12))
        .prop_map(|((venue, date), hours, service, stays)| {
            let now = service_day(&venue, date).0 + SignedDuration::from_hours(hours);
            let court = |it: Option<(i64, bool)>| {
                let from = |days: i64| date.checked_add(days.days()).unwrap();
                let changes = it.into_iter().flat_map(|(days, returns)| {
                    let back = returns.then_some((from(days + 1), Service::Returned));
                    [Some((from(days), Service::Retired)), back].into_iter().flatten()
                });
                Court {
                    venue: "nord".parse().unwrap(),
                    name: "Court".to_owned(),
                    kind: "tennis".to_owned(),
                    surface: "clay".to_owned(),
                    indoor: true,
                    prices: PriceList::default(),
                    service: changes.collect(),
                }
            };
            let courts = service.into_iter().map(court).collect();
            Made { venue, date, now, courts, stays }
        })
}

/// The court-days of one venue, as the log has them, and what the tables show of them.
struct World {
    made: Made,
    candidates: Vec<Candidate>,
    days: HashMap<(usize, Date), CourtDay>,
    taken: Taken,
}

fn code(court: usize) -> String {
    format!("C{court}")
}

impl World {
    fn new(made: Made) -> Self {
        let facts = Arc::new(made.venue.clone());
        let candidates = made.courts.iter().enumerate().map(|(n, court)| Candidate {
            row: courts::Row {
                code: code(n),
                venue: "nord".to_owned(),
                name: court.name.clone(),
                kind: court.kind.clone(),
                surface: court.surface.clone(),
                indoor: court.indoor,
                prices: Json(Prices::default()),
                later_prices: Json(vec![]),
                service: Json(vec![]),
                revision: 0,
            },
            court: court.clone(),
            venue: facts.clone(),
        });
        let candidates = candidates.collect();
        let mut world = Self { made, candidates, days: HashMap::new(), taken: Taken::default() };
        for (n, stay) in world.made.stays.clone().into_iter().enumerate() {
            world.stay(n, stay);
        }
        world.show();
        world
    }

    /// The start of the service day and so many quarters of an hour.
    fn at(&self, quarter: i64) -> Timestamp {
        service_day(&self.made.venue, self.made.date).0
            + SignedDuration::from_mins(quarter * QUARTER)
    }

    fn stay(&mut self, n: usize, (court, from, length, kind): (usize, i64, i64, As)) {
        let (from, to, at) = (self.at(from), self.at(from + length), self.made.now);
        let hold = self.hold(court, from, to, n as u128);
        let booking = hold.place.booking.clone();
        let date = booking.date();
        let commands = match kind {
            As::Held => vec![BookingCommand::Hold(Box::new(hold))],
            As::Confirmed => {
                let by = By::Player;
                let confirm = BookingCommand::Confirm { booking, payment_reference: None, by, at };
                vec![BookingCommand::Hold(Box::new(hold)), confirm]
            }
            As::Blocked => vec![BookingCommand::Block(Box::new(Block {
                block: BlockId(Uuid::from_u128(n as u128)),
                date,
                venue: self.made.venue.clone(),
                starts_at: from,
                ends_at: to,
                cause: BlockCause::Rain,
                reason: None,
                on_bookings: OnBookings::CancelWithRefund,
                at,
            }))],
        };
        for command in commands {
            let day = self.days.entry((court, date)).or_default();
            if let Ok(events) = CourtDay::decide(day, command) {
                *day = events.into_iter().fold(std::mem::take(day), CourtDay::evolve);
            }
        }
    }

    fn show(&mut self) {
        for ((court, _), day) in &self.days {
            for booking in day.bookings.values().filter(|it| it.is_live(self.made.now)) {
                let held = &booking.held;
                let is_held = booking.state == BookingState::Held;
                let expires_at = held.expires_at.filter(|_| is_held);
                let (from, to) = (held.starts_at, held.ends_at);
                self.taken.add(code(*court), Stay { from, to, expires_at, blocked: false });
            }
            for block in day.blocks.values().filter(|it| !it.lifted) {
                let (from, to) = (block.starts_at, block.ends_at);
                self.taken.add(code(*court), Stay { from, to, expires_at: None, blocked: true });
            }
        }
    }

    fn hold(&self, court: usize, starts_at: Timestamp, ends_at: Timestamp, command: u128) -> Hold {
        let on = service_date(&self.made.venue, starts_at);
        let place = CourtTime {
            booking: BookingId::derive(on, code(court).parse().unwrap(), Uuid::from_u128(command)),
            starts_at,
            ends_at,
            at: self.made.now,
            venue: self.made.venue.clone(),
            venue_revision: 0,
            court: self.made.courts[court].clone(),
            court_revision: 0,
        };
        Hold { place, by: Holder::Player(UserId(Uuid::from_u128(1))) }
    }

    /// Whether a hold would get it, just now.
    fn accepts(&self, court: usize, starts_at: Timestamp, ends_at: Timestamp) -> bool {
        let hold = self.hold(court, starts_at, ends_at, 1_000_000);
        let day = self.days.get(&(court, hold.place.booking.date())).cloned().unwrap_or_default();
        let answer = CourtDay::decide(&day, BookingCommand::Hold(Box::new(hold)));
        answer.is_ok_and(|it| !it.is_empty())
    }

    /// Every place on the service day that a hold would get, tried by the quarter of an hour.
    fn accepted(&self, court: usize) -> Vec<(Timestamp, Timestamp)> {
        let longest = i64::from(self.made.venue.policy.max_minutes) / QUARTER;
        let all = (0..100).flat_map(|from| (1..=longest).map(move |length| (from, from + length)));
        all.map(|(from, to)| (self.at(from), self.at(to)))
            .filter(|it| service_date(&self.made.venue, it.0) == self.made.date)
            .filter(|it| self.accepts(court, it.0, it.1))
            .collect()
    }

    /// Every place that the grid offers.
    fn offered(&self, court: usize) -> Vec<(Timestamp, Timestamp)> {
        let policy = &self.made.venue.policy;
        let lasts = |from: Timestamp, to: Timestamp| {
            let minutes = to.duration_since(from).as_mins();
            (i64::from(policy.min_minutes)..=i64::from(policy.max_minutes)).contains(&minutes)
        };
        let cells = slots(&self.candidates[court], self.made.date, &self.taken, self.made.now);
        let mut offered = vec![];
        for (n, first) in cells.iter().enumerate().filter(|(_, it)| it.state == SlotState::Free) {
            let run = cells[n..]
                .iter()
                .take_while(|it| matches!(it.state, SlotState::Free | SlotState::NotYet));
            let ends = run.map(|it| it.ends_at).filter(|to| lasts(first.starts_at, *to));
            offered.extend(ends.map(|to| (first.starts_at, to)));
        }
        offered
    }
}

fn wanted(date: Date, start: Time, end: Time) -> Wanted {
    Wanted { filter: Filter::default(), date, start, end }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_grid_offers_what_a_hold_gets_and_nothing_else(made in made()) {
        let world = World::new(made);
        for court in 0..world.candidates.len() {
            prop_assert_eq!(world.offered(court), world.accepted(court), "court {}", court);
        }
    }

    #[test]
    fn the_search_finds_what_a_hold_gets_and_nothing_else(made in made(), times in prop::collection::vec((0..96_i64, 1..20_i64), 12)) {
        let world = World::new(made);
        let Made { venue, date, now, .. } = &world.made;
        for (start, length) in times {
            let wall = |quarter: i64| Time::midnight().wrapping_add((quarter * QUARTER).minutes());
            let wanted = wanted(*date, wall(start), wall(start + length));
            let found = sellable(&world.candidates, &wanted, *now);
            let places = found.as_ref().map(|it| it.1.clone()).unwrap_or_default();
            let free: Vec<_> = places.into_iter().filter(|it| world.taken.is_free(it)).collect();
            for court in 0..world.candidates.len() {
                let is_found = free.iter().any(|it| it.candidate.row.code == code(court));
                let resolved = domain::policies::resolve(venue, *date, wanted.start, wanted.end);
                let is_sold = resolved.is_ok_and(|(from, to)| world.accepts(court, from, to));
                prop_assert_eq!(is_found, is_sold, "court {} {} to {}", court, wanted.start, wanted.end);
            }
            let Ok((minutes, _)) = found else { continue };
            check_alternatives(&world, &wanted, u32::try_from(minutes).unwrap())?;
        }
    }
}

/// Every alternative can be had; and if there are few, there are no more to be had.
fn check_alternatives(world: &World, wanted: &Wanted, minutes: u32) -> Result<(), TestCaseError> {
    let places = alternatives::places(&world.candidates, wanted.date, minutes, world.made.now);
    let found = alternatives::nearest(places, &world.taken, wanted);
    let length = |from: Timestamp, to: Timestamp| to.duration_since(from).as_mins();
    for it in &found {
        let court = usize::from(it.court.code == "C1");
        let (from, to) = (it.court.starts_at, it.court.ends_at);
        prop_assert!(world.accepts(court, from, to), "{} {from} {to}", it.court.code);
        prop_assert_eq!(length(from, to), i64::from(minutes));
    }
    for pair in found.windows(2) {
        prop_assert!(pair[0].minutes_away <= pair[1].minutes_away, "the nearest first");
    }
    let all = (0..world.candidates.len()).flat_map(|it| world.accepted(it));
    let all = all.filter(|it| length(it.0, it.1) == i64::from(minutes)).count();
    prop_assert_eq!(found.len(), all.min(6));
    Ok(())
}

/// Two courts of tennis here, indoors on clay and outdoors on grass, and one of each elsewhere.
fn two_venues() -> Vec<Candidate> {
    let hours = DayHours { open: time(6, 0, 0, 0), close: time(23, 0, 0, 0) };
    let venue = |zone: &str| {
        Arc::new(Venue {
            name: String::new(),
            zone: zone.to_owned(),
            day_starts_at: time(4, 0, 0, 0),
            hours: [(date(2020, 1, 1), Week::every_day(hours))].into(),
            hours_on: [].into(),
            closed_on: [].into(),
            policy: Policy::default(),
        })
    };
    let (here, there) = (venue("Europe/Berlin"), venue("America/New_York"));
    let candidate = |code: &str, id: &str, facts: &Arc<Venue>, surface: &str, indoor| Candidate {
        row: courts::Row {
            code: code.to_owned(),
            venue: id.to_owned(),
            name: code.to_owned(),
            kind: "tennis".to_owned(),
            surface: surface.to_owned(),
            indoor,
            prices: Json(Prices::default()),
            later_prices: Json(vec![]),
            service: Json(vec![]),
            revision: 0,
        },
        court: Court {
            venue: id.parse().unwrap(),
            name: code.to_owned(),
            kind: "tennis".to_owned(),
            surface: surface.to_owned(),
            indoor,
            prices: PriceList::default(),
            service: [].into(),
        },
        venue: facts.clone(),
    };
    vec![
        candidate("A1", "there", &there, "clay", true),
        candidate("B1", "here", &here, "clay", true),
        candidate("B2", "here", &here, "grass", false),
    ]
}

#[test]
fn what_was_asked_for_comes_before_other_courts_and_these_before_other_venues() {
    let candidates = two_venues();
    let on = date(2026, 11, 21);
    let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
    let mut taken = Taken::default();
    // B1 is taken from 10:00 to 22:00, but for the hour from 15:00.
    for (from, to) in [("09:00", "14:00"), ("15:00", "22:00")] {
        let at = |time| format!("2026-11-21T{time}:00Z").parse().unwrap();
        let (from, to) = (at(from), at(to));
        taken.add("B1".to_owned(), Stay { from, to, expires_at: None, blocked: false });
    }
    let filter = Filter {
        venue: Some("here".parse().unwrap()),
        surface: Some("clay".to_owned()),
        ..Filter::default()
    };
    let wanted = Wanted { filter, ..wanted(on, time(18, 0, 0, 0), time(19, 0, 0, 0)) };
    let places = alternatives::places(&candidates, on, 60, now);
    let found = alternatives::nearest(places, &taken, &wanted);
    let found: Vec<_> = found.iter().map(|it| (it.court.code.as_str(), it.minutes_away)).collect();
    // 15:00, then from 09:00 back, as far as it goes.
    let expected = [("B1", 180), ("B1", 540), ("B1", 570), ("B1", 600), ("B1", 630), ("B1", 660)];
    assert_eq!(found, expected);

    // Closed here, the rest of the world is left, by its own clock.
    let elsewhere: Vec<Candidate> = candidates.into_iter().take(1).collect();
    let places = alternatives::places(&elsewhere, on, 60, now);
    let found = alternatives::nearest(places, &taken, &wanted);
    assert_eq!((found.len(), found[0].minutes_away), (6, 0));
}

#[test]
fn a_mistake_is_said_when_no_venue_could_sell_it_and_a_closed_one_is_no_mistake() {
    let mut candidates = two_venues();
    let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
    let odd = wanted(date(2026, 11, 21), time(18, 10, 0, 0), time(19, 10, 0, 0));
    assert!(sellable(&candidates, &odd, now).is_err(), "off every grid");

    let ten = Policy { grid_minutes: 10, ..Policy::default() };
    candidates[0].venue = Arc::new(Venue { policy: ten, ..(*candidates[0].venue).clone() });
    let found = sellable(&candidates, &odd, now).unwrap();
    assert_eq!((found.0, found.1.len()), (60, 1), "on one of them");

    let mut closed = (*candidates[0].venue).clone();
    closed.closed_on.insert(odd.date);
    candidates[0].venue = Arc::new(closed);
    let found = sellable(&candidates, &odd, now).unwrap();
    assert_eq!((found.0, found.1.len()), (60, 0), "which is closed on that day");
    assert_eq!(sellable(&[], &odd, now).unwrap().1.len(), 0, "no court at all");
}

#[test]
fn an_hour_that_the_clocks_skip_is_no_mistake_and_has_alternatives() {
    let candidates: Vec<_> = two_venues().into_iter().skip(1).collect();
    let mut venue = (*candidates[0].venue).clone();
    let always = DayHours { open: time(4, 0, 0, 0), close: time(4, 0, 0, 0) };
    venue.hours = [(date(2020, 1, 1), Week::every_day(always))].into();
    let venue = Arc::new(venue);
    let candidates: Vec<_> =
        candidates.into_iter().map(|it| Candidate { venue: venue.clone(), ..it }).collect();
    let now: Timestamp = "2026-03-28T12:00:00Z".parse().unwrap();
    let skipped = wanted(date(2026, 3, 28), time(2, 0, 0, 0), time(3, 0, 0, 0));
    let (minutes, places) = sellable(&candidates, &skipped, now).unwrap();
    assert_eq!((minutes, places.len()), (60, 0));
    let places = alternatives::places(&candidates, skipped.date, 60, now);
    let found = alternatives::nearest(places, &Taken::default(), &skipped);
    let first: Vec<_> =
        found.iter().map(|it| (it.court.starts_at.to_string(), it.minutes_away)).collect();
    assert_eq!(
        first[0],
        ("2026-03-29T01:00:00Z".to_owned(), 0),
        "three o'clock, right after the jump"
    );
    assert_eq!(first.len(), 6);
}
