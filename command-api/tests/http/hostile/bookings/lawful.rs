//! What was answered, and whether the log agrees with it and with itself.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::bookings::{Booking, BookingEvent as E, BookingState as S, CourtDay, RefundCause};
use domain::decider::Decider;
use domain::ids::{BlockId, BookingId};
use jiff::Timestamp;
use serde_json::Value;

#[derive(Default)]
pub struct Lawful {
    /// What a booking was last answered to be.
    seen: HashMap<String, String>,
    prices: HashMap<String, i64>,
    /// Payments that were taken, by reference.
    paid: BTreeMap<String, i64>,
    blocked: BTreeSet<String>,
    lifted: BTreeSet<String>,
}

/// A court-day, and its events.
type Day = (CourtDay, Vec<E>);
type All<'a> = BTreeMap<&'a BookingId, &'a Booking>;

impl Lawful {
    pub fn held(&mut self, id: &str, price: &Value) {
        self.prices.insert(id.to_owned(), price["amount_minor"].as_i64().unwrap());
    }

    pub fn saw(&mut self, id: &str, state: &str) {
        self.seen.insert(id.to_owned(), state.to_owned());
    }

    pub fn price(&self, id: &str) -> i64 {
        self.prices[id]
    }

    pub fn paid(&mut self, reference: String, amount: i64) {
        self.paid.insert(reference, amount);
    }

    pub fn blocked(&mut self, id: &str) {
        self.blocked.insert(id.to_owned());
    }

    pub fn lifted(&mut self, id: &str) {
        self.lifted.insert(id.to_owned());
    }

    /// How often each state was seen, and what else was done.
    pub fn seen(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for state in self.seen.values() {
            *counts.entry(state.clone()).or_insert(0) += 1;
        }
        counts.insert("paid".to_owned(), self.paid.len());
        counts.insert("blocked".to_owned(), self.blocked.len());
        counts
    }

    pub fn check(&self, seed: u64, now: Timestamp, days: &[Day]) {
        let all: All<'_> = days.iter().flat_map(|it| &it.0.bookings).collect();
        for (day, events) in days {
            check_apart(seed, day);
            check_generations(seed, events);
        }
        check_quotas(seed, now, &all);
        check_money(seed, &all, days);
        self.check_answers(seed, now, &all, days);
    }

    /// What was answered with success is in the log.
    fn check_answers(&self, seed: u64, now: Timestamp, all: &All<'_>, days: &[Day]) {
        for (id, seen) in &self.seen {
            let parsed: BookingId = id.parse().unwrap();
            let booking = all.get(&parsed).unwrap_or_else(|| panic!("seed {seed}: {id} is lost"));
            let is = name(&booking.state_at(now));
            let agrees = match seen.as_str() {
                "held" => true,
                "confirmed" => !["held", "expired", "released"].contains(&is),
                "checked_in" => ["checked_in", "cancelled"].contains(&is),
                over => over == is,
            };
            assert!(agrees, "seed {seed}: {id} was {seen} and is {is}");
        }
        for (reference, amount) in &self.paid {
            let known = all.values().any(|it| it.payments.contains_key(reference));
            assert!(known, "seed {seed}: {amount} of {reference} is lost");
        }
        let blocks: BTreeMap<&BlockId, bool> =
            days.iter().flat_map(|it| &it.0.blocks).map(|(id, it)| (id, it.lifted)).collect();
        for id in &self.blocked {
            let lifted = blocks.get(&BlockId(id.parse().unwrap())).copied();
            assert!(lifted.is_some(), "seed {seed}: block {id} is lost");
            let stays_lifted = !self.lifted.contains(id) || lifted == Some(true);
            assert!(stays_lifted, "seed {seed}: block {id} is there again");
        }
    }
}

fn name(state: &S) -> &'static str {
    match state {
        S::Held => "held",
        S::Confirmed => "confirmed",
        S::Expired => "expired",
        S::Released => "released",
        S::Cancelled => "cancelled",
        S::Moved { .. } => "moved",
        S::CheckedIn => "checked_in",
        S::Missed => "missed",
    }
}

fn is_on_record(it: &Booking) -> bool {
    matches!(it.state, S::Held | S::Confirmed | S::CheckedIn)
}

fn check_apart(seed: u64, day: &CourtDay) {
    let mut live: Vec<_> = day.bookings.values().filter(|it| is_on_record(it)).collect();
    live.sort_by_key(|it| it.held.starts_at);
    for pair in live.windows(2) {
        assert!(pair[0].held.ends_at <= pair[1].held.starts_at, "seed {seed}: {pair:#?} overlap");
    }
    for block in day.blocks.values().filter(|it| !it.lifted) {
        let apart = |it: &&Booking| {
            it.held.ends_at <= block.starts_at || block.ends_at <= it.held.starts_at
        };
        assert!(live.iter().all(apart), "seed {seed}: {block:?} over {live:#?}");
    }
}

/// Every generation of a hold that is over has ended in exactly one event.
fn check_generations(seed: u64, events: &[E]) {
    let mut day = CourtDay::default();
    let mut ends: BTreeMap<(BookingId, u32), u32> = BTreeMap::new();
    for event in events {
        let present = |id: &BookingId| (id.clone(), day.bookings[id].held.generation);
        match event {
            E::Held(it) => {
                let twice = ends.insert((it.booking.clone(), it.generation), 0);
                assert_eq!(twice, None, "seed {seed}: {} is held twice", it.booking);
            }
            E::Reinstated { booking, generation, .. } => {
                ends.insert((booking.clone(), *generation), 0);
            }
            E::HoldExtended { booking, generation, .. } => {
                *ends.entry(present(booking)).or_default() += 1;
                ends.insert((booking.clone(), *generation), 0);
            }
            E::Confirmed { booking, .. } | E::Expired { booking, .. } | E::Released { booking } => {
                *ends.entry(present(booking)).or_default() += 1;
            }
            E::Cancelled { booking, .. } if day.bookings[booking].state == S::Held => {
                *ends.entry(present(booking)).or_default() += 1;
            }
            _ => {}
        }
        day = CourtDay::evolve(day, event.clone());
    }
    for ((id, generation), count) in ends {
        let expected = u32::from(day.bookings[&id].state != S::Held);
        assert_eq!(count, expected, "seed {seed}: ends of generation {generation} of {id}");
    }
}

/// By the policy that venues have by themselves. A booking is one, wherever it has moved.
fn check_quotas(seed: u64, now: Timestamp, all: &All<'_>) {
    let mut had: BTreeMap<_, BTreeMap<_, BTreeSet<_>>> = BTreeMap::new();
    let mut places = BTreeMap::new();
    for (id, it) in all.iter().filter(|it| is_on_record(it.1) && it.1.is_live(now)) {
        let player = it.held.booked_for.player();
        had.entry(player).or_default().entry(id.date()).or_default().insert(&it.held.reference);
        *places.entry(&it.held.reference).or_insert(0) += 1;
    }
    assert!(places.values().all(|it| *it == 1), "seed {seed}: one booking at two places");
    for days in had.values() {
        assert!(days.values().all(|it| it.len() <= 2), "seed {seed}: beyond a quota: {days:?}");
    }
}

/// Of every payment, each cent is in one place: the booking's, or owed, or what a cancellation kept.
fn check_money(seed: u64, all: &All<'_>, days: &[Day]) {
    let mut came: BTreeMap<&String, i64> = BTreeMap::new();
    for event in days.iter().flat_map(|it| &it.1) {
        let (reference, amount) = match event {
            E::PaymentReceived { payment_reference, amount, moved_from: None, .. } => {
                (payment_reference, amount)
            }
            E::RefundRequired { payment_reference, amount, why, .. }
                if !matches!(why, RefundCause::Cancelled | RefundCause::PriceDifference) =>
            {
                (payment_reference, amount)
            }
            _ => continue,
        };
        let twice = came.insert(reference, amount.amount_minor);
        assert_eq!(twice, None, "seed {seed}: {reference} came twice");
    }
    for (reference, came) in came {
        let mut sum = 0;
        for booking in all.values() {
            sum += booking.payments.get(reference).map_or(0, |it| match &it.refund {
                None if matches!(booking.state, S::Moved { .. }) => 0,
                Some(it) if it.why == RefundCause::PriceDifference => it.amount.amount_minor,
                _ => it.amount.amount_minor,
            });
        }
        assert_eq!(sum, came, "seed {seed}: {reference} is not where it should be");
    }
    for booking in all.values() {
        let paid: i64 = booking.paid().map(|it| it.1.amount.amount_minor).sum();
        let price = booking.held.price.amount_minor;
        assert!(paid <= price, "seed {seed}: too much is kept of {}", booking.held.booking);
    }
}
