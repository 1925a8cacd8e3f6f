//! Given what was sealed and what was destroyed, when opened, then this is read.
use domain::sealed::Sealed;
use testing::Scratch;
use uuid::Uuid;
use vault::{MIGRATOR, Opening, Vault, VaultError};

const COMMAND: Uuid = Uuid::from_u128(42);
const SECRET: &str = "eva@example.org ✉";

fn vault_with(scratch: &Scratch, kek: &str) -> Vault {
    Vault::new(scratch.pool.clone(), &kek.repeat(32).into()).expect("32 bytes of hex")
}

fn vault(scratch: &Scratch) -> Vault {
    vault_with(scratch, "5a")
}

/// What opening came to, in a form that can be compared.
fn said(opened: Result<Option<String>, VaultError>) -> String {
    match opened {
        Ok(Some(text)) => text,
        Ok(None) => "erased".to_owned(),
        Err(VaultError::KeyMissing { .. }) => "missing".to_owned(),
        Err(VaultError::Tampered) => "tampered".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_sealed_value_opens_only_as_what_it_was_sealed() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let sealed = vault(&scratch).seal("user-1", "email", COMMAND, SECRET).await.unwrap();
    vault(&scratch).seal("user-2", "email", COMMAND, SECRET).await.unwrap();
    let parts: Vec<_> = sealed.0.split('.').map(str::to_owned).collect();
    let with = |n: usize, part: String| {
        let mut parts = parts.clone();
        parts[n] = part;
        parts.join(".")
    };
    let swap = |it: &str| it.replacen(&it[40..41], if &it[40..41] == "A" { "B" } else { "A" }, 1);

    for (case, subject, field, text, expected) in [
        ("as it was", "user-1", "email", sealed.0.clone(), SECRET),
        ("another person", "user-2", "email", sealed.0.clone(), "tampered"),
        ("another field", "user-1", "phone", sealed.0.clone(), "tampered"),
        ("shifted", "user-1e", "mail", sealed.0.clone(), "tampered"),
        (
            "another command",
            "user-1",
            "email",
            with(2, Uuid::nil().simple().to_string()),
            "tampered",
        ),
        ("a flipped bit", "user-1", "email", with(3, swap(&parts[3])), "tampered"),
        ("cut off", "user-1", "email", with(3, parts[3][..20].to_owned()), "tampered"),
        ("another key", "user-1", "email", with(1, Uuid::nil().simple().to_string()), "missing"),
        ("another version", "user-1", "email", with(0, "v2".to_owned()), "tampered"),
        ("a part more", "user-1", "email", format!("{}.x", sealed.0), "tampered"),
        ("not sealed at all", "user-1", "email", SECRET.to_owned(), "tampered"),
    ] {
        let opened = vault(&scratch).open(subject, field, &Sealed(text)).await;
        assert_eq!(said(opened), expected, "{case}");
    }
}

#[tokio::test]
async fn the_same_text_never_seals_to_the_same_bytes_and_shows_in_none() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let vault = vault(&scratch);
    let a = vault.seal("user-1", "email", COMMAND, SECRET).await.unwrap();
    let b = vault.seal("user-1", "email", COMMAND, SECRET).await.unwrap();
    let wrong = vault.open("user-1", "phone", &a).await.unwrap_err();

    assert_ne!(a, b);
    for shown in [format!("{a:?}"), format!("{wrong:?}"), wrong.to_string()] {
        assert!(!shown.contains("eva"), "{shown}");
    }
}

#[tokio::test]
async fn what_was_destroyed_reads_as_erased_and_what_was_lost_does_not() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let one = vault(&scratch);
    let event = Uuid::from_u128(7);
    let before = one.seal("user-1", "email", COMMAND, SECRET).await.unwrap();
    let address = one.seal("user-1/2026Q4", "ip", COMMAND, "10.0.0.1").await.unwrap();
    let namesake = one.seal("user-10", "email", COMMAND, SECRET).await.unwrap();
    let lost = one.seal("user-3", "email", COMMAND, SECRET).await.unwrap();
    one.destroy("user-1", Some(event)).await.unwrap();
    one.destroy("user-1", Some(event)).await.expect("twice does no harm");
    sqlx::query("DELETE FROM data_keys WHERE subject = 'user-3'")
        .execute(&scratch.pool)
        .await
        .unwrap();

    for (who, vault) in
        [("the vault that destroyed", one.clone()), ("a vault begun later", vault(&scratch))]
    {
        let after = vault.seal("user-1", "email", COMMAND, SECRET).await.unwrap();
        let later = vault.seal("user-1/2027Q1", "ip", COMMAND, "10.0.0.1").await.unwrap();
        for (case, subject, field, sealed, expected) in [
            ("before", "user-1", "email", &before, "erased"),
            ("before, a part", "user-1/2026Q4", "ip", &address, "erased"),
            ("after", "user-1", "email", &after, "erased"),
            ("after, a new part", "user-1/2027Q1", "ip", &later, "erased"),
            ("a namesake", "user-10", "email", &namesake, SECRET),
        ] {
            assert_eq!(said(vault.open(subject, field, sealed).await), expected, "{case}, {who}");
        }
        assert_eq!(after.0, "v1.erased", "{who}");
    }
    assert_eq!(said(vault(&scratch).open("user-3", "email", &lost).await), "missing");
    let tombs: (i64, i64) = sqlx::query_as("SELECT count(*), count(event_id) FROM tombstones")
        .fetch_one(&scratch.pool)
        .await
        .unwrap();
    assert_eq!(tombs, (2, 2), "one tombstone for each key, with the event that asked for it");
}

#[tokio::test]
async fn one_part_can_be_destroyed_alone() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let vault = vault(&scratch);
    let email = vault.seal("user-1", "email", COMMAND, SECRET).await.unwrap();
    vault.destroy("user-1/2026Q4", None).await.unwrap();

    let address = vault.seal("user-1/2026Q4", "ip", COMMAND, "10.0.0.1").await.unwrap();
    assert_eq!(said(vault.open("user-1/2026Q4", "ip", &address).await), "erased");
    assert_eq!(said(vault.open("user-1", "email", &email).await), SECRET);
}

#[tokio::test]
async fn a_key_that_a_backup_brings_back_opens_nothing() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let sealed = vault(&scratch).seal("user-1", "email", COMMAND, SECRET).await.unwrap();
    sqlx::query("INSERT INTO tombstones (key_id, subject) SELECT key_id, subject FROM data_keys")
        .execute(&scratch.pool)
        .await
        .unwrap();

    assert_eq!(said(vault(&scratch).open("user-1", "email", &sealed).await), "erased");
    let after = vault(&scratch).seal("user-1", "email", COMMAND, SECRET).await.unwrap();
    assert_eq!(after.0, "v1.erased");
}

#[tokio::test]
async fn however_many_seal_first_there_is_one_key() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let racers = (0..20).map(|_| {
        let vault = vault(&scratch);
        tokio::spawn(async move { vault.seal("user-1", "email", COMMAND, SECRET).await.unwrap() })
    });
    let mut sealed = Vec::new();
    for it in racers.collect::<Vec<_>>() {
        sealed.push(it.await.unwrap());
    }

    let keys: i64 = sqlx::query_scalar("SELECT count(*) FROM data_keys")
        .fetch_one(&scratch.pool)
        .await
        .unwrap();
    assert_eq!(keys, 1);
    let vault = vault(&scratch);
    for it in &sealed {
        assert_eq!(said(vault.open("user-1", "email", it).await), SECRET);
    }
}

/// Whoever was faster: after an erasure nobody reads anything, and no key is left that could.
#[tokio::test]
async fn a_key_made_during_an_erasure_does_not_outlive_it() {
    let scratch = Scratch::new(&MIGRATOR).await;
    for round in 0..20 {
        let subject = format!("user-{round}");
        let (sealer, destroyer) = (vault(&scratch), vault(&scratch));
        let part = format!("{subject}/2026Q4");
        let (sealed, destroyed) = tokio::join!(
            sealer.seal(&part, "ip", COMMAND, "10.0.0.1"),
            destroyer.destroy(&subject, None),
        );
        destroyed.unwrap();

        assert_eq!(
            said(vault(&scratch).open(&part, "ip", &sealed.unwrap()).await),
            "erased",
            "{round}"
        );
    }
    let keys: i64 = sqlx::query_scalar("SELECT count(*) FROM data_keys")
        .fetch_one(&scratch.pool)
        .await
        .unwrap();
    assert_eq!(keys, 0);
}

#[tokio::test]
async fn many_are_sealed_and_opened_at_once_each_with_its_own_outcome() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let first = vault(&scratch);
    let fields = [("email", SECRET), ("display_name", "Eva"), ("phone", "")];
    let sealed = first.seal_many("user-1", COMMAND, &fields).await.unwrap();
    let other = first.seal("user-2", "email", COMMAND, "otto@example.org").await.unwrap();
    first.destroy("user-2", None).await.unwrap();

    let openings = [
        Opening { subject: "user-1", field: "email", sealed: &sealed[0] },
        Opening { subject: "user-1", field: "email", sealed: &sealed[1] },
        Opening { subject: "user-1", field: "phone", sealed: &sealed[2] },
        Opening { subject: "user-2", field: "email", sealed: &other },
        Opening { subject: "user-1", field: "email", sealed: &Sealed("nonsense".to_owned()) },
    ];
    let opened = vault(&scratch).open_many(&openings).await.unwrap();
    let opened: Vec<_> = opened.into_iter().map(said).collect();
    assert_eq!(opened, [SECRET, "tampered", "", "erased", "tampered"]);
}

#[tokio::test]
async fn another_key_encryption_key_opens_nothing_and_says_so() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let sealed = vault(&scratch).seal("user-1", "email", COMMAND, SECRET).await.unwrap();
    vault(&scratch).keep("jwt/1", b"private").await.unwrap();
    let stranger = vault_with(&scratch, "a5");

    assert!(matches!(
        stranger.open("user-1", "email", &sealed).await,
        Err(VaultError::WrongKek { .. })
    ));
    assert!(matches!(
        stranger.seal("user-1", "email", COMMAND, SECRET).await,
        Err(VaultError::WrongKek { .. })
    ));
    assert!(matches!(stranger.kept("jwt/1").await, Err(VaultError::WrongKek { .. })));
}

#[tokio::test]
async fn a_key_encryption_key_is_32_bytes_of_hex() {
    let scratch = Scratch::new(&MIGRATOR).await;
    for (kek, fits) in [
        ("5a".repeat(32), true),
        (format!("{}\n", "5A".repeat(32)), true),
        ("5a".repeat(31), false),
        ("5a".repeat(33), false),
        ("zz".repeat(32), false),
        ("+5".repeat(32), false),
        (String::new(), false),
    ] {
        assert_eq!(Vault::new(scratch.pool.clone(), &kek.clone().into()).is_ok(), fits, "{kek:?}");
    }
}

#[tokio::test]
async fn the_first_secret_under_a_name_stays_and_lies_wrapped() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let vault = vault(&scratch);
    vault.keep("jwt/1", b"the first").await.unwrap();
    vault.keep("jwt/1", b"the second").await.unwrap();

    assert_eq!(vault.kept("jwt/1").await.unwrap().as_deref(), Some(&b"the first"[..]));
    assert_eq!(vault.kept("jwt/2").await.unwrap(), None);
    let wrapped: Vec<u8> = sqlx::query_scalar("SELECT wrapped FROM kept_secrets")
        .fetch_one(&scratch.pool)
        .await
        .unwrap();
    assert!(!wrapped.windows(5).any(|it| it == b"first"));
    sqlx::query("UPDATE kept_secrets SET name = 'jwt/3'").execute(&scratch.pool).await.unwrap();
    assert!(
        matches!(vault.kept("jwt/3").await, Err(VaultError::WrongKek { .. })),
        "moved to another name"
    );
}

#[tokio::test]
async fn a_lost_key_is_counted_until_it_is_back() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let sealed = vault(&scratch).seal("user-1", "email", COMMAND, SECRET).await.unwrap();
    let open = async || said(vault(&scratch).open("user-1", "email", &sealed).await);
    let run = async |sql| sqlx::query(sql).execute(&scratch.pool).await.unwrap();
    run("CREATE TABLE backup AS SELECT * FROM data_keys").await;
    run("DELETE FROM data_keys").await;
    for _ in 0..2 {
        assert_eq!((open().await.as_str(), ::vault::missing_keys()), ("missing", 1));
    }
    run("INSERT INTO data_keys SELECT * FROM backup").await;
    assert_eq!((open().await.as_str(), ::vault::missing_keys()), (SECRET, 0));
}
