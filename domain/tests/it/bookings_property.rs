//! What no interleaving can break: commands in any order, at times that jump and sometimes go back, as they do
//! when several machines decide. A failure prints the commands that lead to it and keeps its seed beside this file.
use std::collections::BTreeMap;

use domain::bookings::BookingRejection::{HoldExpired, NotDue, Policy};
use domain::bookings::{
    Booking, BookingCommand, BookingEvent, BookingRejection, BookingState, By, Canceller, CourtDay,
    ExpiryCause, Hold, Holder, Place,
};
use domain::courts::Court;
use domain::decider::Decider;
use domain::ids::{BookingId, UserId};
use domain::policies::Prices;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use uuid::Uuid;

use crate::place;

/// One of so many bookings is meant by each command, so that commands meet.
const BOOKINGS: u8 = 6;

#[derive(Clone, Debug)]
enum What {
    /// A place by the number of half hours after 12:00, and its length in half hours.
    Hold {
        slot: u8,
        length: u8,
    },
    Confirm,
    Expire {
        cause: ExpiryCause,
        generation: u32,
    },
    Release,
    Cancel,
}

#[derive(Clone, Debug)]
struct Step {
    booking: u8,
    what: What,
    /// Seconds since the step before.
    later: i64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let cause =
        prop_oneof![Just(ExpiryCause::Timer), Just(ExpiryCause::Sweep), Just(ExpiryCause::Lazy)];
    let what = prop_oneof![
        4 => (0..8_u8, 2..5_u8).prop_map(|(slot, length)| What::Hold { slot, length }),
        3 => Just(What::Confirm),
        2 => (cause, 0..3_u32).prop_map(|(cause, generation)| What::Expire { cause, generation }),
        1 => Just(What::Release),
        1 => Just(What::Cancel),
    ];
    // Often within a hold's life of 900 seconds, often at its very end, sometimes back.
    let later = prop_oneof![
        4 => 0..600_i64,
        2 => Just(900_i64),
        1 => Just(899_i64),
        1 => -300..0_i64,
        1 => 0..7200_i64,
    ];
    let step =
        (0..BOOKINGS, what, later).prop_map(|(booking, what, later)| Step { booking, what, later });
    prop::collection::vec(step, 1..60)
}

fn morning() -> Timestamp {
    place::at("2026-11-21T08:00+01:00")
}

fn id(booking: u8) -> BookingId {
    let letter = char::from(b'A' + booking);
    format!("2026-11-21-7FK2-0000000{letter}").parse().unwrap()
}

fn command(step: &Step, at: Timestamp) -> BookingCommand {
    let booking = id(step.booking);
    match step.what {
        What::Hold { slot, length } => {
            let half_hours = |count: u8| SignedDuration::from_mins(30 * i64::from(count));
            let starts_at = place::at("2026-11-21T12:00+01:00") + half_hours(slot);
            let by = Holder::Player(UserId(Uuid::from_u128(step.booking.into())));
            let place = Place {
                booking,
                starts_at,
                ends_at: starts_at + half_hours(length),
                at,
                venue: place::venue(),
                venue_revision: 0,
                court: court(),
                court_revision: 0,
            };
            BookingCommand::Hold(Box::new(Hold { place, by }))
        }
        What::Confirm => {
            BookingCommand::Confirm { booking, payment_reference: None, by: By::Player, at }
        }
        What::Expire { cause, generation } => {
            BookingCommand::Expire { booking, generation, cause, at }
        }
        What::Release => BookingCommand::Release { booking, at },
        What::Cancel => BookingCommand::Cancel { booking, by: Canceller::Player, at },
    }
}

fn court() -> Court {
    let [name, kind, surface] = ["Court 1", "tennis", "clay"].map(str::to_owned);
    let prices = Prices { off_peak_per_hour_minor: 2401, ..Prices::default() };
    let (prices, service) = (prices.into(), BTreeMap::new());
    Court { venue: "nord".parse().unwrap(), name, kind, surface, indoor: true, prices, service }
}

/// The log, beside what the rules make of it.
#[derive(Default)]
struct Log {
    day: CourtDay,
    /// Terminal events of each generation of each hold.
    ends: BTreeMap<(BookingId, u32), u32>,
}

impl Log {
    fn append(&mut self, events: Vec<BookingEvent>) {
        for event in events {
            let ended = match &event {
                BookingEvent::Held(held) => {
                    let before = self.ends.insert((held.booking.clone(), held.generation), 0);
                    assert_eq!(before, None, "one generation, held once");
                    None
                }
                BookingEvent::Expired { booking, generation, .. } => {
                    Some((booking.clone(), *generation))
                }
                BookingEvent::Confirmed { booking, .. } | BookingEvent::Released { booking } => {
                    Some((booking.clone(), self.day.bookings[booking].held.generation))
                }
                BookingEvent::Cancelled { booking, .. } => {
                    assert_eq!(self.day.bookings[booking].state, BookingState::Confirmed);
                    None
                }
                _ => None,
            };
            if let Some(ended) = ended {
                *self.ends.get_mut(&ended).expect("what ends was held") += 1;
            }
            self.day = CourtDay::evolve(std::mem::take(&mut self.day), event);
        }
    }

    /// Stronger than "no two live ones": whatever the clocks of different machines say, no two that are on record
    /// as held or confirmed overlap.
    fn check(&self) {
        let on_record =
            |it: &&Booking| matches!(it.state, BookingState::Held | BookingState::Confirmed);
        let mut live: Vec<_> = self.day.bookings.values().filter(on_record).collect();
        live.sort_by_key(|it| it.held.starts_at);
        for pair in live.windows(2) {
            assert!(pair[0].held.ends_at <= pair[1].held.starts_at, "{pair:#?}");
        }
        assert!(self.ends.values().all(|it| *it <= 1), "a generation ended twice");
    }
}

/// Whether a refusal says what is so.
fn is_true(refusal: &BookingRejection, booking: Option<&Booking>, at: Timestamp) -> bool {
    use BookingRejection as R;
    let state = booking.map(|it| it.state_at(at));
    let held = booking.map(|it| &it.held);
    match refusal {
        Policy(_) | R::SlotTaken => state.is_none(),
        R::BookingDiffers => state.is_some(),
        R::UnknownBooking => state.is_none(),
        HoldExpired { expired_at } => {
            state == Some(BookingState::Expired)
                && held.is_some_and(|it| it.expires_at == Some(*expired_at))
        }
        NotDue { due_at } => {
            state == Some(BookingState::Held)
                && held.is_some_and(|it| it.expires_at == Some(*due_at) && at < *due_at)
        }
        R::AlreadyConfirmed => state == Some(BookingState::Confirmed),
        R::OnlyHeld => state == Some(BookingState::Held),
        R::AlreadyReleased => state == Some(BookingState::Released),
        R::AlreadyCancelled => state == Some(BookingState::Cancelled),
        R::AlreadyBegun => {
            state == Some(BookingState::Confirmed) && held.is_some_and(|it| it.starts_at <= at)
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_interleaving_overlaps_or_ends_a_hold_twice(steps in steps()) {
        let mut log = Log::default();
        let mut now = morning();
        for step in &steps {
            now += SignedDuration::from_secs(step.later);
            let answer = CourtDay::decide(&log.day, command(step, now));
            match answer {
                Ok(events) => {
                    log.append(events);
                    log.check();
                    // The answer was lost, and the command comes again.
                    let again = CourtDay::decide(&log.day, command(step, now));
                    prop_assert_eq!(again, Ok(vec![]), "{:?}", step);
                }
                Err(refusal) => {
                    let booking = log.day.bookings.get(&id(step.booking));
                    prop_assert!(is_true(&refusal, booking, now), "{refusal:?}: {booking:?}");
                }
            }
        }

        // In the end the sweep finds what is left, twice.
        let end = now + SignedDuration::from_hours(24);
        let left: Vec<_> = log.day.bookings.values().map(|it| it.held.clone()).collect();
        for held in left.iter().chain(&left) {
            let (booking, generation, cause) = (held.booking.clone(), held.generation, ExpiryCause::Sweep);
            let sweep = BookingCommand::Expire { booking, generation, cause, at: end };
            log.append(CourtDay::decide(&log.day, sweep).unwrap());
        }
        prop_assert!(log.ends.values().all(|it| *it == 1), "every generation ends once: {:?}", log.ends);
    }

    #[test]
    fn a_retry_at_any_later_time_makes_nothing_new(steps in steps(), later in 0..100_000_i64) {
        let mut log = Log::default();
        let mut now = morning();
        let mut accepted = vec![];
        for step in &steps {
            now += SignedDuration::from_secs(step.later);
            if let Ok(events) = CourtDay::decide(&log.day, command(step, now)) {
                log.append(events);
                accepted.push((step, now));
            }
        }
        for (step, at) in accepted {
            let at = at + SignedDuration::from_secs(later);
            match CourtDay::decide(&log.day, command(step, at)) {
                Ok(events) => {
                    // An expiry that found nothing to do in its time may find something in another.
                    let expiry = matches!(step.what, What::Expire { .. });
                    prop_assert!(events.is_empty() || expiry, "{:?}: {:?}", step, events);
                }
                Err(refusal) => {
                    let booking = log.day.bookings.get(&id(step.booking));
                    prop_assert!(is_true(&refusal, booking, at), "{refusal:?}: {booking:?}");
                }
            }
        }
    }
}
