//! A move to another court-day, tried exhaustively: two moves of one booking at once, a cancellation and the desk
//! bringing it back, the reaction, and a crash after every step, with the decider itself.
//!
//! A step of the model is one decision on one court-day, as `execute` makes it: at the revision it read. A process
//! that is not scheduled again has crashed, so what holds in every reachable world holds after every crash.
mod place;

use std::collections::HashSet;

use domain::bookings::BookingCommand as C;
use domain::bookings::{
    Booking, BookingRejection as R, BookingState as S, BroughtPayment, By, Canceller, CourtDay,
    Hold, HoldMoved, Holder, Place,
};
use domain::courts::Court;
use domain::decider::Decider;
use domain::ids::{BookingId, UserId};
use domain::money::Money;
use domain::policies::Prices;
use jiff::Timestamp;
use uuid::Uuid;

const OLD: &str = "2026-11-21-7FK2-AAAAAAAA";
/// Where it may go: two places on two other days.
const NEW: [&str; 2] = ["2026-11-22-7FK2-BBBBBBBB", "2026-11-23-7FK2-CCCCCCCC"];

/// The protocol, and what it would be without its one rule.
#[derive(Clone, Copy)]
struct Protocol {
    /// Whoever gives a new place back makes the old court-day abandon the move first.
    abandons: bool,
}

const AS_DESIGNED: Protocol = Protocol { abandons: true };

#[derive(Clone)]
struct World {
    days: [CourtDay; 3],
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
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Hold,
    Commit,
    Abandon,
    Release,
    Confirm,
}

fn id(text: &str) -> BookingId {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    place::at("2026-11-20T12:00+01:00")
}

fn at_noon(booking: &str) -> Place {
    let prices = Prices { off_peak_per_hour_minor: 2400, ..Prices::default() };
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
        let mut world = Self { days: Default::default(), processes: processes.to_vec() };
        let by = Holder::Player(UserId(Uuid::from_u128(1)));
        let hold = C::Hold(Box::new(Hold { place: at_noon(OLD), by }));
        world.ask(0, hold).expect("it is free");
        let confirm =
            C::Confirm { booking: id(OLD), payment_reference: None, by: By::Player, at: now() };
        world.ask(0, confirm).expect("it is held");
        let amount = Money { amount_minor: 2400, currency: "EUR".to_owned() };
        let pay = C::ReceivePayment {
            booking: id(OLD),
            payment_reference: "1".to_owned(),
            amount,
            at: now(),
        };
        world.ask(0, pay).expect("it is the price");
        world
    }

    fn ask(&mut self, day: usize, command: C) -> Result<(), R> {
        let events = CourtDay::decide(&self.days[day], command)?;
        let before = std::mem::take(&mut self.days[day]);
        self.days[day] = events.into_iter().fold(before, CourtDay::evolve);
        Ok(())
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
            Process::Done => it,
        }
    }

    fn shift(&mut self, to: usize, step: Step, protocol: Protocol) -> Process {
        let (old, new) = (id(OLD), id(NEW[to]));
        let next = |step| Process::Move(to, step);
        let give_up = if protocol.abandons { Step::Abandon } else { Step::Release };
        match step {
            Step::Hold if self.old().state != S::Confirmed => Process::Done,
            Step::Hold => {
                let from = self.old().held.clone();
                let it = HoldMoved { from, place: at_noon(NEW[to]), overridden: None };
                self.ask(to + 1, C::HoldMoved(Box::new(it))).expect("the place is free");
                next(Step::Commit)
            }
            Step::Commit => match self.ask(0, C::CommitMove { booking: old, to: new, at: now() }) {
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
                Process::Done
            }
            Step::Confirm => {
                let payments = self.old().paid().map(|(reference, it)| BroughtPayment {
                    payment_reference: reference.clone(),
                    amount: it.amount.clone(),
                    method: it.method,
                });
                let payments = payments.collect();
                let confirm = C::ConfirmMoved { booking: new, payment_reference: None, payments };
                let _ = self.ask(to + 1, confirm);
                Process::Done
            }
        }
    }

    /// In no world is the player at two places, and money is where the booking is.
    fn check(&self) -> Result<(), &'static str> {
        let all = || self.days.iter().flat_map(|it| it.bookings.values());
        if all().filter(|it| it.state == S::Confirmed).count() > 1 {
            return Err("one booking is confirmed at two places");
        }
        if all().filter(|it| it.payments.values().any(|it| it.refund.is_some())).count() > 1 {
            return Err("one payment is paid back twice");
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
        settled.check()?;
        let all = || settled.days.iter().flat_map(|it| it.bookings.values());
        if all().any(Booking::is_moving_here) {
            return Err("a place is held for ever");
        }
        let confirmed = || all().filter(|it| it.state == S::Confirmed);
        if settled.old().state != S::Cancelled && confirmed().count() != 1 {
            return Err("a booking is lost");
        }
        if !confirmed().all(|it| it.paid().count() == 1) {
            return Err("a booking lost its payment");
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
        format!("{states:?} {:?}", self.processes)
    }
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

const FIRST: Process = Process::Move(0, Step::Hold);
const SECOND: Process = Process::Move(1, Step::Hold);

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
    let protocol = Protocol { abandons: false };
    assert_eq!(explore(protocol, &[FIRST, Process::React(0)]), Err("a booking is lost"));
}
