//! `courtside config` as operators run it.
use std::process::{Command, Output};

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn config(what: &[&str], more: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_courtside"));
    command.arg("config").args(what).env_clear().env("AMQP_URL", "amqp://timers:hunter2@localhost");
    for name in ["EVENT_STORE_URL", "READ_DATABASE_URL", "EDGE_DATABASE_URL", "VAULT_DATABASE_URL"]
    {
        command.env(name, "postgres://role:hunter2@localhost/name");
    }
    let Output { status, stdout, stderr } = command.envs(more.iter().copied()).output().unwrap();
    (status.code(), [stdout, stderr].map(|it| String::from_utf8(it).unwrap()).concat())
}

#[test]
fn every_setting_is_shown_with_where_it_comes_from_and_no_secret_is() {
    let (code, said) = config(&["show"], &[("SERVER_PORT", "9000"), ("KEK", KEY)]);
    assert_eq!(code, Some(0), "{said}");
    let row = |name: &str| {
        let line = said.lines().find(|it| it.trim_start().starts_with(name)).expect(name);
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("SERVER_PORT"), ["SERVER_PORT", "9000", "environment"]);
    assert_eq!(row("KEK "), ["KEK", "***", "environment"]);
    assert_eq!(row("METRICS_PORT"), ["METRICS_PORT", "default"]);
    assert!(!said.contains("hunter2") && !said.contains(KEY), "{said}");
    let (_, json) = config(&["show", "--json"], &[]);
    assert!(!json.contains("hunter2"), "{json}");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["AMQP_URL"], serde_json::json!({ "value": "***", "from": "environment" }));
}

#[test]
fn all_that_is_wrong_is_said_at_once_before_anything_is_connected() {
    let (code, said) = config(&["check"], &[]);
    assert_eq!((code, said.contains("nothing is wrong")), (Some(0), true), "{said}");
    let wrong = [("SERVER_PORT", "x"), ("KEK", "hunter2"), ("METRICS_GUARD", "secret")];
    let (code, said) = config(&["check"], &wrong);
    assert_eq!(code, Some(3), "{said}");
    for name in wrong.map(|it| it.0) {
        assert!(said.lines().any(|it| it.starts_with(name)), "{name}: {said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
}
