//! Two court-days under everything that can be asked of them, in any order: payments that come late, moves that crash
//! after any step, blocks, hours that change, the desk. Nothing overlaps, every generation of a hold ends once, and
//! every payment is somewhere.
use std::collections::{BTreeMap, BTreeSet};

use domain::bookings::BookingCommand as C;
use domain::bookings::{
    Block, BlockCause, BookedFor, Booking, BookingEvent, BookingRejection, BookingState, CourtDay,
    ExpiryCause, ExtensionCause, Hold, HoldMoved, Holder, Move, OnBookings, Payment as Paid, Place,
    RefundCause, rest_of,
};
use domain::courts::Court;
use domain::decider::Decider;
use domain::ids::{BlockId, BookingId, UserId};
use domain::money::Money;
use domain::policies::{DayHours, Payment, PeakWindow, Prices, Week};
use domain::venues::Venue;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use uuid::Uuid;

use crate::asked::{Much, Step, What, steps};
use crate::place;

/// Of the ids of each day so many are held; only a move comes to the others.
const HELD: u8 = 4;

fn noon(day: usize) -> Timestamp {
    place::at("2026-11-21T12:00+01:00")
        + SignedDuration::from_hours(24 * i64::try_from(day).unwrap())
}

fn slot(day: usize, slot: u8) -> Timestamp {
    noon(day) + SignedDuration::from_mins(30 * i64::from(slot))
}

fn id(day: usize, booking: u8) -> BookingId {
    let letter = char::from(b'A' + booking);
    format!("2026-11-2{}-7FK2-0000000{letter}", day + 1).parse().unwrap()
}

fn court() -> Court {
    let [name, kind, surface] = ["Court 1", "tennis", "clay"].map(str::to_owned);
    let (weekdays, [from, to]) = (vec![6, 7], ["15:00", "18:00"].map(place::time));
    let peak = vec![PeakWindow { weekdays, from, to }];
    let (off_peak_per_hour_minor, peak_per_hour_minor) = (2400, 4200);
    let prices = Prices { off_peak_per_hour_minor, peak_per_hour_minor, peak, ..Prices::default() };
    Court {
        venue: "nord".parse().unwrap(),
        name,
        kind,
        surface,
        indoor: true,
        prices: prices.into(),
        service: [].into(),
    }
}

/// The logs of two days, beside what the rules make of them.
struct World {
    days: [CourtDay; 2],
    venue: Venue,
    /// Terminal events of each generation of each hold.
    ends: BTreeMap<(BookingId, u32), u32>,
    /// No payment but the first extends a hold.
    extended: BTreeSet<BookingId>,
    /// Payments that somebody was told are here.
    told: Vec<String>,
    /// What came, by payment reference.
    came: BTreeMap<String, i64>,
    half_done: Vec<(BookingId, BookingId)>,
}

impl World {
    fn new() -> Self {
        let mut venue = place::venue();
        venue.policy.payment = Payment::Required;
        Self {
            days: Default::default(),
            venue,
            ends: [].into(),
            extended: [].into(),
            told: vec![],
            came: [].into(),
            half_done: vec![],
        }
    }

    fn place(&self, booking: BookingId, from: Timestamp, halves: u8, at: Timestamp) -> Place {
        let ends_at = from + SignedDuration::from_mins(30 * i64::from(halves));
        let (venue, court) = (self.venue.clone(), court());
        Place {
            booking,
            starts_at: from,
            ends_at,
            at,
            venue,
            venue_revision: 0,
            court,
            court_revision: 0,
        }
    }

    fn ask(&mut self, id: &BookingId, command: C) -> Result<(), BookingRejection> {
        let day = usize::from(id.date().day() == 22);
        let events = CourtDay::decide(&self.days[day], command.clone())?;
        for event in events {
            self.append(day, event);
        }
        self.check(day);
        // The answer was lost, and the command comes again.
        assert_eq!(CourtDay::decide(&self.days[day], command.clone()), Ok(vec![]), "{command:?}");
        Ok(())
    }

    fn append(&mut self, day: usize, event: BookingEvent) {
        use BookingEvent as E;
        let present = |id: &BookingId| (id.clone(), self.days[day].bookings[id].held.generation);
        let ended = match &event {
            E::Held(_) | E::Reinstated { .. } => None,
            E::Expired { booking, generation, .. } => Some((booking.clone(), *generation)),
            E::HoldExtended { booking, .. }
            | E::Confirmed { booking, .. }
            | E::Released { booking } => Some(present(booking)),
            E::Cancelled { booking, .. } => {
                let held = self.days[day].bookings[booking].state == BookingState::Held;
                held.then(|| present(booking))
            }
            _ => None,
        };
        if let Some(ended) = ended {
            *self.ends.get_mut(&ended).expect("what ends was held") += 1;
        }
        match &event {
            E::PaymentReceived { payment_reference, amount, moved_from: None, .. }
            | E::RefundRequired { payment_reference, amount, .. } => {
                let came = self.came.entry(first_name(payment_reference).to_owned());
                came.or_insert(amount.amount_minor);
            }
            _ => {}
        }
        if let E::HoldExtended { booking, cause: ExtensionCause::Payment, .. } = &event {
            assert!(self.extended.insert(booking.clone()), "{booking} was extended before");
        }
        let begun = match &event {
            E::Held(held) => Some((held.booking.clone(), held.generation)),
            E::HoldExtended { booking, generation, .. }
            | E::Reinstated { booking, generation, .. } => Some((booking.clone(), *generation)),
            _ => None,
        };
        if let Some(begun) = begun {
            assert_eq!(self.ends.insert(begun, 0), None, "one generation, held once");
        }
        self.days[day] = CourtDay::evolve(std::mem::take(&mut self.days[day]), event);
    }

    /// Whatever the clocks of different machines say, nothing on record overlaps.
    fn check(&self, day: usize) {
        use BookingState as S;
        let on_record = |it: &&Booking| matches!(it.state, S::Held | S::Confirmed | S::CheckedIn);
        let mut live: Vec<_> = self.days[day].bookings.values().filter(on_record).collect();
        live.sort_by_key(|it| it.held.starts_at);
        for pair in live.windows(2) {
            assert!(pair[0].held.ends_at <= pair[1].held.starts_at, "{pair:#?}");
        }
        for block in self.days[day].blocks.values().filter(|it| !it.lifted) {
            let clear = |it: &&Booking| {
                it.held.ends_at <= block.starts_at || block.ends_at <= it.held.starts_at
            };
            assert!(live.iter().all(clear), "{block:?} over {live:#?}");
        }
        assert!(self.ends.values().all(|it| *it <= 1), "a generation ended twice: {:?}", self.ends);
    }

    fn step(&mut self, step: &Step, at: Timestamp) {
        let held = matches!(step.what, What::Hold { .. });
        let booking = if held { step.booking % HELD } else { step.booking };
        let booking = id(step.day, booking);
        let reference = |payment: u8| format!("{booking}/{payment}");
        let ask = match step.what.clone() {
            What::Hold { slot: from, length, desk } => {
                let user = UserId(Uuid::from_u128(step.booking.into()));
                let by = if desk {
                    Holder::Desk { booked_for: BookedFor::Player { user }, overridden: None }
                } else {
                    Holder::Player(user)
                };
                let place = self.place(booking.clone(), slot(step.day, from), length, at);
                C::Hold(Box::new(Hold { place, by }))
            }
            What::Confirm { by } => {
                C::Confirm { booking: booking.clone(), payment_reference: None, by, at }
            }
            What::StartPayment { payment } => C::StartPayment {
                booking: booking.clone(),
                payment_reference: reference(payment),
                at,
            },
            What::Pay { payment, much } => {
                return self.pay(&booking, reference(payment), much, at);
            }
            What::MarkPaid => C::MarkPaid {
                booking: booking.clone(),
                payment_reference: format!("{booking}/desk"),
                at,
            },
            What::SettleRefund { payment } => {
                let payments = self.booking(&booking).map(|it| &it.payments);
                let one = payments.and_then(|it| it.keys().nth(payment.into()));
                let Some(payment_reference) = one.cloned() else { return };
                C::SettleRefund { booking: booking.clone(), payment_reference }
            }
            What::Expire { generation } => {
                C::Expire { booking: booking.clone(), generation, cause: ExpiryCause::Timer, at }
            }
            What::Release => C::Release { booking: booking.clone(), at },
            What::Resume { after } => {
                let since = at - SignedDuration::from_secs(after);
                C::ResumeHold { booking: booking.clone(), since, at }
            }
            What::Cancel { by } => C::Cancel { booking: booking.clone(), by, at },
            What::Move { to, slot: from, across, steps } => {
                let to_day = if across { 1 - step.day } else { step.day };
                let place = self.place(id(to_day, to), slot(to_day, from), 2, at);
                return self.shift(&booking, place, steps);
            }
            What::React => return self.react(),
            What::Reinstate => C::Reinstate { booking: booking.clone(), reason: None, at },
            What::CheckIn => C::CheckIn { booking: booking.clone(), at },
            What::Miss => C::Miss { booking: booking.clone(), at },
            What::Block { block, slot: from, cancel } => C::Block(Box::new(Block {
                block: BlockId(Uuid::from_u128(block.into())),
                date: booking.date(),
                venue: self.venue.clone(),
                starts_at: slot(step.day, from),
                ends_at: slot(step.day, from + 3),
                cause: BlockCause::Rain,
                reason: None,
                on_bookings: if cancel { OnBookings::CancelWithRefund } else { OnBookings::Refuse },
                at,
            })),
            What::Unblock { block } => C::Unblock { block: BlockId(Uuid::from_u128(block.into())) },
            What::ChangeHours { early } => {
                let close = place::time(if early { "14:00" } else { "23:00" });
                let week = Week::every_day(DayHours { open: place::time("06:00"), close });
                self.venue.hours = BTreeMap::from([(place::date("2020-01-01"), week)]);
                return;
            }
        };
        let _ = self.ask(&booking, ask);
    }

    /// The provider tells until somebody takes the money: where the booking has moved to, if it has.
    fn pay(&mut self, first: &BookingId, payment_reference: String, much: Much, at: Timestamp) {
        let mut booking = first.clone();
        // A payment is made once, and a moved booking's came to where it was then.
        if self.told.contains(&payment_reference) {
            return;
        }
        while let Some(BookingState::Moved { to }) = self.booking(&booking).map(|it| &it.state) {
            booking = to.clone();
        }
        let amount_minor = match (self.booking(&booking), much) {
            (Some(it), Much::Price) => it.held.price.amount_minor,
            (Some(it), Much::Rest) => it.due().amount_minor,
            _ => 7,
        };
        booking = first.clone();
        for _ in 0..20 {
            let amount = Money { amount_minor, currency: "EUR".to_owned() };
            let payment_reference = payment_reference.clone();
            let pay = C::ReceivePayment {
                booking: booking.clone(),
                payment_reference: payment_reference.clone(),
                amount,
                at,
            };
            match self.ask(&booking.clone(), pay) {
                Ok(()) => return self.told.push(payment_reference),
                Err(BookingRejection::BookingMoved { to }) => booking = to,
                Err(BookingRejection::UnknownBooking | BookingRejection::MoveUnderWay) => return,
                Err(other) => panic!("money is refused: {other:?}"),
            }
        }
    }

    fn booking(&self, id: &BookingId) -> Option<&Booking> {
        self.days[usize::from(id.date().day() == 22)].bookings.get(id)
    }

    /// Moves, and crashes after so many steps.
    fn shift(&mut self, booking: &BookingId, place: Place, steps: u8) {
        let (to, at) = (place.booking.clone(), place.at);
        let Some(from) = self.booking(booking) else { return };
        if booking.stream() == to.stream() {
            let it = Move { booking: booking.clone(), place, overridden: None };
            let _ = self.ask(booking, C::Move(Box::new(it)));
            return;
        }
        // As the handler does: what cannot move takes no place.
        if from.state != BookingState::Confirmed {
            return;
        }
        let it = HoldMoved { from: from.held.clone(), place, overridden: None };
        if steps == 0 || self.ask(&to, C::HoldMoved(Box::new(it))).is_err() {
            return;
        }
        self.half_done.push((booking.clone(), to.clone()));
        if steps == 1 {
            return;
        }
        let price = self.booking(&to).expect("it is held").held.price.clone();
        let commit = C::CommitMove { booking: booking.clone(), to: to.clone(), price, at };
        if self.ask(booking, commit).is_ok() && steps == 2 {
            return;
        }
        self.finish(booking, &to);
    }

    fn react(&mut self) {
        for (from, to) in std::mem::take(&mut self.half_done) {
            self.finish(&from, &to);
        }
    }

    fn finish(&mut self, from: &BookingId, to: &BookingId) {
        match self.ask(from, C::AbandonMove { booking: from.clone(), to: to.clone() }) {
            Ok(()) => self.ask(to, C::ReleaseMoved { booking: to.clone() }),
            Err(BookingRejection::BookingMoved { to: there }) => {
                assert_eq!(there, *to);
                let old = self.booking(from).unwrap();
                let arrive = old.arrive(to.clone());
                self.ask(to, arrive)
            }
            Err(other) => panic!("{other:?}"),
        }
        .expect("a move ends");
    }

    /// Everybody's timers, and the desk at closing time, twice.
    fn end(&mut self, at: Timestamp) {
        self.react();
        let all: Vec<_> = self.days.iter().flat_map(|it| it.bookings.values().cloned()).collect();
        for it in all.iter().chain(&all) {
            let booking = it.held.booking.clone();
            let generation = it.held.generation;
            let expire =
                C::Expire { booking: booking.clone(), generation, cause: ExpiryCause::Sweep, at };
            let _ = self.ask(&booking, expire);
            let _ = self.ask(&booking, C::Release { booking: booking.clone(), at });
        }
    }

    /// Whoever booked once plays at one place.
    fn check_places(&self) {
        use BookingState as S;
        let mut places = BTreeMap::new();
        for it in self.days.iter().flat_map(|it| it.bookings.values()) {
            if matches!(it.state, S::Confirmed | S::CheckedIn | S::Missed) {
                *places.entry(&it.held.reference).or_insert(0) += 1;
            }
        }
        assert!(places.values().all(|it| *it == 1), "one booking at two places: {:#?}", self.days);
    }

    fn check_money(&self) {
        use BookingState as S;
        let all = || self.days.iter().flat_map(|it| it.bookings.values());
        assert!(self.told.iter().all(|it| self.came.contains_key(it)), "money is lost");
        for (reference, came) in &self.came {
            let everywhere =
                all().flat_map(|it| it.payments.iter().map(move |payment| (it, payment)));
            let sum: i64 = everywhere
                .filter(|(_, (name, _))| first_name(name) == reference)
                .map(|(booking, payment)| lies_here(booking, payment))
                .sum();
            assert_eq!(sum, *came, "{reference} is not where it should be: {:#?}", self.days);
        }
        for booking in all() {
            let paid: i64 = booking.paid().map(|it| it.1.amount.amount_minor).sum();
            let price = booking.held.price.amount_minor;
            assert!(paid <= price, "too much is kept, and nothing goes back: {booking:#?}");
        }
        let had = |it: &&Booking| matches!(it.state, S::Confirmed | S::CheckedIn | S::Missed);
        for booking in all().filter(had) {
            let forgotten = booking.payments.iter().find(|(reference, it)| {
                let refund = it.refund.as_ref().filter(|it| it.why == RefundCause::Cancelled);
                let is_rest_known = booking.payments.contains_key(&rest_of(reference));
                refund.is_some_and(|refund| refund.amount != it.amount && !is_rest_known)
            });
            assert!(forgotten.is_none(), "what was kept of {forgotten:?}: {booking:#?}");
        }
    }
}

/// What a payment was called when it came, whatever its rest goes by.
fn first_name(payment_reference: &str) -> &str {
    payment_reference.split('.').next().unwrap_or_default()
}

/// How much of a payment lies at this booking.
fn lies_here(booking: &Booking, (reference, it): (&String, &Paid)) -> i64 {
    match &it.refund {
        // It went along, but for what is owed here.
        None if matches!(booking.state, BookingState::Moved { .. }) => 0,
        Some(refund) if refund.why == RefundCause::PriceDifference => refund.amount.amount_minor,
        // What was kept of it has a name of its own.
        Some(refund) if booking.payments.contains_key(&rest_of(reference)) => {
            refund.amount.amount_minor
        }
        // The booking's own. Of what a cancellation keeps, the venue's.
        _ => it.amount.amount_minor,
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_overlaps_every_generation_ends_once_and_no_money_is_lost(steps in steps()) {
        let mut world = World::new();
        let mut now = place::at("2026-11-21T10:30+01:00");
        for step in &steps {
            now += SignedDuration::from_secs(step.later);
            world.step(step, now);
        }
        world.end(now + SignedDuration::from_hours(72));
        prop_assert!(world.ends.values().all(|it| *it == 1), "{:?}", world.ends);
        world.check_places();
        world.check_money();
    }
}
