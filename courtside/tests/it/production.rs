//! `courtside doctor --production`: the list before strangers come, each line answered, and nothing hidden behind another.
use std::collections::BTreeMap;

use runtime::migrations;
use serde_json::Value;
use testing::Scratch;
use tokio::process::Command;

/// What is meant for production, but for what stands on a machine of tests.
struct World {
    settings: BTreeMap<&'static str, String>,
    databases: [Scratch; 4],
}

impl World {
    async fn new() -> Self {
        let log = Scratch::new(&migrations::LOG).await;
        let vault = Scratch::new(&vault::MIGRATOR).await;
        let read = Scratch::new(&migrations::READ).await;
        let edge = Scratch::new(&migrations::EDGE).await;
        let mut settings = BTreeMap::from([
            ("COURTSIDE_ENV", "production".to_owned()),
            ("EVENT_STORE_URL", log.url.clone()),
            ("VAULT_DATABASE_URL", vault.url.clone()),
            ("READ_DATABASE_URL", read.url.clone()),
            ("EDGE_DATABASE_URL", edge.url.clone()),
            ("AMQP_URL", "amqp://courtside:secret@127.0.0.1:1/%2f".to_owned()),
            ("SERVER_URL", "https://api.example.org".to_owned()),
            ("METRICS_GUARD", "none".to_owned()),
            ("SMTP_URL", "smtp://127.0.0.1:1".to_owned()),
            ("SMTP_FROM", "Courts <desk@example.org>".to_owned()),
            ("AUDIT_ORIGIN", "courts.example/audit".to_owned()),
        ]);
        for (digit, key) in ["KEK", "INDEX_KEY", "PEPPER", "REFRESH_KEY", "MAIL_KEY", "AUDIT_KEY"]
            .iter()
            .enumerate()
        {
            settings.insert(key, digit.to_string().repeat(64));
        }
        Self { settings, databases: [log, vault, read, edge] }
    }

    async fn doctor(&self, otherwise: &[(&'static str, String)]) -> (Option<i32>, Vec<Value>) {
        let mut settings = self.settings.clone();
        settings.extend(otherwise.iter().cloned());
        let mut command = Command::new(env!("CARGO_BIN_EXE_courtside"));
        command.args(["doctor", "--production", "--json"]).env_clear().envs(settings);
        let output = command.output().await.expect("the binary runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let findings = serde_json::from_slice(&output.stdout);
        (output.status.code(), findings.unwrap_or_else(|_| panic!("{said}")))
    }
}

fn failed(findings: &[Value]) -> Vec<String> {
    let bad = findings.iter().filter(|it| it["state"] == "fail");
    bad.map(|it| format!("{} {}: {}", it["what"], it["check"], it["says"]).replace('"', ""))
        .collect()
}

#[tokio::test]
async fn every_line_is_answered_and_what_is_missing_is_named_with_the_next_step() {
    let world = World::new().await;
    let (code, findings) = world.doctor(&[]).await;
    assert_eq!(
        code,
        Some(1),
        "a broker and a mail server are nowhere, and there is no administrator"
    );
    let names =
        |it: &Value| format!("{} {}", it["what"].as_str().unwrap(), it["check"].as_str().unwrap());
    let asked: Vec<String> = findings.iter().map(names).collect();
    for line in [
        "settings valid",
        "settings production",
        "secrets in files",
        "https address",
        "https required",
        "https proxies",
        "https origins",
        "metrics guard",
        "limits quotas",
        "accounts addresses",
        "accounts passwords",
        "accounts second factor",
        "mail sender",
        "audit name",
        "audit elsewhere",
        "databases apart",
        "databases encrypted",
        "databases roles",
        "broker account",
        "logs form",
        "backup taken",
        "clock skew",
        "log reachable",
        "read migrations",
        "keys given",
        "disk free",
    ] {
        assert!(asked.iter().any(|it| it == line), "{line} in {asked:?}");
    }
    for it in &findings {
        assert_eq!(it["state"] == "ok", it["next"].is_null(), "each has a next step: {it}");
    }
    let bad = failed(&findings);
    let begins = ["broker reachable", "mail reachable"];
    assert!(
        bad.iter().all(|it| begins.iter().any(|begin| it.starts_with(begin))
            || it.starts_with("accounts administrator")),
        "{bad:?}"
    );
}

#[tokio::test]
async fn five_wrong_settings_are_named_at_once_and_hide_no_dependency() {
    let world = World::new().await;
    let wrong = [
        ("COURTSIDE_DEMO", "true".to_owned()),
        ("SERVER_URL", "http://api.example.org".to_owned()),
        ("METRICS_GUARD", String::new()),
        ("CORS_ORIGINS", "*".to_owned()),
        ("PEPPER", world.settings["KEK"].clone()),
    ];
    let (code, findings) = world.doctor(&wrong).await;
    assert_eq!(code, Some(1));
    let faults: Vec<&str> = findings
        .iter()
        .filter(|it| it["what"] == "settings" && it["check"] == "valid")
        .map(|it| it["says"].as_str().unwrap())
        .collect();
    assert_eq!(faults.len(), 5, "{faults:?}");
    for (name, _) in wrong {
        assert_eq!(faults.iter().filter(|it| it.contains(name)).count(), 1, "{name}: {faults:?}");
    }
    assert!(failed(&findings).iter().any(|it| it.starts_with("broker reachable")), "{findings:?}");
}

#[tokio::test]
async fn each_dependency_that_is_away_is_named() {
    let world = World::new().await;
    for (setting, what) in [
        ("EVENT_STORE_URL", "log"),
        ("VAULT_DATABASE_URL", "vault"),
        ("READ_DATABASE_URL", "read"),
        ("EDGE_DATABASE_URL", "edge"),
    ] {
        let (code, findings) =
            world.doctor(&[(setting, "postgres://nobody@127.0.0.1:1/nothing".to_owned())]).await;
        assert_eq!(code, Some(1));
        let away = findings.iter().find(|it| it["what"] == what && it["check"] == "reachable");
        let away = away.unwrap_or_else(|| panic!("{what}: {findings:#?}"));
        assert_eq!(away["state"], "fail", "{away}");
        assert!(away["next"].as_str().unwrap().contains(setting), "{away}");
    }
}

#[tokio::test]
async fn what_is_no_production_yet_is_judged_as_if_it_were() {
    let world = World::new().await;
    let demo = [("COURTSIDE_ENV", String::new()), ("COURTSIDE_DEMO", "true".to_owned())];
    let (code, findings) = world.doctor(&demo).await;
    assert_eq!(code, Some(1));
    let bad = failed(&findings).join("\n");
    assert!(bad.contains("settings production") && bad.contains("COURTSIDE_DEMO is on"), "{bad}");
}

/// A server whose clock is ahead: its function is found before the system's own.
#[tokio::test]
async fn a_clock_that_is_ten_seconds_off_is_one_sentence() {
    let world = World::new().await;
    for database in &world.databases {
        let name = database.url.rsplit_once('/').unwrap().1.split('?').next().unwrap();
        for sql in [
            "CREATE SCHEMA ahead".to_owned(),
            "CREATE FUNCTION ahead.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
                 AS $$ SELECT pg_catalog.clock_timestamp() + interval '10 seconds' $$"
                .to_owned(),
            format!("ALTER DATABASE {name} SET search_path = ahead, pg_catalog, public"),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&database.pool).await.unwrap();
        }
    }
    let (_, findings) = world.doctor(&[]).await;
    let clocks: Vec<&Value> =
        findings.iter().filter(|it| it["says"].as_str().unwrap().contains("clock")).collect();
    let [it] = clocks[..] else { panic!("{clocks:?}") };
    let says = "this machine's clock is 10.0 s behind the databases'";
    assert_eq!((&it["state"], &it["says"]), (&Value::from("fail"), &Value::from(says)));
    assert!(it["next"].as_str().unwrap().contains("NTP"), "{it}");
}
