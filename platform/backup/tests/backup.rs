//! Given a log and a vault, when they are put away and the disk, or somebody, does what they do, then this is what comes
//! back.
use std::path::{Path, PathBuf};
use std::sync::Arc;

use backup::{Archive, BackupError, Folder, Identity, Manifest, Restored, Seal, Taken, Taking};
use event_store::copy::Copy;
use event_store::memory::MemoryStore;
use event_store::{
    Expected, LogId, Metadata, NewEvent, Position, Store, event_id, log_id, open_log,
};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use testing::Scratch;
use uuid::Uuid;
use vault::Vault;

const COMMAND: Uuid = Uuid::from_u128(42);
const SECRET: &str = "eva@example.org";

struct World {
    store: Store,
    log: LogId,
    vault_db: Scratch,
    folder: tempdir::Folder,
    identity: Identity,
    seal: Seal,
    now: Timestamp,
}

/// A folder that goes with the test.
mod tempdir {
    use std::path::PathBuf;

    pub struct Folder(pub PathBuf);

    impl Folder {
        pub fn new() -> Self {
            let path =
                std::env::temp_dir().join(format!("courtside-backup-{}", runtime::ids::new()));
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

fn kek(byte: &str) -> SecretString {
    byte.repeat(32).into()
}

impl World {
    async fn new() -> Self {
        let store: Store = Arc::new(MemoryStore::default());
        let log = open_log(&store, Uuid::from_u128(7), Timestamp::UNIX_EPOCH).await.unwrap();
        let world = Self {
            store,
            log,
            vault_db: Scratch::new(&vault::MIGRATOR).await,
            folder: tempdir::Folder::new(),
            identity: Identity::generate(),
            seal: Seal::new(&kek("0a"), None),
            now: Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 20_000),
        };
        world.happens(3).await;
        world
    }

    fn vault(db: &Scratch) -> Vault {
        Vault::new(db.pool.clone(), &kek("0a")).unwrap()
    }

    /// Somebody registers, once more, and says something that is no JSON of ours.
    async fn happens(&self, count: u64) {
        for _ in 0..count {
            let n = self.store.head().await.unwrap();
            let (stream, subject) = (format!("user-{n}"), format!("user-{n}"));
            let email = Self::vault(&self.vault_db).seal(&subject, "email", COMMAND, SECRET).await;
            let data = format!("{{ \"email\":\"{}\",\n\"odd\" : 1.0}}", email.unwrap().0);
            let event = NewEvent {
                id: event_id(&stream, 0, COMMAND),
                kind: "user.registered.v1".to_owned(),
                data: data.into_bytes(),
                meta: Metadata::new(COMMAND, self.now).actor("system:test"),
            };
            self.store.append(&stream, Expected::NoStream, vec![event]).await.unwrap();
        }
    }

    async fn take(&mut self, full: bool) -> Result<Taken, BackupError> {
        self.now += SignedDuration::from_hours(1);
        let taking = Taking {
            folder: &Folder::at(&self.folder.0),
            store: &self.store,
            log: self.log,
            vault: &self.vault_db.pool,
            recipients: &[self.identity.to_public()],
            seal: &self.seal,
            now: self.now,
            full,
            full_after: SignedDuration::from_hours(7 * 24),
            keep: 2,
            progress: &|_, _| {},
        };
        taking.run().await
    }

    fn open(&self) -> Result<Archive, BackupError> {
        let chain = Folder::at(&self.folder.0).newest()?;
        Archive::open(chain, vec![self.identity.clone()], &self.seal)
    }

    fn names(chain: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(chain).unwrap();
        let mut names: Vec<String> =
            entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Everything, in order, but the stream that says which log it is.
async fn all(store: &Store) -> Vec<(String, u64, Uuid, Vec<u8>, Metadata)> {
    let events = store.read_all(0, 10_000).await.unwrap().into_iter();
    events
        .filter(|it| it.stream != "log")
        .map(|it| (it.stream, it.revision, it.id, it.data, it.meta))
        .collect()
}

async fn restore(archive: Archive, to: &Store, vault: &Scratch) -> (u64, Restored) {
    let restored = archive.restore_vault(&vault.pool).await.unwrap();
    let source: Store = Arc::new(archive);
    let copy = Copy { source: &source, target: to, until: None, progress: &|_, _, _| {} };
    let copied = copy.run(Uuid::from_u128(8), Timestamp::UNIX_EPOCH).await.unwrap();
    (copied.copied, restored)
}

async fn rows(db: &Scratch) -> Vec<String> {
    let rows = "SELECT to_jsonb(it)::text FROM data_keys AS it ORDER BY key_id";
    sqlx::query_scalar(rows).fetch_all(&db.pool).await.unwrap()
}

#[tokio::test]
async fn what_was_put_away_in_pieces_comes_back_whole_and_a_second_time_is_nothing() {
    let mut world = World::new().await;
    let first = world.take(false).await.unwrap();
    assert_eq!((first.events, first.manifest.segments.len(), first.manifest.vault.keys), (4, 1, 3));
    world.happens(2).await;
    let second = world.take(false).await.unwrap();
    assert_eq!(
        (second.events, second.manifest.segments.len(), second.manifest.vault.keys),
        (2, 2, 5)
    );
    let third = world.take(false).await.unwrap();
    assert_eq!((third.events, third.manifest.segments.len()), (0, 2), "nothing happened");
    assert_eq!(World::names(&third.chain).len(), 4, "of the vault, the newest copy alone is kept");

    let archive = world.open().unwrap();
    archive.check(&|_| {}).unwrap();
    assert_eq!(archive.read_whole().unwrap(), 6);
    let (to, vault): (Store, _) =
        (Arc::new(MemoryStore::default()), Scratch::new(&vault::MIGRATOR).await);
    assert_eq!(restore(archive, &to, &vault).await, (5, Restored::Written));
    assert_eq!(all(&to).await, all(&world.store).await);
    assert_eq!(rows(&vault).await, rows(&world.vault_db).await);
    assert_ne!(log_id(&to).await.unwrap(), Some(world.log), "it is another log");
    let again = restore(world.open().unwrap(), &to, &vault).await;
    assert_eq!(again, (0, Restored::WasThere));
}

#[tokio::test]
async fn what_a_killed_run_leaves_is_in_nobodys_way() {
    let mut world = World::new().await;
    // Before there was a manifest at all, in the middle of a file, and with a segment that nothing names.
    let unborn = world.folder.0.join("20240101T000000000Z");
    std::fs::create_dir_all(&unborn).unwrap();
    std::fs::write(unborn.join("log-000000000000.jsonl.gz.age.part"), "half").unwrap();
    let first = world.take(false).await.unwrap();
    assert!(!unborn.exists());
    world.happens(1).await;
    for left in ["log-000000000004.jsonl.gz.age", "vault-x.jsonl.gz.age", "manifest.json.part"] {
        std::fs::write(first.chain.join(left), "half").unwrap();
    }
    let second = world.take(false).await.unwrap();
    assert_eq!(second.chain, first.chain);
    let archive = world.open().unwrap();
    archive.check(&|_| {}).unwrap();
    assert_eq!(archive.read_whole().unwrap(), 5);
    assert_eq!(World::names(&second.chain).len(), 4, "two segments, a vault, a manifest");
}

#[tokio::test]
async fn two_at_once_are_one_and_a_refusal() {
    let mut world = World::new().await;
    let folder = Folder::at(&world.folder.0);
    let lock = folder.lock().unwrap();
    assert!(matches!(world.take(false).await, Err(BackupError::Busy(_))));
    drop(lock);
    world.take(false).await.unwrap();
}

#[tokio::test]
async fn the_newest_two_chains_are_kept_and_nothing_else_in_the_folder_is_touched() {
    let mut world = World::new().await;
    std::fs::create_dir_all(world.folder.0.join("mine")).unwrap();
    let mut chains = Vec::new();
    for _ in 0..3 {
        chains.push(world.take(true).await.unwrap().chain);
    }
    assert_eq!(Folder::at(&world.folder.0).chains().unwrap(), chains[1..]);
    assert!(world.folder.0.join("mine").is_dir());
    let last = chains[2].clone();
    world.now += SignedDuration::from_hours(6 * 24);
    assert_eq!(world.take(false).await.unwrap().chain, last);
    world.now += SignedDuration::from_hours(24);
    assert_ne!(
        world.take(false).await.unwrap().chain,
        last,
        "after a week it begins again by itself"
    );
}

#[tokio::test]
async fn a_log_that_is_not_the_one_that_was_put_away_is_told() {
    let mut world = World::new().await;
    world.take(false).await.unwrap();
    let again: Store = Arc::new(MemoryStore::default());
    let log = open_log(&again, world.log.0, Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(log, world.log);
    let before = std::mem::replace(&mut world.store, again);
    let refused = world.take(false).await.unwrap_err();
    assert!(refused.to_string().contains("restored to an earlier point"), "{refused}");
    world.log = LogId(Uuid::from_u128(9));
    let refused = world.take(false).await.unwrap_err();
    assert!(refused.to_string().contains("another id"), "{refused}");
    world.take(true).await.expect("a chain of its own");
    drop(before);
}

/// Does something to a file of a chain.
type Damage = fn(&Path);

fn change(path: PathBuf, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(&path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

fn segment(chain: &Path) -> PathBuf {
    chain.join("log-000000000000.jsonl.gz.age")
}

fn manifest(chain: &Path, edit: impl FnOnce(&mut Manifest)) {
    let path = chain.join("manifest.json");
    let mut manifest = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    edit(&mut manifest);
    std::fs::write(path, serde_json::to_vec(&manifest).unwrap()).unwrap();
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn whatever_is_done_to_a_file_is_told() {
    let damages: [(&str, Damage, &str); 9] = [
        ("a flipped bit",       |it| change(segment(it), |it| *it.last_mut().unwrap() ^= 1),           "SHA-256"),
        ("cut short",           |it| change(segment(it), |it| it.truncate(it.len() - 1)),              "cut short"),
        ("longer",              |it| change(segment(it), |it| it.push(0)),                             "too long"),
        ("gone",                |it| std::fs::remove_file(segment(it)).unwrap(),                       "missing"),
        ("no manifest",         |it| std::fs::write(it.join("manifest.json"), "{}").unwrap(),          "no manifest"),
        ("a later format",      |it| manifest(it, |it| it.format = 2),                                 "no manifest"),
        ("fewer events",        |it| manifest(it, |it| it.position -= 1),                              "changed"),
        ("a segment left out",  |it| manifest(it, |it| it.segments.clear()),                           "changed"),
        ("no code",             |it| manifest(it, |it| it.code.clear()),                               "changed"),
    ];
    for (case, damage, expected) in damages {
        let mut world = World::new().await;
        let chain = world.take(false).await.unwrap().chain;
        damage(&chain);
        let told = world.open().and_then(|it| it.check(&|_| {})).expect_err(case);
        assert!(told.to_string().contains(expected), "{case}: {told}");
    }
}

#[tokio::test]
async fn only_the_right_keys_open_it() {
    let mut world = World::new().await;
    let chain = world.take(false).await.unwrap().chain;
    let stranger = Archive::open(chain.clone(), vec![Identity::generate()], &world.seal).unwrap();
    stranger.check(&|_| {}).expect("whole it is all the same");
    assert!(matches!(stranger.read_whole(), Err(BackupError::Locked(_))));
    let open = |seal: &Seal| Archive::open(chain.clone(), vec![], seal);
    assert!(matches!(open(&Seal::new(&kek("0b"), None)), Err(BackupError::Forged(_))));
    assert!(open(&Seal::new(&kek("0b"), Some(&kek("0a")))).is_ok(), "while it is exchanged");
    let text = std::fs::read(segment(&chain)).unwrap();
    assert!(!String::from_utf8_lossy(&text).contains("user"), "nothing of it is in clear");
}

#[tokio::test]
async fn a_vault_with_something_else_in_it_is_left_alone() {
    let mut world = World::new().await;
    world.take(false).await.unwrap();
    let other = Scratch::new(&vault::MIGRATOR).await;
    World::vault(&other).seal("user-x", "email", COMMAND, SECRET).await.unwrap();
    let before = rows(&other).await;
    let refused = world.open().unwrap().restore_vault(&other.pool).await;
    assert!(matches!(refused, Err(BackupError::OtherVault)), "{refused:?}");
    assert_eq!(rows(&other).await, before);
}

#[tokio::test]
async fn a_chain_of_many_segments_is_read_at_any_place() {
    let mut world = World::new().await;
    for _ in 0..5 {
        world.take(false).await.unwrap();
        world.happens(3).await;
    }
    world.take(false).await.unwrap();
    let archive = world.open().unwrap();
    let source: Store = Arc::new(archive);
    let there = world.store.read_all(0, 1_000).await.unwrap();
    let mut seen = Vec::new();
    let mut after: Position = 0;
    loop {
        let page = source.read_all(after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.position;
        seen.extend(page);
    }
    assert_eq!(seen, there);
    let last = there.last().unwrap();
    let found = source.read_stream(&last.stream, 0, 10).await.unwrap();
    assert_eq!(found.iter().map(|it| it.id).collect::<Vec<_>>(), [last.id]);
}
