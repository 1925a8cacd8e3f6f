//! `courtside doctor` finds what is wrong, names it, says what to do, and hides nothing behind it.
use std::collections::BTreeMap;
use std::time::Duration;

use runtime::rabbitmq::{self, Topology};
use runtime::{Shutdown, migrations};
use scheduler::timers::rabbitmq::topology_for;
use secrecy::SecretString;
use serde_json::Value;
use testing::{Scratch, eventually};
use tokio::process::Command;
use uuid::Uuid;

use crate::double::Double;
use crate::double::authority::Authority;

/// Everything that the settings name, and all of it as it should be.
struct World {
    settings: BTreeMap<&'static str, String>,
    edge: Scratch,
    topology: Topology,
    _others: [Scratch; 3],
}

const KEYS: [&str; 6] = ["KEK", "INDEX_KEY", "PEPPER", "REFRESH_KEY", "MAIL_KEY", "AUDIT_KEY"];

impl World {
    async fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "queues of its own on a shared broker")]
        let prefix = format!("{}.", Uuid::now_v7().simple());
        Self::with(topology_for(&prefix, &[900])).await
    }

    #[expect(clippy::disallowed_methods, reason = "what ops/test says of its servers")]
    async fn with(topology: Topology) -> Self {
        let log = Scratch::new(&migrations::LOG).await;
        let vault = Scratch::new(&vault::MIGRATOR).await;
        let read = Scratch::new(&migrations::READ).await;
        let edge = Scratch::new(&migrations::EDGE).await;
        let amqp = std::env::var("TEST_AMQP_URL").expect("TEST_AMQP_URL; ops/test starts one");
        let mut settings = BTreeMap::from([
            ("EVENT_STORE_URL", log.url.clone()),
            ("VAULT_DATABASE_URL", vault.url.clone()),
            ("READ_DATABASE_URL", read.url.clone()),
            ("EDGE_DATABASE_URL", edge.url.clone()),
            ("AMQP_URL", amqp),
            ("AMQP_QUEUE_PREFIX", topology.prefix.clone()),
            ("COURTSIDE_DEMO", "true".to_owned()),
        ]);
        for (digit, key) in KEYS.iter().enumerate() {
            settings.insert(key, digit.to_string().repeat(64));
        }
        let world = Self { settings, edge, topology, _others: [log, vault, read] };
        world.make_queues().await;
        world
    }

    fn amqp(&self) -> SecretString {
        self.settings["AMQP_URL"].clone().into()
    }

    async fn make_queues(&self) {
        let shutdown = Shutdown::new();
        let (publisher, _consumer) =
            rabbitmq::start(&self.amqp(), self.topology.clone(), &shutdown);
        let made = async || publisher.connected();
        eventually("the queues are made", Duration::from_secs(30), made).await;
        shutdown.cancel();
    }

    async fn doctor(&self) -> Report {
        self.doctor_with(&[]).await
    }

    /// With some settings otherwise; an empty one is one not given.
    async fn doctor_with(&self, otherwise: &[(&'static str, String)]) -> Report {
        let mut settings = self.settings.clone();
        settings.extend(otherwise.iter().cloned());
        let mut command = Command::new(env!("CARGO_BIN_EXE_courtside"));
        let output = command.args(["doctor", "--json"]).env_clear().envs(settings).output().await;
        let output = output.expect("the binary runs");
        let code = output.status.code();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let findings = serde_json::from_slice(&output.stdout).unwrap_or_default();
        Report { code, said, findings }
    }

    async fn end(self) {
        rabbitmq::delete(&self.amqp(), &self.topology).await.expect("the queues can be deleted");
    }
}

#[derive(Debug)]
struct Report {
    code: Option<i32>,
    said: String,
    findings: Vec<Value>,
}

impl Report {
    #[track_caller]
    fn finding(&self, what: &str, check: &str) -> &Value {
        let found = self.findings.iter().find(|it| it["what"] == what && it["check"] == check);
        found.unwrap_or_else(|| panic!("{what} {check} in {self:#?}"))
    }

    /// The one thing that is not as it should be: what, which check, how bad, and words of what it says and advises.
    #[track_caller]
    fn only(&self, what: &str, check: &str, state: &str, says: &str, next: &str) {
        let bad: Vec<_> = self.findings.iter().filter(|it| it["state"] != "ok").collect();
        let [it] = bad.as_slice() else { panic!("not one but {}: {self:#?}", bad.len()) };
        let told = |name: &str| it[name].as_str().unwrap_or_default();
        assert_eq!((told("what"), told("check"), told("state")), (what, check, state), "{it:#}");
        assert!(told("says").contains(says) && told("next").contains(next), "{it:#}");
        assert_eq!(self.code, Some(i32::from(state == "fail")), "{}", self.said);
        let others = self.findings.len() - 1;
        assert!(10 < others, "{others} others were looked at all the same");
    }
}

#[tokio::test]
async fn where_all_is_well_it_says_so() {
    let world = World::new().await;
    let report = world.doctor().await;
    assert!(report.findings.iter().all(|it| it["state"] == "ok"), "{report:#?}");
    assert_eq!(report.code, Some(0), "{report:#?}");
    let whats: Vec<_> = report.findings.iter().filter_map(|it| it["what"].as_str()).collect();
    for what in ["log", "vault", "read", "edge", "broker", "mail", "keys", "disk"] {
        assert!(whats.contains(&what), "{what} was looked at");
    }
    world.end().await;
}

#[tokio::test]
async fn whatever_is_away_is_named_and_hides_nothing() {
    let world = World::new().await;
    // Nobody listens on a port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (setting, what, scheme) in [
        ("EVENT_STORE_URL", "log", "postgres"),
        ("EVENT_STORE_URL", "log", "esdb"),
        ("VAULT_DATABASE_URL", "vault", "postgres"),
        ("READ_DATABASE_URL", "read", "postgres"),
        ("EDGE_DATABASE_URL", "edge", "postgres"),
        ("AMQP_URL", "broker", "amqp"),
        ("SMTP_URL", "mail", "smtp"),
    ] {
        let nowhere = format!("{scheme}://127.0.0.1:{port}");
        let nowhere = if scheme == "esdb" { format!("{nowhere}?tls=false") } else { nowhere };
        let report = world.doctor_with(&[(setting, nowhere)]).await;
        report.only(what, "reachable", "fail", "", setting);
    }
    world.end().await;
}

#[tokio::test]
async fn a_certificate_is_looked_at_before_its_end() {
    let world = World::new().await;
    let directory = std::env::temp_dir().join(format!("courtside-doctor-{}", runtime::ids::new()));
    std::fs::create_dir(&directory).unwrap();
    let (certificate, key) = (directory.join("cert.pem"), directory.join("key.pem"));
    let tls = [("TLS_CERT_FILE", &certificate), ("TLS_KEY_FILE", &key)];
    let tls = tls.map(|(name, path)| (name, path.display().to_string()));
    world.doctor_with(&tls).await.only("tls", "certificate", "fail", "cert.pem", "renewed");

    let own = rcgen::KeyPair::generate().unwrap();
    std::fs::write(&key, own.serialize_pem()).unwrap();
    let soon = runtime::Clock::new().now() + jiff::SignedDuration::from_hours(24 * 5);
    let soon = soon.to_zoned(jiff::tz::TimeZone::UTC).date();
    let soon = rcgen::date_time_ymd(
        soon.year().into(),
        soon.month().unsigned_abs(),
        soon.day().unsigned_abs(),
    );
    let day = |year| rcgen::date_time_ymd(year, 1, 1);
    for (from, until, state, says) in [
        (day(2020), day(2120), "ok", "2120"),
        (day(2020), soon, "warn", "counts until"),
        (day(2020), day(2021), "fail", "has ended"),
        (day(2119), day(2120), "fail", "not yet"),
    ] {
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (from, until);
        std::fs::write(&certificate, params.self_signed(&own).unwrap().pem()).unwrap();
        let report = world.doctor_with(&tls).await;
        if state == "ok" {
            let found = report.finding("tls", "certificate");
            assert!(found["says"].as_str().unwrap().contains(says) && report.code == Some(0));
        } else {
            report.only("tls", "certificate", state, says, "Renew it");
        }
    }
    std::fs::remove_dir_all(&directory).unwrap();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_in_eventstoredb_is_asked_for_its_version() {
    let world = World::new().await;
    let double = Double::start().await;
    let log = [("EVENT_STORE_URL", double.url())];
    let report = world.doctor_with(&log).await;
    assert_eq!(report.code, Some(0), "{report:#?}");
    assert!(report.finding("log", "version")["says"].as_str().unwrap().contains("24.10.0"));
    for (version, says) in [(Some("21.2.0"), "21.2.0"), (None, "does not say")] {
        double.be(version);
        world.doctor_with(&log).await.only("log", "version", "warn", says, "21.10");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_there_is_no_tls_with_the_log_is_one_sentence() {
    let world = World::new().await;
    let (authority, stranger) = (Authority::new(), Authority::new());
    let trusting = |double: &Double, authority: &Authority| {
        format!("{}&tlsCAFile={}", double.url(), authority.file().display())
    };
    let double = Double::secured(authority.issue("127.0.0.1")).await;
    let elsewhere = Double::secured(authority.issue("elsewhere.test")).await;
    let plain = Double::start().await;
    let good = world.doctor_with(&[("EVENT_STORE_URL", trusting(&double, &authority))]).await;
    assert_eq!(good.code, Some(0), "{good:#?}");
    for (url, says, next) in [
        (trusting(&double, &stranger), "by no authority that is trusted here", "tlsCAFile"),
        (trusting(&elsewhere, &authority), "for another host", "as its certificate does"),
        (plain.url().replace("tls=false", "tls=true"), "does not speak TLS", "tls=false"),
        (double.url().replace("tls=true", "tls=false"), "nothing but TLS", "tls=true"),
        (format!("{}&tlsCAFile=/no/such.pem", double.url()), "/no/such.pem", "Correct"),
    ] {
        let report = world.doctor_with(&[("EVENT_STORE_URL", url)]).await;
        report.only("log", "reachable", "fail", says, next);
    }
    world.end().await;
}

#[tokio::test]
async fn who_is_not_let_in_is_told_which_setting_to_correct() {
    let world = World::new().await;
    for (setting, what) in [("EDGE_DATABASE_URL", "edge"), ("AMQP_URL", "broker")] {
        let url = &world.settings[setting];
        let (user, rest) = url.split_once('@').unwrap();
        let (user, _) = user.rsplit_once(':').unwrap();
        let report = world.doctor_with(&[(setting, format!("{user}:wrong@{rest}"))]).await;
        report.only(what, "reachable", "fail", "", "password");
    }
    let url = &world.settings["EDGE_DATABASE_URL"];
    let elsewhere = format!("{}/no_such_database", url.rsplit_once('/').unwrap().0);
    let report = world.doctor_with(&[("EDGE_DATABASE_URL", elsewhere)]).await;
    report.only("edge", "reachable", "fail", "no_such_database", "create it");
    world.end().await;
}

#[tokio::test]
async fn a_database_of_another_build_is_told_from_one_that_is_missing_steps() {
    let world = World::new().await;
    let run = async |sql: &'static str| sqlx::query(sql).execute(&world.edge.pool).await.unwrap();
    run("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 201").await;
    let report = world.doctor().await;
    report.only("edge", "migrations", "warn", "0201_inbox", "courtside migrate");
    let report = world.doctor_with(&[("RUN_MIGRATIONS", "false".to_owned())]).await;
    report.only("edge", "migrations", "fail", "0201_inbox", "courtside migrate");

    run("INSERT INTO _sqlx_migrations SELECT 201, description, installed_on, success, checksum, execution_time
         FROM _sqlx_migrations WHERE version = 9999").await;
    let report = world.doctor().await;
    report.only("edge", "migrations", "warn", "9999", "upgrade");

    run("UPDATE _sqlx_migrations SET checksum = 'otherwise' WHERE version = 101").await;
    let report = world.doctor().await;
    report.only("edge", "migrations", "fail", "0101_idempotency", "build");
    world.end().await;
}

#[tokio::test]
async fn a_queue_that_was_declared_otherwise_is_named() {
    let mut world = World::new().await;
    rabbitmq::delete(&world.amqp(), &world.topology).await.unwrap();
    let due = world.topology.queues.iter_mut().find(|it| it.name == "timers.due").unwrap();
    due.delivery_limit = Some(3);
    world.make_queues().await;
    let name = format!("{}timers.due", world.topology.prefix);
    let report = world.doctor().await;
    report.only("broker", "queues", "fail", "x-delivery-limit", &name);

    rabbitmq::delete(&world.amqp(), &world.topology).await.unwrap();
    world.doctor().await.only("broker", "queues", "warn", &name, "courtside scheduler");
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_told() {
    let world = World::new().await;
    let name = world.edge.url.rsplit_once('/').unwrap().1.split('?').next().unwrap().to_owned();
    let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&world.edge.pool).await.unwrap();
    world.doctor().await.only(
        "edge",
        "writable",
        "fail",
        "read-only",
        "default_transaction_read_only",
    );
    world.end().await;
}

#[tokio::test]
async fn keys_are_there_and_each_is_its_own() {
    let world = World::new().await;
    let report = world.doctor_with(&[("PEPPER", String::new())]).await;
    report.only("keys", "PEPPER", "fail", "not given", "PEPPER_FILE");
    let report = world.doctor_with(&[("PEPPER", world.settings["KEK"].clone())]).await;
    report.only("keys", "PEPPER", "warn", "KEK", "its own");
    let report = world.doctor_with(&[("PEPPER", "short".to_owned())]).await;
    assert_eq!(
        (report.code, report.findings.len()),
        (Some(3), 0),
        "settings come first: {report:?}"
    );
    world.end().await;
}
