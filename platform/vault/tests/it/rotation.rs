//! One key-encryption key gives way to another, whoever is killed in between, and nothing is lost.
use domain::sealed::Sealed;
use testing::Scratch;
use uuid::Uuid;
use vault::{MIGRATOR, Rewrapped, Under, Vault, VaultError};

const COMMAND: Uuid = Uuid::from_u128(42);
const PEOPLE: usize = 25;

fn vault(scratch: &Scratch, kek: &str, also: Option<&str>) -> Vault {
    let key = |it: &str| it.repeat(32).into();
    let also = also.map(key);
    Vault::with_also(scratch.pool.clone(), &key(kek), also.as_ref()).expect("32 bytes of hex")
}

async fn sealed(vault: &Vault) -> Vec<Sealed> {
    let mut sealed = vec![];
    for n in 0..PEOPLE {
        sealed.push(vault.seal(&format!("user-{n}"), "email", COMMAND, "x").await.unwrap());
    }
    sealed
}

/// How many open with this vault, which begins with nothing in memory.
async fn open(vault: &Vault, sealed: &[Sealed]) -> usize {
    let mut open = 0;
    for (n, it) in sealed.iter().enumerate() {
        match vault.open(&format!("user-{n}"), "email", it).await {
            Ok(Some(text)) => open += usize::from(text == "x"),
            Err(VaultError::WrongKek { .. }) => {}
            other => panic!("user-{n}: {other:?}"),
        }
    }
    open
}

async fn under(vault: &Vault) -> (usize, usize, usize) {
    let keys = vault.keys_after(None, 1_000).await.unwrap();
    let count = |of| keys.iter().filter(|it| it.under == of).count();
    (count(Under::Present), count(Under::Other), count(Under::Neither))
}

#[tokio::test]
async fn a_rotation_that_was_killed_goes_on_and_loses_nothing() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let before = sealed(&vault(&scratch, "0a", None)).await;
    vault(&scratch, "0a", None).keep("jwt", b"secret").await.unwrap();
    // Both open both from the moment both are given, whichever wraps.
    let during = || vault(&scratch, "0b", Some("0a"));
    assert_eq!(open(&during(), &before).await, PEOPLE);
    assert_eq!(under(&during()).await, (0, PEOPLE, 0));

    // Killed after the first step.
    let first = during().rewrap_after(None, 10).await.unwrap();
    assert_eq!((first.seen, first.rewrapped, first.strangers), (10, 10, 0));
    assert_eq!(under(&during()).await, (10, PEOPLE - 10, 0));
    assert_eq!(open(&during(), &before).await, PEOPLE, "one that knows both reads everything");
    assert_eq!(open(&vault(&scratch, "0a", Some("0b")), &before).await, PEOPLE, "either way round");
    assert_eq!(open(&vault(&scratch, "0a", None), &before).await, PEOPLE - 10);

    // From the beginning again, two at once.
    let (one, other) = tokio::join!(all(during()), all(during()));
    assert_eq!((one.seen, other.seen, one.strangers), (PEOPLE, PEOPLE, 0));
    assert_eq!(under(&during()).await, (PEOPLE, 0, 0));
    assert_eq!(during().rewrap_secrets().await.unwrap().rewrapped, 1);
    assert_eq!(all(during()).await.rewrapped, 0, "it is so already");

    let after = vault(&scratch, "0b", None);
    assert_eq!(open(&after, &before).await, PEOPLE, "the old one is not needed any more");
    assert_eq!(after.kept("jwt").await.unwrap().as_deref(), Some(&b"secret"[..]));
    assert_eq!(open(&vault(&scratch, "0a", None), &before).await, 0);
}

async fn all(vault: Vault) -> Rewrapped {
    let (mut after, mut sum) = (None, Rewrapped::default());
    loop {
        let step = vault.rewrap_after(after, 10).await.unwrap();
        let Some(last) = step.last else { return sum };
        after = Some(last);
        sum.seen += step.seen;
        sum.rewrapped += step.rewrapped;
        sum.strangers += step.strangers;
    }
}

#[tokio::test]
async fn what_neither_opens_is_counted_and_left_alone() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let before = sealed(&vault(&scratch, "0a", None)).await;
    let wrong = vault(&scratch, "0c", Some("0b"));
    assert_eq!(under(&wrong).await, (0, 0, PEOPLE));
    assert_eq!((all(wrong.clone()).await.strangers, all(wrong).await.rewrapped), (PEOPLE, 0));
    assert_eq!(open(&vault(&scratch, "0a", None), &before).await, PEOPLE);
}

#[tokio::test]
async fn whoever_was_destroyed_and_is_there_again_is_found() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let it = vault(&scratch, "0a", None);
    sealed(&it).await;
    for gone in ["user-1", "user-2"] {
        it.destroy(gone, Some(COMMAND)).await.unwrap();
    }
    let asked: Vec<String> = ["user-1", "user-2", "user-9"].map(str::to_owned).into();
    assert_eq!(it.not_destroyed(&asked).await.unwrap(), ["user-9"], "one is there");
    // A backup of before: the key and no tombstone. And one of before the person came: neither.
    sqlx::query("DELETE FROM tombstones WHERE subject = 'user-2'")
        .execute(&scratch.pool)
        .await
        .unwrap();
    assert_eq!(it.not_destroyed(&asked[..2]).await.unwrap(), ["user-2"]);
    let tombstones = it.tombstones_after(None, 10).await.unwrap();
    let [one] = tombstones.as_slice() else { panic!("{tombstones:?}") };
    assert_eq!((one.subject.as_str(), one.event), ("user-1", Some(COMMAND)));
}
