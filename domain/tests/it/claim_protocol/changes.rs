//! Another address, another name, against registrations and against other changes: every interleaving, every reading of
//! the clock, and a crash after every step, with the deciders themselves. See `registrations.rs`.
//!
//! A step is one reading or one decision on one stream. A process that is not scheduled again has crashed.
use std::collections::HashSet;

use domain::claims::ClaimRejection;
use domain::users::UserRejection;

use crate::claim_protocol::streams::{self, Broken, Held, NEWCOMER, Streams, User};

/// The identifiers at stake are the two addresses, or the two names.
const EMAILS: [usize; 2] = [0, 1];
const NAMES: [usize; 2] = [2, 3];
/// A name that nobody else wants.
const SPARE: usize = 4;
const ROUNDS: usize = 3;

/// The protocol, and what it would be without one of its rules.
#[derive(Clone, Copy)]
struct Protocol {
    /// Whoever takes over what is not confirmed, or not named, first abandons it on its user's stream.
    fences: bool,
    /// A fence is good for the one claim it was put up against, not for a later one of the same user.
    counts: bool,
}

const AS_DESIGNED: Protocol = Protocol { fences: true, counts: true };

/// Who wants what: a newcomer, or an account that has something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Work {
    Register,
    Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Process {
    user: User,
    work: Work,
    to: usize,
    round: usize,
    step: Step,
}

/// The claim that is left for another, and its revision.
type Former = Option<(usize, u64)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// Reads its own account.
    Look,
    LookAtFormer {
        former: usize,
    },
    LookAtTarget {
        former: Former,
    },
    Claim {
        former: Former,
        fenced: Option<(User, u64)>,
    },
    Fence {
        former: Former,
        other: User,
        revision: u64,
        is_owner: bool,
    },
    ReleaseFor {
        former: Former,
        other: User,
        revision: u64,
    },
    ConfirmFor {
        other: User,
    },
    Commit {
        former: Former,
        revision: u64,
    },
    Confirm {
        former: Former,
    },
    ReleaseFormer {
        former: usize,
        revision: u64,
    },
    /// Gives its own claim back, then begins anew or leaves it.
    Abandon {
        revision: u64,
        again: bool,
    },
    Release {
        revision: u64,
        again: bool,
    },
    Done,
    Refused,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct World {
    streams: Streams,
    processes: Vec<Process>,
}

impl Process {
    fn register(person: usize, to: usize) -> Self {
        Self {
            user: User::of(person, 0),
            work: Work::Register,
            to,
            round: 0,
            step: Step::Claim { former: None, fenced: None },
        }
    }

    fn change(person: usize, to: usize) -> Self {
        let user = User::of(person, 0);
        Self { user, work: Work::Change, to, round: 0, step: Step::Look }
    }

    fn at(self, step: Step) -> Self {
        Self { step, ..self }
    }

    /// From the beginning: a newcomer under the next id.
    fn anew(self) -> Self {
        let round = self.round + 1;
        match self.work {
            Work::Register if round < streams::ATTEMPTS => {
                let person = self.user.person();
                Self { user: User::of(person, round), round, ..Self::register(person, self.to) }
            }
            Work::Change if round < ROUNDS => Self { round, step: Step::Look, ..self },
            Work::Register | Work::Change => self.at(Step::Refused),
        }
    }

    fn looks_at_the_clock(self) -> bool {
        matches!(self.step, Step::Claim { .. })
    }
}

/// Which of the account's identifiers a new one is for.
fn former_of(names: [usize; 2], to: usize) -> Option<usize> {
    let kind = if EMAILS.contains(&to) { 0..2 } else { 2..5 };
    names.into_iter().find(|it| kind.contains(it))
}

impl Protocol {
    /// Takes one process one step further.
    fn step(self, it: Process, streams: &mut Streams, lapsed: bool) -> Result<Process, Broken> {
        let (me, to) = (it.user, it.to);
        Ok(match it.step {
            Step::Look => match streams.names(me) {
                Some(names) if names.contains(&to) => it.at(Step::Confirm { former: None }),
                Some(names) => {
                    let former = former_of(names, to).ok_or("an account has no such identifier")?;
                    it.at(Step::LookAtFormer { former })
                }
                None => return Err("a change of no account"),
            },
            // Nobody but its account changes what it names: held by others, the account has left it meanwhile.
            Step::LookAtFormer { former } => match streams.held_by(former, me) {
                Some(revision) => it.at(Step::LookAtTarget { former: Some((former, revision)) }),
                None => it.anew(),
            },
            Step::LookAtTarget { former } => match streams.claims[to] {
                Held::Owner(holder, revision) if holder == me => {
                    it.at(Step::Abandon { revision, again: true })
                }
                Held::Pending(holder, revision)
                    if holder == me && streams.has_abandoned(me, to, revision) =>
                {
                    it.at(Step::Release { revision, again: true })
                }
                _ => it.at(Step::Claim { former, fenced: None }),
            },
            Step::Claim { former, fenced } => {
                match streams.claim(to, me, lapsed, self.good_for(fenced, to, streams)) {
                    Ok(()) => {
                        let revision = streams.held_by(to, me).ok_or("claimed, and not held")?;
                        it.at(Step::Commit { former, revision })
                    }
                    Err(ClaimRejection::Taken { user, claim_revision }) => {
                        let (other, revision) = (user.into(), claim_revision);
                        it.at(Step::Fence { former, other, revision, is_owner: true })
                    }
                    Err(ClaimRejection::Lapsed { user, claim_revision }) => {
                        let (other, revision) = (user.into(), claim_revision);
                        it.at(Step::Fence { former, other, revision, is_owner: false })
                    }
                    Err(ClaimRejection::Pending { .. }) => it.at(Step::Refused),
                    Err(ClaimRejection::Unclaimed) => {
                        return Err("a claim is refused as not claimed");
                    }
                }
            }
            Step::Fence { former, other, revision, is_owner } => {
                let fenced = if self.fences || is_owner {
                    streams.abandon(other, to, revision)
                } else {
                    Ok(())
                };
                match fenced {
                    Ok(()) if is_owner => it.at(Step::ReleaseFor { former, other, revision }),
                    Ok(()) => it.at(Step::Claim { former, fenced: Some((other, revision)) }),
                    Err(_) => it.at(Step::ConfirmFor { other }),
                }
            }
            Step::ReleaseFor { former, other, revision } => {
                streams.release(to, other, revision);
                it.at(Step::Claim { former, fenced: None })
            }
            Step::ConfirmFor { other } => {
                // Too late, if it was left again meanwhile: best effort.
                let _ = streams.confirm(to, other);
                it.at(Step::Refused)
            }
            Step::Commit { former, revision } => Self::commit(it, streams, former, revision)?,
            Step::Confirm { former } => {
                let _ = streams.confirm(to, me);
                it.at(former.map_or(Step::Done, |(former, revision)| Step::ReleaseFormer {
                    former,
                    revision,
                }))
            }
            Step::ReleaseFormer { former, revision } => {
                streams.release(former, me, revision);
                it.at(Step::Done)
            }
            Step::Abandon { revision, again } => match streams.abandon(me, to, revision) {
                Ok(()) => it.at(Step::Release { revision, again }),
                Err(_) => it.anew(),
            },
            Step::Release { revision, again } => {
                streams.release(to, me, revision);
                if again { it.anew() } else { it.at(Step::Refused) }
            }
            Step::Done | Step::Refused => it,
        })
    }

    fn good_for(
        self,
        fenced: Option<(User, u64)>,
        claim: usize,
        streams: &Streams,
    ) -> Option<(User, u64)> {
        let (other, revision) = fenced?;
        let newest = streams.held_by(claim, other).filter(|_| !self.counts);
        Some((other, newest.unwrap_or(revision)))
    }

    fn commit(
        it: Process,
        streams: &mut Streams,
        former: Former,
        revision: u64,
    ) -> Result<Process, Broken> {
        let (me, to) = (it.user, it.to);
        let committed = match former {
            Some(former) => streams.change(me, (to, revision), former),
            None => streams.register(me, [to, SPARE]),
        };
        match committed {
            Ok(()) => Ok(it.at(Step::Confirm { former })),
            Err(UserRejection::ClaimAbandoned) => {
                Ok(it.at(Step::Release { revision, again: true }))
            }
            Err(UserRejection::ChangedSince) => Ok(it.at(Step::Abandon { revision, again: true })),
            Err(_) => Err("a commitment is refused for no reason"),
        }
    }

    fn check(self, streams: &Streams, users: &[User], stakes: [usize; 2]) -> Result<(), Broken> {
        for claim in stakes {
            let naming: Vec<User> =
                users.iter().copied().filter(|it| streams.is_named(*it, claim)).collect();
            if naming.len() > 1 {
                return Err("two accounts share an identifier");
            }
            if let Some(user) = naming.first()
                && streams.held_by(claim, *user).is_none()
            {
                return Err("an account names what it does not hold");
            }
            self.check_progress(streams, claim, !naming.is_empty())?;
        }
        Ok(())
    }

    /// Whatever has crashed: once time has passed, whoever comes alone gets the identifier, or an account names it.
    fn check_progress(self, streams: &Streams, claim: usize, is_named: bool) -> Result<(), Broken> {
        let mut after = streams.clone();
        let mut newcomer = Process::register(NEWCOMER, claim);
        // Twice as many steps as the longest way has.
        for _ in 0..30 {
            newcomer = self.step(newcomer, &mut after, true)?;
        }
        let expected = if is_named { Step::Refused } else { Step::Done };
        if newcomer.step == expected { Ok(()) } else { Err("an identifier is blocked for ever") }
    }

    /// Visits every world that can be reached, and counts them.
    fn explore(
        self,
        streams: Streams,
        processes: Vec<Process>,
        stakes: [usize; 2],
    ) -> Result<usize, Broken> {
        let users: Vec<User> = (0..NEWCOMER)
            .flat_map(|person| (0..streams::ATTEMPTS).map(move |it| User::of(person, it)))
            .collect();
        let first = World { streams, processes };
        let mut checked = HashSet::new();
        let mut seen = HashSet::from([first.clone()]);
        let mut open = vec![first];
        while let Some(world) = open.pop() {
            if checked.insert(world.streams.clone()) {
                self.check(&world.streams, &users, stakes)?;
            }
            for index in 0..world.processes.len() {
                let process = world.processes[index];
                let clocks =
                    if process.looks_at_the_clock() { &[false, true][..] } else { &[false] };
                for lapsed in clocks {
                    let mut next = world.clone();
                    next.processes[index] = self.step(process, &mut next.streams, *lapsed)?;
                    if seen.insert(next.clone()) {
                        open.push(next);
                    }
                }
            }
        }
        println!("worlds {} streams {}", seen.len(), checked.len());
        Ok(seen.len())
    }
}

/// Person 0 has an account, confirmed, with the first identifier at stake.
fn account(stakes: [usize; 2]) -> Streams {
    let mut streams = Streams::counting();
    let eva = User::of(0, 0);
    let other = if stakes == EMAILS { SPARE } else { EMAILS[0] };
    for claim in [stakes[0], other] {
        streams.claim(claim, eva, false, None).expect("nobody has it");
    }
    streams.register(eva, [stakes[0].min(other), stakes[0].max(other)]).expect("both are hers");
    for claim in [stakes[0], other] {
        streams.confirm(claim, eva).expect("both are hers");
    }
    streams
}

/// Eva changes to the second identifier, which Ida registers with; and Ola wants the one that Eva leaves.
fn against_registrations(protocol: Protocol, stakes: [usize; 2]) -> Result<usize, Broken> {
    let [had, wanted] = stakes;
    let processes =
        vec![Process::change(0, wanted), Process::register(1, wanted), Process::register(2, had)];
    protocol.explore(account(stakes), processes, stakes)
}

/// Eva changes there and back, on two machines, while Ida registers with one of the two.
fn there_and_back(protocol: Protocol, stakes: [usize; 2], idas: usize) -> Result<usize, Broken> {
    let [had, wanted] = stakes;
    let processes = vec![
        Process::change(0, wanted),
        Process::change(0, had),
        Process::register(1, stakes[idas]),
    ];
    protocol.explore(account(stakes), processes, stakes)
}

/// One change on two machines, against a registration.
fn twins(protocol: Protocol, stakes: [usize; 2]) -> Result<usize, Broken> {
    let wanted = stakes[1];
    let processes =
        vec![Process::change(0, wanted), Process::change(0, wanted), Process::register(1, wanted)];
    protocol.explore(account(stakes), processes, stakes)
}

#[test]
fn a_change_cut_off_at_any_step_never_gives_or_blocks_an_identifier() {
    for stakes in [EMAILS, NAMES] {
        let worlds = against_registrations(AS_DESIGNED, stakes);
        assert!(worlds.is_ok_and(|it| it > 1_000), "{worlds:?}");
    }
}

#[test]
fn who_changes_there_and_back_shares_with_nobody() {
    for stakes in [EMAILS, NAMES] {
        for idas in [0, 1] {
            let worlds = there_and_back(AS_DESIGNED, stakes, idas);
            assert!(worlds.is_ok_and(|it| it > 1_000), "{worlds:?}");
        }
    }
}

#[test]
fn one_change_on_two_machines_is_one_change() {
    for stakes in [EMAILS, NAMES] {
        let worlds = twins(AS_DESIGNED, stakes);
        assert!(worlds.is_ok_and(|it| it > 1_000), "{worlds:?}");
    }
}

#[test]
fn without_the_fence_a_crashed_change_owns_what_it_never_committed() {
    let protocol = Protocol { fences: false, ..AS_DESIGNED };
    assert!(against_registrations(protocol, EMAILS).is_err());
}

#[test]
fn a_fence_that_is_good_for_later_claims_too_gives_one_identifier_to_two() {
    let protocol = Protocol { counts: false, ..AS_DESIGNED };
    let worlds = against_registrations(protocol, EMAILS);
    assert_eq!(worlds, Err("two accounts share an identifier"));
}
