//! Keys of days long gone are destroyed, once, and only those.
use event_store::Executor;
use jiff::Span;
use jiff::tz::TimeZone;
use runtime::ids;
use scheduler::retention::Retention;
use secrecy::SecretString;
use testing::Scratch;
use vault::Vault;

use crate::world::World;

#[tokio::test]
async fn a_day_of_unknown_names_is_kept_for_ninety_days() {
    let world = World::new().await;
    let scratch = Scratch::new(&vault::MIGRATOR).await;
    let vault = Vault::new(scratch.pool.clone(), &SecretString::from("7".repeat(64))).unwrap();
    let today = world.clock.now().to_zoned(TimeZone::UTC).date();
    let day = |ago: i64| format!("unknown-{}", today.saturating_sub(Span::new().days(ago)));
    let subjects = [day(92), day(91), day(90), day(0), "user-1".to_owned(), "unknown".to_owned()];
    let mut sealed = vec![];
    for subject in &subjects {
        sealed.push(vault.seal(subject, "address", ids::new(), "x").await.unwrap());
    }
    let retention = Retention {
        executor: Executor::new(world.store.clone()),
        vault: vault.clone(),
        clock: world.clock.clone(),
    };
    assert!(retention.round().await.unwrap().is_some(), "others may still have a key in memory");
    let opened = async || {
        let mut opened = vec![];
        for (subject, sealed) in subjects.iter().zip(&sealed) {
            opened.push(vault.open(subject, "address", sealed).await.unwrap().is_some());
        }
        opened
    };
    assert_eq!(opened().await, [false, false, true, true, true, true]);
    assert!(world.store.inner_stream("retention-logins").await.is_empty());

    sqlx::query("UPDATE tombstones SET destroyed_at = destroyed_at - interval '1 minute'")
        .execute(&scratch.pool)
        .await
        .unwrap();
    for _ in 0..2 {
        assert!(retention.round().await.unwrap().is_none());
    }
    let events = world.store.inner_stream("retention-logins").await;
    assert_eq!(events.len(), 1, "told once a day");
    assert_eq!(opened().await, [false, false, true, true, true, true]);
}
