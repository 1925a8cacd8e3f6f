//! A move to another court-day, tried exhaustively: two moves of one booking at once, a cancellation and the desk
//! bringing it back, another booking for the same day, the reactions, and a crash after every step, with the deciders
//! themselves.
//!
//! A step of the model is one decision on one court-day, as `execute` makes it: at the revision it read. A process
//! that is not scheduled again has crashed, so what holds in every reachable world holds after every crash.
use std::collections::HashSet;

use domain::bookings::BookingCommand as C;
use domain::bookings::{
    Booking, BookingRejection as R, BookingState as S, By, Canceller, CourtDay, Hold, HoldMoved,
    Holder, Place,
};
use domain::courts::Court;
use domain::decider::Decider;
use domain::ids::{BookingId, UserId};
use domain::money::Money;
use domain::players::{
    LeaseState, Player, PlayerCommand, PlayerRejection, Quotas, TakeLease, counts_until,
};
use domain::policies::Prices;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::place;

const OLD: &str = "2026-11-21-7FK2-AAAAAAAA";
/// Where it may go: two places on two other days.
const NEW: [&str; 2] = ["2026-11-22-7FK2-BBBBBBBB", "2026-11-23-7FK2-CCCCCCCC"];
const PRICE: i64 = 2400;
/// What the player may want besides: another court, on the day of the first of them.
const OTHER: &str = "2026-11-22-8GM3-DDDDDDDD";
const OTHER_DAY: usize = 3;

/// The protocol, and what it would be without one of its rules.
#[derive(Clone, Copy)]
struct Protocol {
    /// Whoever gives a new place back makes the old court-day abandon the move first.
    abandons: bool,
    /// The player's stream lends a lease before a court-day gives the place.
    asks_leave: bool,
    /// And knows that it is for a booking that is counted already.
    names_the_booking: bool,
}

const AS_DESIGNED: Protocol =
    Protocol { abandons: true, asks_leave: true, names_the_booking: true };
/// One booking a day, so that a place on the way is one too many for somebody.
const QUOTAS: Quotas = Quotas { open_holds: 1, bookings_per_day: 1, upcoming: 2 };

#[derive(Clone)]
struct World {
    days: [CourtDay; 4],
    player: Player,
    processes: Vec<Process>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Process {
    /// A mover, to one of the two places. The reaction is one that begins at `Abandon`.
    Move(usize, Step),
    /// A reaction waits until there is something to end.
    React(usize),
    Cancel,
    /// The desk brings back what was cancelled.
    Reinstate,
    /// Books another court.
    Book(Step),
    /// Tells the player's stream of a booking, as the scheduler does whenever something happened to it.
    Tell(usize),
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Lease,
    Hold,
    Commit,
    Abandon,
    Release,
    Confirm,
    /// The player's stream hears what became of the new place, and then of the old one.
    Follow,
    FollowOld,
}

fn id(text: &str) -> BookingId {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    place::at("2026-11-20T12:00+01:00")
}

fn at_noon(booking: &str) -> Place {
    // The second place is cheaper.
    let off_peak_per_hour_minor = if booking == NEW[1] { 1800 } else { PRICE };
    let prices = Prices { off_peak_per_hour_minor, ..Prices::default() };
    let [name, kind, surface] = ["Court 1", "tennis", "clay"].map(str::to_owned);
    let court = Court {
        venue: "nord".parse().unwrap(),
        name,
        kind,
        surface,
        indoor: true,
        prices: prices.into(),
        service: [].into(),
    };
    let date = id(booking).date();
    let noon = |time| place::at(&format!("{date}T{time}+01:00"));
    Place {
        booking: id(booking),
        starts_at: noon("12:00"),
        ends_at: noon("13:00"),
        at: now(),
        venue: place::venue(),
        venue_revision: 0,
        court,
        court_revision: 0,
    }
}

impl World {
    /// One booking, confirmed and paid, and everybody about to begin.
    fn new(processes: &[Process]) -> Self {
        let (days, player) = Default::default();
        let mut world = Self { days, player, processes: processes.to_vec() };
        let by = Holder::Player(UserId(Uuid::from_u128(1)));
        let hold = C::Hold(Box::new(Hold { place: at_noon(OLD), by }));
        world.ask(0, hold).expect("it is free");
        let confirm =
            C::Confirm { booking: id(OLD), payment_reference: None, by: By::Player, at: now() };
        world.ask(0, confirm).expect("it is held");
        let amount = Money { amount_minor: PRICE, currency: "EUR".to_owned() };
        let pay = C::ReceivePayment {
            booking: id(OLD),
            payment_reference: "1".to_owned(),
            amount,
            at: now(),
        };
        world.ask(0, pay).expect("it is the price");
        world.follow(0, OLD);
        world
    }

    fn ask(&mut self, day: usize, command: C) -> Result<(), R> {
        let events = CourtDay::decide(&self.days[day], command)?;
        let before = std::mem::take(&mut self.days[day]);
        self.days[day] = events.into_iter().fold(before, CourtDay::evolve);
        Ok(())
    }

    fn tell(&mut self, command: PlayerCommand) -> Result<(), PlayerRejection> {
        let events = Player::decide(&self.player, command)?;
        let before = std::mem::take(&mut self.player);
        self.player = events.into_iter().fold(before, Player::evolve);
        Ok(())
    }

    /// Asked by a command for a place that is to be held.
    fn take_lease(&mut self, booking: &str, reference: &str) -> Result<(), PlayerRejection> {
        let take = TakeLease {
            booking: id(booking),
            reference: id(reference),
            command: Uuid::new_v5(&Uuid::NAMESPACE_OID, booking.as_bytes()),
            venue: "nord".parse().unwrap(),
            until: counts_until(now() + SignedDuration::from_mins(15)),
            at: now(),
            quotas: Some(QUOTAS),
        };
        self.tell(PlayerCommand::TakeLease(Box::new(take)))
    }

    /// The player's stream hears of a booking as it is.
    fn follow(&mut self, day: usize, booking: &str) {
        if let Some(it) = self.days[day].bookings.get(&id(booking)) {
            self.tell(PlayerCommand::following(it, now())).expect("news are never refused");
        }
    }

    fn old(&self) -> &Booking {
        &self.days[0].bookings[&id(OLD)]
    }

    fn new_one(&self, to: usize) -> Option<&Booking> {
        self.days[to + 1].bookings.get(&id(NEW[to]))
    }

    /// Takes one process one step further.
    fn step(&mut self, it: Process, protocol: Protocol) -> Process {
        let old = id(OLD);
        match it {
            Process::Move(to, step) => self.shift(to, step, protocol),
            Process::React(to) => match self.new_one(to) {
                Some(it) if it.is_moving_here() => Process::Move(to, Step::Abandon),
                Some(_) => Process::Done,
                None => it,
            },
            Process::Cancel => {
                let _ = self.ask(0, C::Cancel { booking: old, by: Canceller::Player, at: now() });
                Process::Done
            }
            Process::Reinstate => match self.old().state {
                S::Cancelled => {
                    let again = C::Reinstate { booking: old, reason: None, at: now() };
                    self.ask(0, again).expect("nobody else has the place");
                    Process::Done
                }
                _ => it,
            },
            Process::Book(step) => self.book(step),
            Process::Tell(day) => {
                self.follow(day, [OLD, NEW[0], NEW[1], OTHER][day]);
                it
            }
            Process::Done => it,
        }
    }

    fn commit(&self, to: usize) -> C {
        let price = self.new_one(to).expect("it is held").held.price.clone();
        C::CommitMove { booking: id(OLD), to: id(NEW[to]), price, at: now() }
    }

    /// What a hold and its confirmation are.
    fn book(&mut self, step: Step) -> Process {
        let (booking, at) = (id(OTHER), now());
        match step {
            Step::Lease => match self.take_lease(OTHER, OTHER) {
                Ok(()) => Process::Book(Step::Hold),
                Err(_) => Process::Done,
            },
            Step::Hold => {
                let by = Holder::Player(UserId(Uuid::from_u128(1)));
                let hold = C::Hold(Box::new(Hold { place: at_noon(OTHER), by }));
                self.ask(OTHER_DAY, hold).expect("it is free");
                Process::Book(Step::Confirm)
            }
            _ => {
                let confirm = C::Confirm { booking, payment_reference: None, by: By::Player, at };
                self.ask(OTHER_DAY, confirm).expect("it is held");
                Process::Done
            }
        }
    }

    fn shift(&mut self, to: usize, step: Step, protocol: Protocol) -> Process {
        let (old, new) = (id(OLD), id(NEW[to]));
        let next = |step| Process::Move(to, step);
        let give_up = if protocol.abandons { Step::Abandon } else { Step::Release };
        match step {
            Step::Lease if self.old().state != S::Confirmed => Process::Done,
            Step::Lease if !protocol.asks_leave => next(Step::Hold),
            Step::Lease => {
                let reference = if protocol.names_the_booking { OLD } else { NEW[to] };
                match self.take_lease(NEW[to], reference) {
                    Ok(()) => next(Step::Hold),
                    Err(_) => Process::Done,
                }
            }
            Step::Hold => {
                let from = self.old().held.clone();
                let it = HoldMoved { from, place: at_noon(NEW[to]), overridden: None };
                self.ask(to + 1, C::HoldMoved(Box::new(it))).expect("the place is free");
                next(Step::Commit)
            }
            Step::Commit => match self.ask(0, self.commit(to)) {
                Ok(()) => next(Step::Confirm),
                Err(_) => next(give_up),
            },
            Step::Abandon if !protocol.abandons => next(Step::Release),
            Step::Abandon => match self.ask(0, C::AbandonMove { booking: old, to: new.clone() }) {
                Ok(()) => next(Step::Release),
                Err(R::BookingMoved { to: there }) if there == new => next(Step::Confirm),
                Err(other) => panic!("{other:?}"),
            },
            Step::Release => {
                let _ = self.ask(to + 1, C::ReleaseMoved { booking: new });
                next(Step::Follow)
            }
            Step::Confirm => {
                let arrive = self.old().arrive(new);
                let _ = self.ask(to + 1, arrive);
                next(Step::Follow)
            }
            Step::Follow => {
                self.follow(to + 1, NEW[to]);
                next(Step::FollowOld)
            }
            Step::FollowOld => {
                self.follow(0, OLD);
                Process::Done
            }
        }
    }

    /// The places of the booking that moves.
    fn places(&self) -> impl Iterator<Item = &Booking> {
        self.days[..OTHER_DAY].iter().flat_map(|it| it.bookings.values())
    }

    /// In no world is the player at two places or has more than quotas allow, and money is where the booking is.
    fn check(&self) -> Result<(), &'static str> {
        let all = || self.places();
        if all().filter(|it| it.state == S::Confirmed).count() > 1 {
            return Err("one booking is confirmed at two places");
        }
        self.check_leases()?;
        if all().filter(|it| it.payments.values().any(|it| it.refund.is_some())).count() > 1 {
            return Err("one payment is paid back twice");
        }
        Ok(())
    }

    fn check_leases(&self) -> Result<(), &'static str> {
        let live = || {
            let all = self.days.iter().flat_map(|it| it.bookings.values());
            all.filter(|it| it.is_live(now()))
        };
        let that_day = live().filter(|it| it.held.booking.date() == id(OTHER).date());
        if that_day.count() > QUOTAS.bookings_per_day as usize {
            return Err("more is had on a day than a quota allows");
        }
        let counts = |it: &Booking| {
            let lease = self.player.leases.get(&it.held.booking);
            // What the desk brings back is told afterwards.
            it.held.generation > 1 || lease.is_some_and(|it| it.state != LeaseState::Returned)
        };
        if !live().all(counts) {
            return Err("a place is had without a lease");
        }
        // However many places it is on its way to, the booking is one: there is room for two more.
        let (mut another, far) = (self.clone(), "2026-11-27-7FK2-EEEEEEEE");
        let has_other = another.player.leases.contains_key(&id(OTHER));
        if !has_other && another.take_lease(far, far).is_err_and(|it| is_about_what_lies_ahead(&it))
        {
            return Err("one booking counts twice");
        }
        Ok(())
    }

    /// Whatever has crashed: once the reactions have run, each place is had or free, and the booking is somewhere
    /// unless it was cancelled.
    fn check_settled(&self, protocol: Protocol) -> Result<(), &'static str> {
        let mut settled = self.clone();
        for to in 0..NEW.len() {
            let mut reaction = Process::React(to);
            for _ in 0..4 {
                reaction = settled.step(reaction, protocol);
            }
        }
        for (day, booking) in [OLD, NEW[0], NEW[1], OTHER].into_iter().enumerate() {
            settled.follow(day, booking);
        }
        settled.check()?;
        settled.check_no_lease_leaks()?;
        let all = || settled.places();
        if all().any(Booking::is_moving_here) {
            return Err("a place is held for ever");
        }
        let confirmed = || all().filter(|it| it.state == S::Confirmed);
        if settled.old().state != S::Cancelled && confirmed().count() != 1 {
            return Err("a booking is lost");
        }
        let owed = settled.old().payments.values().filter_map(|it| it.refund.as_ref());
        let owed: i64 = owed.map(|it| it.amount.amount_minor).sum();
        let paid = |it: &Booking| -> i64 { it.paid().map(|it| it.1.amount.amount_minor).sum() };
        if !confirmed().all(|it| it.due().amount_minor == 0 && paid(it) + owed == PRICE) {
            return Err("a booking lost its payment, or a part of it");
        }
        Ok(())
    }

    /// In the end, and when what was lent for nothing has lapsed: what counts is what is had.
    fn check_no_lease_leaks(&self) -> Result<(), &'static str> {
        let later = now() + SignedDuration::from_mins(20);
        for (booking, lease) in &self.player.leases {
            let counts = match &lease.state {
                LeaseState::Held { until, .. } => later < *until,
                LeaseState::Confirmed { .. } => true,
                LeaseState::Returned => false,
            };
            let day = self.days.iter().find_map(|it| it.bookings.get(booking));
            if counts != day.is_some_and(|it| it.is_live(later)) {
                return Err("a lease leaks");
            }
        }
        Ok(())
    }

    /// What tells one world from another.
    fn key(&self) -> String {
        let states: Vec<_> = self
            .days
            .iter()
            .flat_map(|it| it.bookings.values())
            .map(|it| {
                (&it.held.booking, &it.state, &it.abandoned, it.held.generation, &it.payments)
            })
            .collect();
        format!("{states:?} {:?} {:?}", self.player, self.processes)
    }
}

fn is_about_what_lies_ahead(rejection: &PlayerRejection) -> bool {
    use domain::players::Quota::Upcoming;
    matches!(rejection, PlayerRejection::QuotaFull { full } if full.iter().any(|it| it.quota == Upcoming))
}

/// Visits every world that can be reached, and counts them.
fn explore(protocol: Protocol, processes: &[Process]) -> Result<usize, &'static str> {
    let first = World::new(processes);
    let mut seen = HashSet::from([first.key()]);
    let mut open = vec![first];
    while let Some(world) = open.pop() {
        world.check()?;
        world.check_settled(protocol)?;
        for index in 0..world.processes.len() {
            let mut next = world.clone();
            next.processes[index] = next.step(world.processes[index], protocol);
            if seen.insert(next.key()) {
                open.push(next);
            }
        }
    }
    Ok(seen.len())
}

const FIRST: Process = Process::Move(0, Step::Lease);
const SECOND: Process = Process::Move(1, Step::Lease);
const BOOK: Process = Process::Book(Step::Lease);

#[test]
fn two_moves_at_once_take_the_booking_to_one_place() {
    let worlds = explore(AS_DESIGNED, &[FIRST, SECOND, Process::React(0), Process::React(1)]);
    assert!(worlds.is_ok_and(|it| it > 100), "{worlds:?}");
}

#[test]
fn one_move_on_two_machines_is_one_move() {
    let worlds = explore(AS_DESIGNED, &[FIRST, FIRST, Process::React(0), Process::React(0)]);
    assert!(worlds.is_ok_and(|it| it > 100), "{worlds:?}");
}

#[test]
fn a_move_against_a_cancellation_that_the_desk_takes_back_ends_at_one_place() {
    let crowd = [FIRST, SECOND, Process::Cancel, Process::Reinstate, Process::React(0)];
    let worlds = explore(AS_DESIGNED, &crowd);
    assert!(worlds.is_ok_and(|it| it > 100), "{worlds:?}");
}

#[test]
fn without_the_abandonment_the_model_loses_a_booking() {
    let protocol = Protocol { abandons: false, ..AS_DESIGNED };
    assert_eq!(explore(protocol, &[FIRST, Process::React(0)]), Err("a booking is lost"));
}

#[test]
fn wherever_a_move_breaks_off_it_has_a_lease_for_what_it_holds_and_none_for_what_it_does_not() {
    let told = [0, 1, OTHER_DAY].map(Process::Tell);
    let crowd = [&[FIRST, Process::React(0), BOOK][..], &told].concat();
    let worlds = explore(AS_DESIGNED, &crowd);
    assert!(worlds.is_ok_and(|it| it > 100), "{worlds:?}");
}

#[test]
fn a_place_that_a_booking_may_move_to_counts_for_its_day() {
    let worlds = explore(AS_DESIGNED, &[FIRST, SECOND, BOOK, Process::React(0)]);
    assert!(worlds.is_ok_and(|it| it > 100), "{worlds:?}");
}

#[test]
fn without_the_lease_the_model_has_more_than_a_quota_allows() {
    let protocol = Protocol { asks_leave: false, ..AS_DESIGNED };
    let broken = explore(protocol, &[FIRST, BOOK]);
    assert!(broken.is_err_and(|it| it.contains("quota") || it.contains("without a lease")));
}

#[test]
fn without_the_bookings_name_the_model_counts_it_twice() {
    let protocol = Protocol { names_the_booking: false, ..AS_DESIGNED };
    assert_eq!(explore(protocol, &[FIRST]), Err("one booking counts twice"));
}
