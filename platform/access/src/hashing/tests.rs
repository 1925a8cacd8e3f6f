use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

fn pool(pepper: &str) -> HashPool {
    with(&[(1, pepper)])
}

/// The first of these is today's.
fn with(peppers: &[(u32, &str)]) -> HashPool {
    HashPool::start(1, Peppers::test(peppers))
}

async fn right(pool: &HashPool, password: &str, verifier: Option<(String, u32)>) -> bool {
    check(pool, password, verifier).await != Checked::Wrong
}

async fn check(pool: &HashPool, password: &str, verifier: Option<(String, u32)>) -> Checked {
    pool.verify(pool.turn().expect("the pool has room"), password.into(), verifier)
        .await
        .expect("the pool has room")
}

#[tokio::test]
async fn only_the_password_that_was_hashed_is_right() {
    let pool = pool("pepper");
    let hashed = pool.hash("Ångström is a 长 password".into()).await.expect("the pool has room");

    for (password, is_right) in [
        ("Ångström is a 长 password", true),
        // The same text from a keyboard that composes differently.
        ("A\u{30a}ngstro\u{308}m is a 长 password", true),
        ("ångström is a 长 password", false),
        ("", false),
    ] {
        assert_eq!(right(&pool, password, Some(hashed.clone())).await, is_right, "{password:?}");
    }
}

#[tokio::test]
async fn a_verifier_is_a_phc_string_that_argon2_reads_itself() {
    let (verifier, pepper) =
        pool("pepper").hash("a good password".into()).await.expect("the pool has room");

    assert_eq!(pepper, 1);
    assert!(verifier.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{verifier}");
    let argon2 =
        Argon2::new_with_secret(b"pepper", Algorithm::Argon2id, Version::V0x13, TODAY).unwrap();
    argon2::PasswordVerifier::<str>::verify_password(&argon2, b"a good password", &verifier)
        .unwrap();
}

#[tokio::test]
async fn nothing_is_right_without_a_verifier_that_can_be_used() {
    let pool = pool("pepper");
    let (good, _) = pool.hash("a good password".into()).await.unwrap();

    for (case, verifier) in [
        ("nobody by that name", None),
        ("another pepper's version", Some((good.clone(), 2))),
        ("no PHC string", Some(("a good password".to_owned(), 1))),
        ("no hash", Some(("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ".to_owned(), 1))),
        ("another kind of Argon2", Some((good.replace("argon2id", "argon2i"), 1))),
        ("a gigabyte", Some((good.replace("m=19456", "m=1048576"), 1))),
        ("a thousand passes", Some((good.replace("t=2", "t=1000"), 1))),
    ] {
        assert!(!right(&pool, "a good password", verifier).await, "{case}");
    }
    assert!(right(&pool, "a good password", Some((good, 1))).await, "the pool still works");
}

#[tokio::test]
async fn a_hash_is_worth_nothing_without_its_pepper() {
    let hashed = pool("pepper").hash("a good password".into()).await.unwrap();
    assert!(!right(&pool("salt"), "a good password", Some(hashed)).await);
}

#[tokio::test]
async fn an_older_pepper_opens_what_was_made_with_it_and_makes_nothing() {
    let before = with(&[(1, "salt")]).hash("a good password".into()).await.unwrap();
    let pool = with(&[(2, "pepper"), (1, "salt")]);
    assert_eq!(
        check(&pool, "a good password", Some(before.clone())).await,
        Checked::RightAndOutdated
    );
    assert_eq!(check(&pool, "a bad password", Some(before.clone())).await, Checked::Wrong);
    let anew = pool.hash("a good password".into()).await.unwrap();
    assert_eq!(anew.1, 2);
    assert_eq!(check(&pool, "a good password", Some(anew.clone())).await, Checked::Right);
    // Named by another version, it is another pepper's.
    assert_eq!(check(&pool, "a good password", Some((anew.0, 1))).await, Checked::Wrong);
    let without = with(&[(2, "pepper")]);
    assert_eq!(check(&without, "a good password", Some(before)).await, Checked::Wrong);
}

#[tokio::test]
async fn cheaper_parameters_are_outdated() {
    let pool = pool("pepper");
    let cheap = Params::new(8 * 1024, 1, 1, None).unwrap();
    let argon2 =
        Argon2::new_with_secret(b"pepper", Algorithm::Argon2id, Version::V0x13, cheap.clone())
            .unwrap();
    let (salt, mut hash) = ([7; SALT_BYTES], [0; HASH_BYTES]);
    argon2.hash_password_into(b"a good password", &salt, &mut hash).unwrap();
    let cheap = Verifier { params: cheap, pepper: 1, salt: salt.to_vec(), hash: hash.to_vec() };
    let checked = check(&pool, "a good password", Some((cheap.to_phc(), 1))).await;
    assert_eq!(checked, Checked::RightAndOutdated);
}

#[tokio::test]
async fn whatever_is_asked_it_is_one_hash() {
    let pool = with(&[(2, "pepper"), (1, "salt")]);
    let old = with(&[(1, "salt")]).hash("a good password".into()).await.unwrap();
    let unknown = (old.0.clone(), 3);
    for (n, verifier) in (1..).zip([None, Some(old), Some(unknown), Some((String::new(), 1))]) {
        check(&pool, "a bad password", verifier).await;
        assert_eq!(pool.hashes.get(), n);
    }
}

fn submit<T: Send + 'static>(
    pool: &HashPool,
    work: impl FnOnce(&mut Hasher) -> T + Send + 'static,
) -> Result<oneshot::Receiver<T>, Busy> {
    pool.submit(pool.turn()?, work)
}

/// Occupies the only thread until the returned sender is dropped.
fn occupy(pool: &HashPool) -> std::sync::mpsc::Sender<()> {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (begin, begun) = std::sync::mpsc::channel::<()>();
    let answer = submit(pool, move |_| {
        drop(begin);
        let _ = released.recv();
    });
    // The job is skipped when its receiver is dropped, so it has to be running first.
    let _ = begun.recv();
    drop(answer);
    release
}

#[tokio::test]
async fn the_thirty_third_in_line_is_sent_away() {
    let pool = pool("pepper");
    let busy = occupy(&pool);

    let mut waiting = Vec::new();
    for place in 1..=QUEUE_PER_THREAD {
        waiting.push(submit(&pool, |_| ()).unwrap_or_else(|_| panic!("place {place} is taken")));
    }
    assert!(pool.hash("one too many".into()).await.is_err());

    drop(busy);
    for it in waiting {
        it.await.expect("those in line are served");
    }
    assert!(pool.hash("in time".into()).await.is_ok());
}

#[tokio::test]
async fn a_caller_who_left_costs_nothing() {
    let pool = pool("pepper");
    let busy = occupy(&pool);
    let done = Arc::new(AtomicUsize::new(0));

    for leaves in [true, false, true] {
        let done = done.clone();
        let answer = submit(&pool, move |_| done.fetch_add(1, Ordering::Relaxed)).unwrap();
        if !leaves {
            tokio::spawn(answer);
        }
    }
    drop(busy);

    pool.hash("the last in line".into()).await.unwrap();
    assert_eq!(done.load(Ordering::Relaxed), 1);
}
