//! What no interleaving can break: leases lent, news of bookings in any order and however often, requests repeated,
//! at times that jump and sometimes go back. Beside the rules runs a plain count over all that was ever recorded.
use std::collections::{BTreeMap, BTreeSet};

use domain::decider::Decider;
use domain::ids::{BookingId, VenueId};
use domain::players::{
    ExtendLease, LeaseState, Player, PlayerCommand, PlayerEvent, PlayerRejection, Quotas,
    TakeLease, counts_until, is_over,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use uuid::Uuid;

const QUOTAS: Quotas = Quotas { open_holds: 2, bookings_per_day: 2, upcoming: 3 };
/// Bookings on four days at two venues.
const BOOKINGS: usize = 12;

/// What a court-day may do with a booking it knows, from one state to the next.
#[derive(Clone, Copy, Debug)]
enum News {
    Held,
    Extended,
    Confirmed,
    Ended,
    Reinstated,
}

#[derive(Clone, Debug)]
enum What {
    /// Of a place of its own, or where a booking would move to.
    Take {
        moves: Option<usize>,
    },
    /// Something happens on the court-day, and the player's stream may or may not hear of it.
    Happens {
        news: News,
        is_told: bool,
    },
    /// Something that was so once is told, again or only now.
    Tell {
        nth: usize,
    },
    Abandon,
}

#[derive(Clone, Debug)]
struct Step {
    booking: usize,
    what: What,
    later: i64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let news = prop_oneof![
        Just(News::Held),
        Just(News::Extended),
        Just(News::Confirmed),
        Just(News::Ended),
        Just(News::Reinstated)
    ];
    let what = prop_oneof![
        6 => Just(What::Take { moves: None }),
        3 => (0..BOOKINGS).prop_map(|from| What::Take { moves: Some(from) }),
        6 => (news, any::<bool>()).prop_map(|(news, is_told)| What::Happens { news, is_told }),
        3 => (0..8_usize).prop_map(|nth| What::Tell { nth }),
        1 => Just(What::Abandon),
    ];
    let later = prop_oneof![
        6 => 0..300_i64,
        2 => 900..1_000_i64,
        1 => -60..0_i64,
        1 => 0..100_000_i64,
    ];
    let step = (0..BOOKINGS, what, later);
    prop::collection::vec(
        step.prop_map(|(booking, what, later)| Step { booking, what, later }),
        1..80,
    )
}

fn id(booking: usize) -> BookingId {
    let (date, court) = (21 + booking % 4, booking % 2);
    format!("2026-11-{date}-7FK{court}-0000000{booking:X}").parse().unwrap()
}

fn venue(booking: usize) -> VenueId {
    ["nord", "sued"][booking % 2].parse().unwrap()
}

/// End of play: at six in the evening.
fn play_ends(booking: usize) -> Timestamp {
    format!("{}T18:00:00Z", id(booking).date()).parse().unwrap()
}

/// What a court-day has on record of a booking.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Fact {
    generation: u32,
    state: FactState,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum FactState {
    Held { expires_at: Timestamp },
    Confirmed,
    Over,
}

#[derive(Default)]
struct World {
    player: Player,
    log: Vec<PlayerEvent>,
    /// Everything that was ever so of each booking, the newest last.
    facts: BTreeMap<usize, Vec<Fact>>,
    lent: BTreeMap<usize, Timestamp>,
    /// The first of a booking's ids, where that is another.
    references: BTreeMap<usize, usize>,
}

impl World {
    fn decide(&mut self, command: PlayerCommand) -> Result<usize, PlayerRejection> {
        let events = Player::decide(&self.player, command.clone())?;
        let count = events.len();
        for event in events {
            self.log.push(event.clone());
            self.player = Player::evolve(std::mem::take(&mut self.player), event);
        }
        assert_eq!(
            Player::decide(&self.player, command),
            Ok(vec![]),
            "repeated, it is true already"
        );
        Ok(count)
    }

    fn reference(&self, booking: usize) -> BookingId {
        id(self.references.get(&booking).copied().unwrap_or(booking))
    }

    /// Counts by hand, over the whole log and without the rules: open, on a day, ahead. Of bookings, not of places.
    fn count(&self, booking: usize, at: Timestamp) -> [BTreeSet<&BookingId>; 3] {
        let (venue, day) = (venue(booking), id(booking));
        let mut last = BTreeMap::new();
        for event in &self.log {
            match event {
                PlayerEvent::LeaseTaken { booking, reference, venue, until, .. } => {
                    last.insert(booking, Some((reference, venue, false, *until)));
                }
                PlayerEvent::LeaseExtended {
                    booking, reference, venue, confirmed, until, ..
                } => {
                    last.insert(booking, Some((reference, venue, *confirmed, *until)));
                }
                PlayerEvent::LeaseReturned { booking, .. } => {
                    last.insert(booking, None);
                }
                PlayerEvent::Closed {} => {}
            }
        }
        let mut counts = [const { BTreeSet::new() }; 3];
        for (place, lease) in last {
            let Some((booking, _, confirmed, until)) = lease.filter(|it| *it.1 == venue) else {
                continue;
            };
            let counted = [
                !confirmed && at < until && place == booking,
                place.date() == day.date() && (confirmed || at < until),
                at < until,
            ];
            for (count, _) in counts.iter_mut().zip(counted).filter(|it| it.1) {
                count.insert(booking);
            }
        }
        counts
    }

    fn take(&mut self, booking: usize, at: Timestamp) {
        let until = counts_until(at + SignedDuration::from_secs(900));
        let (reference, is_move) =
            (self.reference(booking), self.references.contains_key(&booking));
        let counts = self.count(booking, at);
        let counted = self.player.leases.get(&id(booking)).is_some_and(|it| match it.state {
            LeaseState::Held { until, .. } => at < until,
            LeaseState::Confirmed { .. } => true,
            LeaseState::Returned => false,
        });
        let limits = [QUOTAS.open_holds, QUOTAS.bookings_per_day, QUOTAS.upcoming];
        let raised = [!is_move, !counts[1].contains(&reference), !is_move];
        let mut rules = counts.iter().zip(limits).zip(raised);
        let is_full = rules.any(|((count, limit), raised)| raised && limit as usize <= count.len());
        let counts: Vec<usize> = counts.iter().map(BTreeSet::len).collect();
        let take = TakeLease {
            booking: id(booking),
            reference,
            command: Uuid::from_u128(booking as u128),
            venue: venue(booking),
            until,
            at,
            quotas: Some(QUOTAS),
        };
        match self.decide(PlayerCommand::TakeLease(Box::new(take))) {
            Ok(_) => {
                assert!(counted || !is_full, "lent beyond a quota: {counts:?}");
                self.lent.insert(booking, until);
            }
            Err(PlayerRejection::QuotaFull { full }) => {
                assert!(
                    is_full && !counted && !full.is_empty(),
                    "refused below every quota: {counts:?}"
                );
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    fn happens(&mut self, booking: usize, news: News, at: Timestamp) {
        let facts = self.facts.entry(booking).or_default();
        let expires_at = at + SignedDuration::from_secs(900);
        let last = facts.last().copied();
        let now = |it: Fact| match it.state {
            FactState::Held { expires_at } => at < expires_at,
            FactState::Confirmed => true,
            FactState::Over => false,
        };
        let next = match (news, last) {
            (News::Held, None) => Fact { generation: 1, state: FactState::Held { expires_at } },
            (News::Extended, Some(it)) if matches!(it.state, FactState::Held { .. }) && now(it) => {
                Fact { generation: it.generation + 1, state: FactState::Held { expires_at } }
            }
            (News::Confirmed, Some(it))
                if matches!(it.state, FactState::Held { .. }) && now(it) =>
            {
                Fact { state: FactState::Confirmed, ..it }
            }
            (News::Ended, Some(it)) if it.state != FactState::Over => {
                Fact { state: FactState::Over, ..it }
            }
            (News::Reinstated, Some(it)) if it.state == FactState::Over => {
                Fact { generation: it.generation + 1, state: FactState::Confirmed }
            }
            _ => return,
        };
        facts.push(next);
    }

    fn tell(&mut self, booking: usize, fact: Fact, at: Timestamp) {
        let (id, generation) = (id(booking), fact.generation);
        let (confirmed, until) = match fact.state {
            FactState::Held { expires_at } => (false, counts_until(expires_at)),
            FactState::Confirmed => (true, play_ends(booking)),
            FactState::Over => {
                self.decide(PlayerCommand::ReturnLease { booking: id, generation, at }).unwrap();
                return;
            }
        };
        let (reference, venue) = (self.reference(booking), venue(booking));
        let extend =
            ExtendLease { booking: id, reference, venue, generation, confirmed, until, at };
        self.decide(PlayerCommand::ExtendLease(extend)).unwrap();
    }

    /// Whatever was told before: once the newest is told, the lease is what the court-day has.
    fn check_follows(&self, booking: usize, at: Timestamp) {
        let Some(fact) = self.facts.get(&booking).and_then(|it| it.last()) else { return };
        if is_over(id(booking).date(), at) {
            return;
        }
        let lease = &self.player.leases[&id(booking)];
        let follows = match (fact.state, &lease.state) {
            (FactState::Held { expires_at }, LeaseState::Held { until, .. }) => {
                counts_until(expires_at) <= *until
            }
            (FactState::Confirmed, LeaseState::Confirmed { until, .. }) => {
                *until == play_ends(booking)
            }
            (FactState::Over, LeaseState::Returned) => true,
            _ => false,
        };
        assert!(follows && lease.generation == fact.generation, "{fact:?} and {lease:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn quotas_hold_and_no_lease_leaks(steps in steps()) {
        let mut world = World::default();
        let mut at: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        for Step { booking, what, later } in steps {
            at += SignedDuration::from_secs(later);
            match what {
                // The court-day asks before it holds, never for what it knows, and sells no day that is over.
                What::Take { moves }
                    if !world.facts.contains_key(&booking) && !is_over(id(booking).date(), at) =>
                {
                    // Whether it is a move and of what, its command says each time. Never to another venue, and never
                    // back to an id: a place moved to is a new booking's, also where it is the first one's again.
                    let first = moves.filter(|it| it % 2 == booking % 2).map(|from| {
                        world.references.get(&from).copied().unwrap_or(from)
                    });
                    let moved = first.filter(|it| *it != booking && !world.lent.contains_key(&booking));
                    if let Some(first) = moved {
                        world.references.insert(booking, first);
                    }
                    world.take(booking, at);
                }
                What::Take { .. } => {}
                What::Happens { news, is_told } => {
                    world.happens(booking, news, at);
                    if let Some(fact) = world.facts.get(&booking).and_then(|it| it.last().copied())
                        && is_told
                    {
                        world.tell(booking, fact, at);
                        world.check_follows(booking, at);
                    }
                }
                What::Tell { nth } => {
                    let facts = world.facts.get(&booking).filter(|it| !it.is_empty());
                    if let Some(fact) = facts.map(|it| it[nth % it.len()]) {
                        world.tell(booking, fact, at);
                    }
                }
                What::Abandon if !world.facts.contains_key(&booking) => {
                    if let Some(until) = world.lent.get(&booking).copied() {
                        let booking = id(booking);
                        world.decide(PlayerCommand::AbandonLease { booking, until }).unwrap();
                    }
                }
                What::Abandon => {}
            }
        }

        // The whole past told again changes nothing that the newest of it does not say.
        let told: Vec<_> = world.facts.clone().into_iter().collect();
        for (booking, facts) in &told {
            for fact in facts {
                world.tell(*booking, *fact, at);
            }
            world.check_follows(*booking, at);
        }
        let before = world.log.len();
        for (booking, facts) in &told {
            for fact in facts.iter().rev().chain(facts) {
                world.tell(*booking, *fact, at);
            }
        }
        prop_assert_eq!(world.log.len(), before, "told again, nothing is recorded");
    }
}
