//! A backup is taken while people book, everything is lost, and the backup and the keys bring it back.
use std::path::PathBuf;
use std::time::Duration;

use acceptance::chaos::audit_verifies;
use acceptance::{Client, PASSWORD, Process, Servers, Stack};
use serde_json::{Value, json};
use testing::eventually;

const SOON: Duration = Duration::from_mins(2);

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("courtside-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("a folder");
    path
}

/// Holds and confirms `count` places, and returns what was answered.
async fn book(me: &Client, day: i64, count: usize) -> Vec<Value> {
    let mut booked = Vec::new();
    for n in 0..count {
        let hour = 8 + n;
        let path = Client::search_path(
            "riverside",
            day,
            &format!("{hour:02}:00"),
            &format!("{:02}:00", hour + 1),
        );
        let place = Client::place(&me.get(&path).await.expect(200), 0);
        let held = me.hold(&format!("backup {day} {n}"), &place).await.expect(201);
        booked.push(me.booking(&held.text("id"), "confirm").await.expect(200).body);
    }
    booked
}

struct Backups {
    folder: PathBuf,
    identity: String,
    environment: Vec<(String, String)>,
}

impl Backups {
    async fn begin(servers: &Servers) -> Self {
        let folder = folder("backups");
        let identity = folder.join("identity").display().to_string();
        let mut environment = servers.environment.clone();
        let (well, said) = Process::run(&["backup", "key", &identity], &environment).await;
        assert!(well, "{said}");
        let recipient = said.lines().find(|it| it.starts_with("age1")).expect("a recipient");
        environment.push(("BACKUP_RECIPIENTS".to_owned(), recipient.to_owned()));
        environment.push(("BACKUP_DIR".to_owned(), folder.display().to_string()));
        environment.push(("BACKUP_IDENTITY_FILE".to_owned(), identity.clone()));
        Self { folder, identity, environment }
    }

    async fn run(&self, what: &[&str], environment: &[(String, String)]) -> String {
        let arguments = [&["backup"], what].concat();
        let (well, said) = Process::run(&arguments, environment).await;
        assert!(well, "{what:?}: {said}");
        said
    }

    async fn refused(&self, what: &[&str], words: &str) {
        let arguments = [&["backup"], what].concat();
        let (well, said) = Process::run(&arguments, &self.environment).await;
        assert!(!well && said.contains(words), "{what:?}: {said}");
    }

    /// Empty databases and an empty broker, with the same keys.
    async fn elsewhere(&self) -> Servers {
        let mut servers = Servers::scratch().await;
        let keys = ["KEK", "INDEX_KEY", "PEPPER", "REFRESH_KEY", "MAIL_KEY", "AUDIT_KEY"];
        let kept = self
            .environment
            .iter()
            .filter(|(name, _)| keys.contains(&name.as_str()) || name.starts_with("BACKUP_"));
        servers.environment.extend(kept.cloned());
        servers.with("COURTSIDE_DEMO", "true")
    }
}

#[tokio::test]
async fn what_was_answered_is_there_after_everything_is_lost() {
    let mut stack = Stack::demo().await;
    let anyone = stack.client();
    let backups = Backups::begin(&stack.servers).await;
    let (me, gone) = (anyone.newcomer("keeper").await, anyone.newcomer("leaver").await);
    let token = me.token.clone();

    // Somebody is forgotten before.
    let id = gone.get("/v1/me").await.expect(200).text("id");
    let erase = json!({ "current_password": PASSWORD });
    gone.delete_with("/v1/me", erase).await.expect(202);
    let admin = anyone.login("admin", PASSWORD).await;
    let account = format!("/v1/users/{id}");
    eventually("somebody is forgotten", SOON, async || {
        admin.get(&account).await.body["email"] == "[erased]"
    })
    .await;

    // While people book, and once more afterwards: what came between is added.
    let load = {
        let me = me.clone();
        tokio::spawn(async move { book(&me, 9, 2).await })
    };
    backups.run(&["take"], &backups.environment).await;
    let mut booked = load.await.expect("a load");
    booked.extend(book(&anyone.login("player", PASSWORD).await, 10, 2).await);
    let taken = backups.run(&["take", "--json"], &backups.environment).await;
    let taken: Value = serde_json::from_str(taken.trim()).expect("JSON");
    assert!(0 < taken["events"].as_u64().expect("a count"), "{taken}");
    let listed = backups.run(&["list", "--json"], &backups.environment).await;
    assert!(listed.contains(taken["chain"].as_str().expect("a name")), "{listed}");
    backups.run(&["check"], &backups.environment).await;
    let drilled = backups.run(&["drill", "--json"], &backups.environment).await;
    assert!(drilled.contains("\"projections\""), "{drilled}");
    let sheet = format!(
        "/v1/venues/riverside/days/{}/sheet",
        booked[0]["local"]["date"].as_str().expect("a date")
    );
    let before = std::cell::RefCell::new(Value::Null);
    eventually("the sheet names who has booked", SOON, async || {
        before.replace(admin.get(&sheet).await.expect(200).body);
        before.borrow().to_string().contains("\"keeper\"")
    })
    .await;
    let before = before.into_inner();

    // Lost: processes, databases, broker.
    stack.process.kill();
    let servers = backups.elsewhere().await;
    let said = backups.run(&["restore"], &servers.environment).await;
    assert!(said.contains("The vault is back"), "{said}");
    let again = backups.run(&["restore"], &servers.environment).await;
    assert!(again.contains("0 of them now"), "a second time is nothing: {again}");

    let mut process = Process::start(&["up"], &servers.environment);
    process.ready().await;
    let there = Client::new(process.port, process.port);
    there.built().await;
    let login = there.login_answer("admin", PASSWORD).await.expect(201);
    let (admin, position) = (there.with_token(&login.text("access_token")), login.position());
    for it in &booked {
        let id = it["id"].as_str().expect("an id");
        let shown = admin.get_after(&format!("/v1/bookings/{id}"), &position).await.expect(200);
        assert_eq!((shown.text("state"), &shown.body["price"]), ("confirmed".into(), &it["price"]));
    }
    // Each read model comes to the end of the log by itself.
    let after = std::cell::RefCell::new(Value::Null);
    eventually("the read models are what they were", SOON, async || {
        after.replace(admin.get_after(&sheet, &position).await.expect(200).body);
        *after.borrow() == before
    })
    .await;
    let forgotten = admin.get_after(&account, &position).await.expect(200).body;
    assert_eq!(forgotten["email"], "[erased]", "forgotten stays forgotten: {forgotten}");
    // A token goes on: the key that signed it came back with the vault.
    there.with_token(&token.expect("a token")).get("/v1/me").await.expect(200);

    for what in [&["vault", "check"][..], &["events", "verify"]] {
        let (well, said) = Process::run(what, &servers.environment).await;
        assert!(well, "{what:?}: {said}");
    }
    audit_verifies(&servers.environment).await;
    let _ = std::fs::remove_dir_all(&backups.folder);
}

#[tokio::test]
async fn a_backup_that_cannot_be_used_says_why_and_changes_nothing() {
    let servers = Servers::scratch().await.with("COURTSIDE_DEMO", "true");
    let (well, said) = Process::run(&["demo", "load"], &servers.environment).await;
    assert!(well, "{said}");
    let backups = Backups::begin(&servers).await;
    backups.refused(&["check", "--in", "/nowhere/at/all"], "there is no backup").await;
    backups.refused(&["restore"], "there is no backup").await;
    backups.run(&["take"], &backups.environment).await;
    backups.refused(&["restore"], "both are the same log").await;
    backups.refused(&["key", &backups.identity], "is not written").await;
    backups.refused(&["take", "--for", "age1nobody"], "is no recipient").await;
    let stranger = backups.folder.join("stranger").display().to_string();
    backups.run(&["key", &stranger], &backups.environment).await;
    backups
        .refused(&["check", "--identity", &stranger], "opens with none of these identities")
        .await;
    let chain = std::fs::read_dir(&backups.folder).expect("a folder").filter_map(Result::ok);
    let chain = chain.map(|it| it.path()).find(|it| it.is_dir()).expect("a chain");
    let segment = chain.join("log-000000000000.jsonl.gz.age");
    let bytes = std::fs::read(&segment).expect("a segment");
    std::fs::write(&segment, &bytes[..bytes.len() - 1]).expect("a shorter one");
    for what in [&["check"][..], &["restore"], &["drill"]] {
        backups.refused(what, "it is cut short").await;
    }
    let _ = std::fs::remove_dir_all(&backups.folder);
}
