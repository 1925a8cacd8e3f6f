//! The login audit's log: given what happened at the door, and what happened to those who record it, then these leaves.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use audit::edge::Edge;
use audit::record::Record;
use audit::tlog::{self, Verifier};
use domain::audit::{AuditEvent, checkpoint_stream, log_stream};
use domain::ids::UserId;
use domain::logins::{LoginCommand, Logins, Origin};
use domain::stored::StoredEvent;
use domain::users::{Role, User, UserCommand};
use event_store::hostile::{Hostile, Meddler, Reading};
use event_store::memory::MemoryStore;
use event_store::{EventStore, Executor, Metadata, ReadError, Store};
use jiff::{SignedDuration, Timestamp};
use runtime::{Clock, ids};
use scheduler::audit::AuditError;
use scheduler::audit::recorder::Recorder;
use scheduler::audit::signer::{Seeds, Signer};
use testing::Scratch;
use uuid::Uuid;
use vault::Vault;

use crate::reactions::world::{PLAYER, register};

const KEY: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
const ORIGIN: &str = "nord.example/audit";
const YEAR: i16 = 2026;

fn seeds(key: &str) -> Seeds {
    Seeds { key: key.into(), also: None }
}

/// A log that everything good is done on, and a vault.
struct Door {
    executor: Executor,
    clock: Clock,
    vault: Vault,
    scratch: Arc<Scratch>,
}

impl Door {
    async fn new() -> Self {
        Self::before(Arc::new(Scratch::new(&vault::MIGRATOR).await))
    }

    /// Another log, with the same vault.
    fn before(scratch: Arc<Scratch>) -> Self {
        let clock = Clock::new();
        // Everything happens in March 2026, whenever the test runs.
        let march: Timestamp = "2026-03-01T08:00:00Z".parse().unwrap();
        clock.correct(march.duration_since(clock.now()));
        Self {
            executor: Executor::new(Arc::new(MemoryStore::default())),
            clock,
            vault: Vault::new(scratch.pool.clone(), &KEY.into()).unwrap(),
            scratch,
        }
    }

    fn store(&self) -> &Store {
        self.executor.store()
    }

    fn recorder(&self, on: &Store) -> Recorder {
        let executor = Executor::new(Arc::clone(on));
        Recorder::new(executor, self.vault.clone(), self.clock.clone())
    }

    fn signer(&self, on: &Store) -> Signer {
        let executor = Executor::new(Arc::clone(on));
        Signer::new(executor, self.clock.clone(), seeds(KEY), ORIGIN.to_owned())
    }

    fn later(&self, by: SignedDuration) {
        let moved = self.clock.now() + by;
        let machine = Clock::new().now();
        self.clock.correct(moved.duration_since(machine));
    }

    /// Somebody tries a name that nobody has.
    async fn attempts(&self, count: usize) {
        for _ in 0..count {
            self.attempt_at(self.clock.now()).await;
        }
    }

    async fn attempt_at(&self, at: Timestamp) -> Uuid {
        let from = Origin { address: None, user_agent: None, identifier: "x".to_owned() };
        let stream = "login-unknown-2026-03-01";
        let meta = Metadata::new(ids::new(), at);
        let attempt = LoginCommand::AttemptUnknown { from, at };
        self.executor.execute::<Logins>(stream, attempt, &meta).await.unwrap().event_ids[0]
    }

    /// What is audited, in the order of the log.
    async fn audited(&self) -> Vec<Uuid> {
        let all = self.store().read_all(0, 10_000).await.unwrap();
        let audited =
            |it: &str| ["login-", "user-", "session-"].iter().any(|of| it.starts_with(of));
        all.into_iter().filter(|it| audited(&it.stream)).map(|it| it.id).collect()
    }

    /// The records of a year, each at its revision.
    async fn records(&self, year: i16) -> Vec<Record> {
        let events = self.store().read_stream(&log_stream(year), 0, 10_000).await.unwrap();
        let read = |(n, it): (usize, event_store::StreamEvent)| {
            assert_eq!(it.revision, n as u64);
            let event = AuditEvent::read(&it.kind, &it.data).unwrap();
            let AuditEvent::Recorded { record } = event else { panic!("no record: {event:?}") };
            Record::read(record.as_bytes()).unwrap()
        };
        events.into_iter().enumerate().map(read).collect()
    }

    /// Every checkpoint of the year is signed, stands for the records that are there, and grows; the last one's size.
    async fn check_checkpoints(&self, year: i16) -> u64 {
        let records = self.records(year).await;
        let leaves: Vec<_> =
            records.iter().map(|it| tlog::leaf(it.write().unwrap().as_bytes())).collect();
        let key: Verifier = self.signer(self.store()).key(year).unwrap().verifier().unwrap();
        let events = self.store().read_stream(&checkpoint_stream(year), 0, 10_000).await.unwrap();
        let (mut edge, mut last) = (Edge::default(), 0);
        for it in events {
            let AuditEvent::CheckpointSigned { size, note, .. } =
                AuditEvent::read(&it.kind, &it.data).unwrap()
            else {
                panic!("no checkpoint")
            };
            assert!(last < size, "{last} < {size}");
            let more = &leaves[usize::try_from(last).unwrap()..usize::try_from(size).unwrap()];
            for it in more {
                edge.push(*it);
            }
            let opened = key.open(note.as_bytes()).unwrap();
            assert_eq!((opened.size, opened.root), (size, edge.root()));
            last = size;
        }
        last
    }
}

/// Steps until there is nothing more to record, as the loop does.
async fn finish(recorder: &mut Recorder) {
    for _ in 0..1_000 {
        if recorder.step().await.is_ok_and(|it| it.caught_up) {
            return;
        }
    }
    panic!("the recorder does not come to an end");
}

async fn whole(door: &Door) {
    let audited = door.audited().await;
    let recorded: Vec<_> = door.records(YEAR).await.iter().map(|it| it.event_id).collect();
    assert_eq!(recorded, audited);
    assert_eq!(door.check_checkpoints(YEAR).await, audited.len() as u64);
}

#[tokio::test]
async fn what_happens_at_the_door_is_recorded_once_and_signed() {
    let door = Door::new().await;
    register(&door.executor, &door.vault, door.clock.now(), false).await;
    door.attempts(3).await;
    let (mut recorder, mut signer) = (door.recorder(door.store()), door.signer(door.store()));
    finish(&mut recorder).await;
    signer.step().await.unwrap();
    whole(&door).await;
    let sizes = signer.step().await.unwrap();
    assert_eq!((sizes.recorded, sizes.signed), (door.audited().await.len() as u64, sizes.recorded));

    // A checkpoint every ten seconds, or when there is much.
    door.attempts(1).await;
    finish(&mut recorder).await;
    let sizes = signer.step().await.unwrap();
    assert_eq!(sizes.signed + 1, sizes.recorded, "it is not time yet");
    door.later(SignedDuration::from_secs(10));
    assert_eq!(signer.step().await.unwrap().signed, sizes.recorded);
    door.attempts(256).await;
    finish(&mut recorder).await;
    let sizes = signer.step().await.unwrap();
    assert_eq!(sizes.signed, sizes.recorded);
    whole(&door).await;

    // Others who begin now find that nothing is left to do.
    finish(&mut door.recorder(door.store())).await;
    door.later(SignedDuration::from_mins(1));
    door.signer(door.store()).step().await.unwrap();
    whole(&door).await;
}

#[tokio::test]
async fn records_name_persons_by_commitments_and_the_erased_not_at_all() {
    let door = Door::new().await;
    register(&door.executor, &door.vault, door.clock.now(), false).await;
    let change = async |role| {
        let command = UserCommand::ChangeRole { role, venues: vec![], reason: None };
        let meta = Metadata::new(ids::new(), door.clock.now()).actor(format!("user:{PLAYER}"));
        door.executor.execute::<User>(&PLAYER.stream(), command, &meta).await.unwrap();
    };
    change(Role::Auditor).await;
    finish(&mut door.recorder(door.store())).await;
    door.vault.destroy(&PLAYER.stream(), None).await.unwrap();
    change(Role::Player).await;
    finish(&mut door.recorder(door.store())).await;

    let person = async |user: UserId| {
        let vault = Vault::new(door.scratch.pool.clone(), &KEY.into()).unwrap();
        vault.commit(&user.stream(), "person", &user.to_string()).await.unwrap()
    };
    assert_eq!(
        person(PLAYER).await,
        None,
        "it can never be told again whom the old ones stand for"
    );
    let records = door.records(YEAR).await;
    let [.., before, after] = &records[..] else { panic!("{records:?}") };
    assert!(before.subject.is_some() && before.subject == before.actor, "{before:?}");
    assert_eq!(before.outcome.as_deref(), Some("auditor"));
    assert_eq!((&after.subject, &after.actor), (&None, &None));
    let bytes = serde_json::to_string(&records).unwrap();
    assert!(!bytes.contains(&PLAYER.to_string()), "{bytes}");
}

#[tokio::test]
async fn a_year_never_comes_back() {
    let door = Door::new().await;
    let at = |it: &str| it.parse::<Timestamp>().unwrap();
    let first = door.attempt_at(at("2026-12-31T23:59:59Z")).await;
    let second = door.attempt_at(at("2027-01-01T00:00:01Z")).await;
    // Its command was read before midnight, and committed after.
    let third = door.attempt_at(at("2026-12-31T23:59:59.9Z")).await;
    door.later(at("2027-01-01T00:00:10Z").duration_since(door.clock.now()));
    finish(&mut door.recorder(door.store())).await;
    let fourth = door.attempt_at(at("2027-01-01T00:00:11Z")).await;
    finish(&mut door.recorder(door.store())).await;
    let ids =
        async |year| -> Vec<_> { door.records(year).await.iter().map(|it| it.event_id).collect() };
    assert_eq!(ids(2026).await, [first]);
    assert_eq!(ids(2027).await, [second, third, fourth]);
    door.signer(door.store()).step().await.unwrap();
    assert_eq!((door.check_checkpoints(2026).await, door.check_checkpoints(2027).await), (1, 3));
}

#[tokio::test]
async fn nothing_is_signed_with_another_key_nor_over_an_edge_that_does_not_fit() {
    let door = Door::new().await;
    door.attempts(3).await;
    finish(&mut door.recorder(door.store())).await;
    door.signer(door.store()).step().await.unwrap();
    door.attempts(1).await;
    finish(&mut door.recorder(door.store())).await;
    door.later(SignedDuration::from_mins(1));
    let executor = || Executor::new(Arc::clone(door.store()));
    let signer = |key: &str, origin: &str| {
        Signer::new(executor(), door.clock.clone(), seeds(key), origin.to_owned())
    };
    for (key, origin) in [(&*"ab".repeat(32), ORIGIN), (KEY, "sued.example/audit")] {
        let refused = signer(key, origin).step().await.unwrap_err();
        assert!(matches!(refused, AuditError::Broken { .. }), "{refused}");
        assert!(refused.to_string().contains("AUDIT_KEY and AUDIT_ORIGIN"), "{refused}");
    }
    assert_eq!(door.check_checkpoints(YEAR).await, 3);
}

#[tokio::test]
async fn while_a_key_takes_over_from_another_both_sign() {
    let door = Door::new().await;
    let (old, new) = (KEY, &*"ab".repeat(32));
    // What a scheduler with these keys signs over one record more, and whether each key alone vouches for it.
    let signs = async |key: &str, also: Option<&str>| {
        door.attempts(1).await;
        finish(&mut door.recorder(door.store())).await;
        door.later(SignedDuration::from_mins(1));
        let seeds = Seeds { key: key.into(), also: also.map(Into::into) };
        let executor = Executor::new(Arc::clone(door.store()));
        let mut signer = Signer::new(executor, door.clock.clone(), seeds, ORIGIN.to_owned());
        signer.step().await?;
        let note = signer.newest().borrow()[&YEAR].note.clone();
        let by = |key| {
            let key = audit::tlog::Signer::new(&format!("{ORIGIN}/{YEAR}"), key).unwrap();
            key.verifier().unwrap().open(note.as_bytes()).is_ok()
        };
        Ok::<_, AuditError>((by(old), by(new)))
    };
    assert_eq!(signs(old, None).await.unwrap(), (true, false));
    assert!(
        signs(new, None).await.is_err(),
        "a key that signs nothing with the old one is not believed"
    );
    assert_eq!(signs(old, Some(new)).await.unwrap(), (true, true));
    assert_eq!(signs(new, Some(old)).await.unwrap(), (true, true), "in either order");
    assert_eq!(signs(new, None).await.unwrap(), (false, true));
    assert!(signs(old, None).await.is_err(), "and there is no way back");
}

/// Counts how often a time is looked up in the log, which finds a place minutes before it.
struct Lookups {
    store: Store,
    count: AtomicUsize,
}

#[async_trait]
impl Meddler for Lookups {
    fn inner(&self) -> &dyn EventStore {
        &*self.store
    }

    async fn reading(&self, reading: Reading) -> Result<(), ReadError> {
        if reading == Reading::PositionAt {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[tokio::test]
async fn whoever_is_overtaken_goes_on_from_where_it_was() {
    let door = Door::new().await;
    let lookups = Arc::new(Lookups { store: Arc::clone(door.store()), count: 0.into() });
    let store = Arc::clone(&lookups) as Store;
    let (mut fast, mut slow) = (door.recorder(door.store()), door.recorder(&store));
    finish(&mut slow).await;
    for round in 0..5 {
        door.attempts(3).await;
        finish(&mut fast).await;
        // So that it has more to append than what is there already.
        door.attempts(2).await;
        slow.step().await.expect_err("it was overtaken");
        finish(&mut slow).await;
        assert_eq!(lookups.count.load(Ordering::Relaxed), 0, "round {round}");
    }
    door.later(SignedDuration::from_mins(1));
    door.signer(&store).step().await.unwrap();
    whole(&door).await;
}

/// Two recorders and two signers on a store that refuses, loses, delivers late and twice; each dies now and then with
/// everything it knew.
#[tokio::test]
async fn a_hostile_store_and_sudden_deaths_leave_no_gap_and_nothing_twice() {
    let first = Door::new().await;
    for seed in 0..24 {
        println!("seed {seed}");
        let door = Door::before(Arc::clone(&first.scratch));
        let hostile = Arc::new(Hostile::new(Arc::clone(door.store()), seed));
        let store = Arc::clone(&hostile) as Store;
        let mut recorders = [door.recorder(&store), door.recorder(&store)];
        let mut signers = [door.signer(&store), door.signer(&store)];
        for _ in 0..40 {
            let it = usize::try_from(hostile.roll(2)).unwrap();
            match hostile.roll(8) {
                0 => recorders[it] = door.recorder(&store),
                1 => signers[it] = door.signer(&store),
                2 | 3 => {
                    let _ = signers[it].step().await;
                    door.later(SignedDuration::from_secs(4));
                }
                4 => door.attempts(usize::try_from(hostile.roll(40)).unwrap()).await,
                _ => {
                    let _ = recorders[it].step().await;
                }
            }
        }
        hostile.calm().await;
        for recorder in &mut recorders {
            finish(recorder).await;
        }
        door.later(SignedDuration::from_mins(1));
        for signer in &mut signers {
            // One that lost a race reads again.
            let _ = signer.step().await;
            signer.step().await.unwrap();
        }
        let unique: BTreeSet<_> = door.records(YEAR).await.iter().map(|it| it.event_id).collect();
        assert_eq!(unique.len(), door.audited().await.len(), "seed {seed}");
        whole(&door).await;
    }
}

/// The process ends right after its nth append, which nobody was told of.
#[tokio::test]
async fn a_death_after_any_append_is_gone_on_from() {
    for nth in 1..=6 {
        let door = Door::new().await;
        let dying = Arc::new(crate::reactions::world::Hostile::default());
        *dying.last_words.lock().unwrap() = Some(nth);
        let store = Arc::clone(&dying) as Store;
        // What is audited came before, and is not among the appends that count.
        for _ in 0..3 {
            door.attempts(150).await;
        }
        for it in door.store().read_all(0, 1_000).await.unwrap() {
            let expected = it.revision.checked_sub(1);
            let expected =
                expected.map_or(event_store::Expected::NoStream, event_store::Expected::Exact);
            let event =
                event_store::NewEvent { id: it.id, kind: it.kind, data: it.data, meta: it.meta };
            dying.inner.append(&it.stream, expected, vec![event]).await.unwrap();
        }
        let (mut recorder, mut signer) = (door.recorder(&store), door.signer(&store));
        for _ in 0..4 {
            let _ = recorder.step().await;
            let _ = signer.step().await;
        }
        *dying.last_words.lock().unwrap() = None;
        dying.away.store(false, std::sync::atomic::Ordering::SeqCst);
        finish(&mut door.recorder(&store)).await;
        door.later(SignedDuration::from_mins(1));
        door.signer(&store).step().await.unwrap();
        let after = Door { executor: Executor::new(store), ..door };
        whole(&after).await;
    }
}
