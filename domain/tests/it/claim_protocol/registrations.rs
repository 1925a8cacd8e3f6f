//! One account per identifier, tried exhaustively: every interleaving of several registrations, every reading of
//! the clock, and a crash after every step, with the deciders themselves.
//!
//! A step of the model is one decision on one stream, as `execute` makes it: at the revision it read. A process
//! that is not scheduled again has crashed, so what holds in every reachable world holds after every crash. The
//! clock decides nothing here: at every step a pending claim may look lapsed or not.
use std::collections::HashSet;

use domain::claims::ClaimRejection;
use domain::users::UserRejection;

use crate::claim_protocol::streams::{ATTEMPTS, Broken, CLAIMS, Held, NEWCOMER, Streams, User};

/// The identifiers somebody registers with, in the fixed order: first the e-mail address, then the name.
type Wants = [usize; 2];

/// Identifiers that nobody else wants, for one who wants only one of those at stake.
const SPARE: usize = CLAIMS - 1;

/// The protocol, in both of its forms, and what it would be without one of its two rules.
#[derive(Clone, Copy)]
struct Protocol {
    /// Whoever takes over a lapsed claim first abandons it on the stream of the user who made it.
    fences: bool,
    /// Whoever gives a claim back first abandons it on the user's own stream: the same request may be running on
    /// another machine, and would register with a claim that is free for others by then.
    abandons: bool,
    /// Whoever finds the second identifier taken keeps the first for a while instead of giving it back: what is answered
    /// to the next who asks for that is not to say which of the two was taken.
    keeps: bool,
}

const AS_DESIGNED: Protocol = Protocol { fences: true, abandons: true, keeps: false };
const KEEPING: Protocol = Protocol { keeps: true, ..AS_DESIGNED };

#[derive(Clone, PartialEq, Eq, Hash)]
struct World {
    streams: Streams,
    processes: Vec<Process>,
}

/// One machine working on one person's registration.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Process {
    person: usize,
    /// Each attempt has a user id of its own, the same on every machine.
    attempt: usize,
    step: Step,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    Claim {
        nth: usize,
        fenced: Option<User>,
    },
    Fence {
        nth: usize,
        other: User,
        revision: u64,
    },
    ConfirmFor {
        nth: usize,
        other: User,
    },
    Register,
    Confirm {
        nth: usize,
    },
    /// Gives back the claims from the `nth` on, `of` them; then takes the next user id, or leaves it.
    Abandon {
        nth: usize,
        of: usize,
        again: bool,
    },
    Release {
        nth: usize,
        of: usize,
        again: bool,
    },
    /// Reads its own stream: does it still hold the first identifier for itself?
    Look,
    Keep,
    Registered,
    Refused,
}

struct Model {
    protocol: Protocol,
    wants: Vec<Wants>,
}

impl Process {
    fn begin(person: usize) -> Self {
        Self { person, attempt: 0, step: Step::Claim { nth: 0, fenced: None } }
    }

    fn user(&self) -> User {
        User::of(self.person, self.attempt)
    }

    fn at(self, step: Step) -> Self {
        Self { step, ..self }
    }

    fn next_attempt(self) -> Self {
        if self.attempt + 1 == ATTEMPTS {
            return self.at(Step::Refused);
        }
        Self { attempt: self.attempt + 1, ..Self::begin(self.person) }
    }
}

impl Protocol {
    /// Makes no account, having claimed the first `of` identifiers.
    fn leave(self, process: Process, of: usize) -> Process {
        if self.keeps && 0 < of {
            process.at(Step::Look)
        } else {
            self.give_back(process, 0, of, false)
        }
    }

    fn give_back(self, process: Process, nth: usize, of: usize, again: bool) -> Process {
        match (nth < of, again) {
            (true, _) if self.abandons => process.at(Step::Abandon { nth, of, again }),
            (true, _) => process.at(Step::Release { nth, of, again }),
            (false, true) => process.next_attempt(),
            (false, false) => process.at(Step::Refused),
        }
    }
}

impl Model {
    fn wants(&self, user: User) -> Wants {
        self.wants[user.person()]
    }

    /// Takes one process one step further.
    fn step(&self, it: Process, streams: &mut Streams, lapsed: bool) -> Result<Process, Broken> {
        let (me, wants, all) = (it.user(), self.wants[it.person], self.wants[it.person].len());
        let leave = |nth| self.protocol.leave(it, nth);
        let is_mine = |other: User| other.person() == it.person;

        Ok(match it.step {
            Step::Claim { nth, fenced } => {
                match streams.claim(wants[nth], me, lapsed, fenced.map(|it| (it, 0))) {
                    Ok(()) if nth + 1 < all => it.at(Step::Claim { nth: nth + 1, fenced: None }),
                    Ok(()) => it.at(Step::Register),
                    // A retry, under another of its own ids.
                    Err(ClaimRejection::Taken { user, .. }) if is_mine(user.into()) => {
                        it.at(Step::Registered)
                    }
                    // A retry, which has kept it under another of its own ids.
                    Err(ClaimRejection::Pending { user, .. })
                        if self.protocol.keeps && nth == 0 && is_mine(user.into()) =>
                    {
                        it.next_attempt()
                    }
                    Err(ClaimRejection::Taken { .. } | ClaimRejection::Pending { .. }) => {
                        leave(nth)
                    }
                    Err(ClaimRejection::Lapsed { user, claim_revision })
                        if self.protocol.fences =>
                    {
                        it.at(Step::Fence { nth, other: user.into(), revision: claim_revision })
                    }
                    Err(ClaimRejection::Lapsed { user, .. }) => {
                        it.at(Step::Claim { nth, fenced: Some(user.into()) })
                    }
                    Err(ClaimRejection::Unclaimed) => {
                        return Err("a claim is refused as not claimed");
                    }
                }
            }
            Step::Fence { nth, other, revision } => {
                match streams.abandon(other, wants[nth], revision) {
                    Ok(()) => it.at(Step::Claim { nth, fenced: Some(other) }),
                    Err(_) => it.at(Step::ConfirmFor { nth, other }),
                }
            }
            Step::ConfirmFor { nth, other } => {
                streams.confirm(wants[nth], other)?;
                if is_mine(other) { it.at(Step::Registered) } else { leave(nth) }
            }
            Step::Register => match streams.register(me, wants) {
                Ok(()) => it.at(Step::Confirm { nth: 0 }),
                Err(UserRejection::ClaimAbandoned) => self.protocol.give_back(it, 0, all, true),
                Err(_) => return Err("a registration is refused for no reason"),
            },
            Step::Confirm { nth } => {
                streams.confirm(wants[nth], me)?;
                it.at(if nth + 1 < all { Step::Confirm { nth: nth + 1 } } else { Step::Registered })
            }
            Step::Abandon { nth, of, again } => {
                let revision = streams.held_by(wants[nth], me).unwrap_or_default();
                match streams.abandon(me, wants[nth], revision) {
                    Ok(()) => it.at(Step::Release { nth, of, again }),
                    // The same request on another machine was faster, and has made the account.
                    Err(_) => it.at(Step::Confirm { nth: 0 }),
                }
            }
            Step::Release { nth, of, again } => {
                if let Some(revision) = streams.held_by(wants[nth], me) {
                    streams.release(wants[nth], me, revision);
                }
                self.protocol.give_back(it, nth + 1, of, again)
            }
            Step::Look => Self::look(it, wants[0], streams),
            Step::Keep => {
                if let Some(revision) = streams.held_by(wants[0], me) {
                    streams.keep(wants[0], me, revision);
                }
                it.at(Step::Refused)
            }
            Step::Registered | Step::Refused => it,
        })
    }

    fn look(it: Process, claim: usize, streams: &Streams) -> Process {
        let me = it.user();
        let revision = streams.held_by(claim, me).unwrap_or_default();
        if streams.is_named(me, claim) {
            // The same request on another machine was faster, and has made the account.
            it.at(Step::Confirm { nth: 0 })
        } else if streams.has_abandoned(me, claim, revision) {
            it.next_attempt()
        } else {
            it.at(Step::Keep)
        }
    }

    fn users(&self) -> impl Iterator<Item = User> {
        (0..self.wants.len())
            .flat_map(|person| (0..ATTEMPTS).map(move |attempt| User::of(person, attempt)))
    }

    /// Nobody shares an identifier, and nobody owns one without an account that names it.
    fn check_owners(&self, streams: &Streams) -> Result<(), Broken> {
        for claim in 0..CLAIMS {
            let names = |user: User| streams.is_named(user, claim);
            if self.users().filter(|it| names(*it)).count() > 1 {
                return Err("two accounts share an identifier");
            }
            if let Held::Owner(user, _) = streams.claims[claim]
                && !names(user)
            {
                return Err("an identifier is owned by somebody who did not register with it");
            }
        }
        Ok(())
    }

    /// Whatever has crashed: once what is registered is confirmed (whoever meets it does) and time has passed, whoever
    /// comes alone gets the identifier, or it has an owner.
    fn check_progress(&self, streams: &Streams) -> Result<(), Broken> {
        let mut settled = streams.clone();
        for user in self.users().filter(|it| streams.names(*it).is_some()) {
            for claim in self.wants(user) {
                settled.confirm(claim, user)?;
            }
        }
        for claim in 0..SPARE {
            let mut wants = self.wants.clone();
            wants.resize(NEWCOMER, [SPARE; 2]);
            wants.push([claim, SPARE]);
            let model = Self { wants, protocol: self.protocol };
            let mut after = settled.clone();
            let mut newcomer = Process::begin(NEWCOMER);
            // Twice as many steps as the longest way has: fence, claim, register and confirm, each.
            for _ in 0..20 {
                newcomer = model.step(newcomer, &mut after, true)?;
            }
            let owned = matches!(settled.claims[claim], Held::Owner(..));
            let expected = if owned { Step::Refused } else { Step::Registered };
            if newcomer.step != expected {
                return Err("an identifier is blocked for ever");
            }
        }
        Ok(())
    }

    /// Visits every world that can be reached, and counts them. Each process works for the person named.
    fn explore(&self, streams: Streams, processes: &[usize]) -> Result<usize, Broken> {
        let processes = processes.iter().map(|person| Process::begin(*person)).collect();
        let first = World { streams, processes };
        let mut settled = HashSet::new();
        let mut seen = HashSet::from([first.clone()]);
        let mut open = vec![first];
        while let Some(world) = open.pop() {
            if settled.insert(world.streams.clone()) {
                self.check_owners(&world.streams)?;
                self.check_progress(&world.streams)?;
            }
            for index in 0..world.processes.len() {
                // Only who claims looks at the clock.
                let claims = matches!(world.processes[index].step, Step::Claim { .. });
                for lapsed in if claims { &[false, true][..] } else { &[false] } {
                    let mut next = world.clone();
                    next.processes[index] =
                        self.step(world.processes[index], &mut next.streams, *lapsed)?;
                    if seen.insert(next.clone()) {
                        open.push(next);
                    }
                }
            }
        }
        println!("worlds {} settled {}", seen.len(), settled.len());
        Ok(seen.len())
    }
}

/// All want the same address and the same name.
const SAME: [Wants; 3] = [[0, 2], [0, 2], [0, 2]];
/// Two want the same address, two the same name.
const CROSSED: [Wants; 3] = [[0, 2], [0, 3], [1, 2]];

fn explore(protocol: Protocol, wants: &[Wants], processes: &[usize]) -> Result<usize, Broken> {
    Model { protocol, wants: wants.to_vec() }.explore(Streams::default(), processes)
}

/// Person 0's request arrives on two machines; the name is pending for person 2, who has crashed.
fn explore_twins(protocol: Protocol) -> Result<usize, Broken> {
    let mut streams = Streams::default();
    streams.claim(CROSSED[2][1], User::of(2, 0), false, None).expect("nobody has it");
    Model { protocol, wants: CROSSED.to_vec() }.explore(streams, &[0, 0, 1])
}

#[test]
fn three_who_want_the_same_get_one_account() {
    let worlds = explore(AS_DESIGNED, &SAME, &[0, 1, 2]);
    assert!(worlds.is_ok_and(|it| it > 10_000), "{worlds:?}");
}

#[test]
fn three_who_want_parts_of_the_same_share_none() {
    let worlds = explore(AS_DESIGNED, &CROSSED, &[0, 1, 2]);
    assert!(worlds.is_ok_and(|it| it > 10_000), "{worlds:?}");
}

#[test]
fn one_request_on_two_machines_is_one_registration() {
    let worlds = explore(AS_DESIGNED, &SAME[..2], &[0, 0, 1]);
    assert!(worlds.is_ok_and(|it| it > 10_000), "{worlds:?}");
    let worlds = explore_twins(AS_DESIGNED);
    assert!(worlds.is_ok_and(|it| it > 10_000), "{worlds:?}");
}

#[test]
fn what_is_kept_without_an_account_is_nobodys_and_free_in_the_end() {
    for processes in [[0, 1, 2], [0, 0, 2]] {
        let worlds = explore(KEEPING, &CROSSED, &processes);
        assert!(worlds.is_ok_and(|it| it > 1_000), "{worlds:?}");
    }
    let worlds = explore_twins(KEEPING);
    assert!(worlds.is_ok_and(|it| it > 1_000), "{worlds:?}");
}

#[test]
fn without_the_fence_the_model_finds_two_owners() {
    let protocol = Protocol { fences: false, ..AS_DESIGNED };
    assert!(explore(protocol, &SAME, &[0, 1]).is_err());
}

#[test]
fn giving_back_what_was_not_abandoned_the_model_finds_two_owners() {
    let protocol = Protocol { abandons: false, ..AS_DESIGNED };
    assert_eq!(explore_twins(protocol), Err("somebody else holds what an account names"));
}
