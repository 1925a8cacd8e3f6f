//! Keys of days and quarters long gone are destroyed, once, and only those.
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use domain::ids::UserId;
use domain::logins::{Origin, quarter};
use domain::sealed::Sealed;
use event_store::Executor;
use jiff::Span;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use runtime::{Clock, ids};
use scheduler::retention::metrics::RetentionMetrics;
use scheduler::retention::{Retention, destroy_quarters};
use secrecy::SecretString;
use testing::Scratch;
use uuid::Uuid;
use vault::Vault;

use crate::reactions::world::World;

/// Four hundred days after the fifth day of a quarter.
const TODAY: Date = date(2026, 11, 9);
const DAYS: u32 = 400;

/// A log, a vault, and what is sealed in it: whose, and the text.
struct Kept {
    world: World,
    vault: Scratch,
    sealed: Vec<(String, Sealed)>,
}

impl Kept {
    async fn new(subjects: impl IntoIterator<Item = String>) -> Self {
        let (world, vault) = (World::new().await, Scratch::new(&vault::MIGRATOR).await);
        let noon = TimeZone::UTC.to_timestamp(TODAY.at(12, 0, 0, 0)).unwrap();
        world.clock.correct(noon.duration_since(Clock::new().now()));
        let mut kept = Self { world, vault, sealed: vec![] };
        for subject in subjects {
            let sealed = kept.vault().seal(&subject, "address", ids::new(), "x").await.unwrap();
            kept.sealed.push((subject, sealed));
        }
        kept
    }

    /// As another process has it: with nothing in memory.
    fn vault(&self) -> Vault {
        Vault::new(self.vault.pool.clone(), &SecretString::from("7".repeat(64))).unwrap()
    }

    fn retention(&self, days: u32) -> Retention {
        Retention {
            executor: Executor::new(self.world.store.clone()),
            vault: self.vault(),
            clock: self.world.clock.clone(),
            days,
            metrics: RetentionMetrics::default(),
        }
    }

    async fn opened(&self) -> Vec<bool> {
        let (vault, mut opened) = (self.vault(), vec![]);
        for (subject, sealed) in &self.sealed {
            opened.push(vault.open(subject, "address", sealed).await.unwrap().is_some());
        }
        opened
    }

    async fn said(&self) -> Vec<String> {
        let events = self.world.store.inner_stream("retention-logins").await;
        events.into_iter().map(|it| it.kind).collect()
    }

    /// What was destroyed was destroyed long enough ago for no process to have it.
    async fn nobody_has_them(&self) {
        sqlx::query("UPDATE tombstones SET destroyed_at = destroyed_at - interval '1 minute'")
            .execute(&self.vault.pool)
            .await
            .unwrap();
    }
}

/// Somebody's subject in the quarter of a day.
fn quarters(user: u128, day: Date) -> String {
    let at = TimeZone::UTC.to_timestamp(day.at(12, 0, 0, 0)).unwrap();
    Origin::subject(UserId(Uuid::from_u128(user)), at)
}

/// The last day of the newest quarter that ended so long ago, and the first of the one after it.
fn edge() -> (Date, Date) {
    (date(2025, 9, 30), date(2025, 10, 1))
}

#[tokio::test]
async fn a_day_of_unknown_names_is_kept_for_ninety_days() {
    let day = |ago: i64| format!("unknown-{}", TODAY.saturating_sub(Span::new().days(ago)));
    let subjects = [day(92), day(91), day(90), day(0), "user-1".to_owned(), "unknown".to_owned()];
    let kept = Kept::new(subjects).await;
    let retention = kept.retention(DAYS);
    assert!(retention.round().await.unwrap().is_some(), "others may still have a key in memory");
    assert_eq!(kept.opened().await, [false, false, true, true, true, true]);
    assert!(kept.said().await.is_empty());

    kept.nobody_has_them().await;
    for _ in 0..2 {
        assert!(retention.round().await.unwrap().is_none());
    }
    assert_eq!(kept.said().await, ["retention.unknown-logins-ended.v1"], "told once a day");
    assert_eq!(kept.opened().await, [false, false, true, true, true, true]);
}

#[tokio::test]
async fn a_quarter_is_kept_for_so_long_after_its_end_and_who_it_is_of_stays() {
    let (over, kept) = edge();
    let long_over = over.saturating_sub(Span::new().years(3));
    let person = UserId(Uuid::from_u128(1)).stream();
    let subjects = [
        quarters(1, long_over),
        quarters(1, over),
        quarters(2, over),
        quarters(1, kept),
        quarters(1, TODAY),
        person,
    ];
    let kept = Kept::new(subjects).await;
    let retention = kept.retention(DAYS);
    assert!(retention.round().await.unwrap().is_some(), "others may still have a key in memory");
    assert!(kept.said().await.is_empty());
    kept.nobody_has_them().await;
    assert!(retention.round().await.unwrap().is_none());
    assert_eq!(kept.opened().await, [false, false, false, true, true, true]);
    assert_eq!(retention.metrics.destroyed(), 3);

    // Sealed late, by a process that stood still for a year: it can be read by nobody either.
    let late = kept.vault().seal(&quarters(1, over), "address", ids::new(), "x").await.unwrap();
    assert_eq!(kept.vault().open(&quarters(1, over), "address", &late).await.unwrap(), None);
    assert!(retention.round().await.unwrap().is_none());
    assert_eq!(kept.said().await, ["retention.logins-ended.v1"]);
}

#[tokio::test]
async fn what_has_ended_stays_so_in_a_restored_vault_and_with_another_setting() {
    let (over, begins) = edge();
    let kept = Kept::new([quarters(1, over), quarters(1, begins)]).await;
    kept.retention(DAYS).round().await.unwrap();
    kept.nobody_has_them().await;
    kept.retention(DAYS).round().await.unwrap();

    // As a backup from before has it: the key under another id is a key all the same.
    sqlx::query("DELETE FROM tombstones").execute(&kept.vault.pool).await.unwrap();
    kept.vault().seal(&quarters(1, over), "address", ids::new(), "x").await.unwrap();
    assert!(kept.retention(36_500).round().await.unwrap().is_some());
    let keys = kept.vault().count_parts_before("9999Q4").await.unwrap();
    assert_eq!(keys, [(quarter(begins), 1)]);
    assert_eq!(destroy_quarters(&kept.vault(), begins, || {}).await.unwrap(), 0);
    kept.nobody_has_them().await;
    assert!(kept.retention(36_500).round().await.unwrap().is_none());
    assert_eq!(kept.said().await, ["retention.logins-ended.v1"], "and is told once");
}

/// Polls a future so many times and lets go of it: whoever ran it died there.
async fn killed_after<F: Future>(polls: u32, future: F) -> Option<F::Output> {
    let (mut future, mut left) = (pin!(future), polls);
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test]
async fn killed_over_and_over_two_of_them_end_a_quarter_once() {
    const PEOPLE: u128 = 2;
    let (over, begins) = edge();
    let people = 1..=PEOPLE;
    let subjects = people.clone().map(|it| quarters(it, over));
    let kept = Kept::new(subjects.chain(people.map(|it| quarters(it, begins)))).await;
    let are_there = async || kept.opened().await.into_iter().filter(|it| *it).count();
    let (mut polls, mut done) = (0, false);
    while !done {
        // Each of the first steps, then fewer of those that are many: what is done stays done, so no two rounds are alike.
        polls += 1 + polls / 8;
        let (one, other) = (kept.retention(DAYS), kept.retention(DAYS));
        let ran = tokio::join!(
            killed_after(polls, async { one.round().await.unwrap() }),
            killed_after(polls / 2, async { other.round().await.unwrap() })
        );
        let said = kept.said().await.len();
        assert!(said == 0 || are_there().await == 2, "told only when all is destroyed: {polls}");
        match ran.0 {
            Some(Some(wait)) => {
                assert!(wait <= vault::LIVES_ON && said == 0, "{polls}");
                kept.nobody_has_them().await;
                polls = 0;
            }
            Some(None) => done = said == 1,
            None => {}
        }
    }
    assert_eq!(kept.said().await, ["retention.logins-ended.v1"]);
    assert_eq!(are_there().await, 2, "the next quarter's");
    let tombstones = "SELECT count(*) FROM tombstones";
    let tombstones: i64 = sqlx::query_scalar(tombstones).fetch_one(&kept.vault.pool).await.unwrap();
    assert_eq!(tombstones, 2);
}
