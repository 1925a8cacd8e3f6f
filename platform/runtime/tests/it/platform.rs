//! How a process begins, and why it does not.
use std::error::Error;
use std::ffi::OsString;

use runtime::migrations::LOG;
use runtime::{Platform, Settings, Shutdown};
use testing::Scratch;

fn settings(event_store_url: &str) -> Settings {
    let table = [
        ("EVENT_STORE_URL", event_store_url),
        ("READ_DATABASE_URL", event_store_url),
        ("EDGE_DATABASE_URL", event_store_url),
        ("VAULT_DATABASE_URL", event_store_url),
        ("AMQP_URL", "amqp://localhost/%2f"),
    ];
    Settings::read(table.map(|(name, value)| (OsString::from(name), OsString::from(value))))
        .unwrap()
}

#[tokio::test]
async fn every_process_on_a_log_learns_the_same_id() {
    let scratch = Scratch::new(&LOG).await;
    let shutdown = Shutdown::new();
    let start = || Platform::start(settings(&scratch.url), shutdown.clone());
    let (one, two) = tokio::join!(start(), start());
    let later = start().await.unwrap();
    assert_eq!(one.unwrap().log, later.log);
    assert_eq!(two.unwrap().log, later.log);
    assert_eq!(later.store.head().await.unwrap(), 1);
    shutdown.cancel();
}

#[tokio::test]
async fn what_waiting_cannot_mend_is_said_at_once_in_one_sentence() {
    let scratch = Scratch::empty().await;
    let url = |from: &str, to: &str| scratch.url.replace(from, to);
    let database = scratch.url.rsplit('/').next().unwrap().to_owned();
    let table = [
        (scratch.url.clone(), "run courtside migrate"),
        (url(&database, "nowhere"), "does not exist: create it"),
        (url("://", "://nobody-"), "refuses the user or password"),
    ];
    for (url, sentence) in table {
        let mut settings = settings(&scratch.url);
        settings.event_store_url = url.into();
        let error = Platform::start(settings, Shutdown::new()).await.err().expect(sentence);
        let said = error.to_string();
        assert!(said.contains(sentence) && !said.contains('\n'), "{said}: {:?}", error.source());
    }
}
