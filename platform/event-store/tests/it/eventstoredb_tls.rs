//! TLS before the log in EventStoreDB: who is trusted, and what is said where it does not work. Played by the double.
use std::sync::Arc;
use std::time::Duration;

use event_store::eventstoredb::{ConnectError, EventStoreDb};
use event_store::{AppendError, Expected, Hindrance, ReadError, Store, Subscription};
use testing::eventually;

use crate::double::Double;
use crate::double::authority::Authority;
use crate::support::made_by;

const LONG: Duration = Duration::from_mins(1);

const HOST: &str = "127.0.0.1";

fn connect(url: &str) -> Store {
    Arc::new(EventStoreDb::connect(url).unwrap())
}

fn trusting(double: &Double, authority: &Authority) -> String {
    format!("{}&tlsCAFile={}", double.url(), authority.file().display())
}

/// What a reader and a writer are told, and the cause of it.
async fn told(store: &Store) -> (Option<Hindrance>, String) {
    let cause = |error: &dyn std::error::Error| {
        error.source().map_or_else(String::new, ToString::to_string)
    };
    let append = store.append("s-1", Expected::NoStream, made_by(1, "s-1", 0, 1)).await;
    let written = match &append {
        Err(AppendError::Hindered { hindrance, .. }) => Some(*hindrance),
        _ => None,
    };
    match store.head().await {
        Err(error @ ReadError::Hindered { hindrance, .. }) if written == Some(hindrance) => {
            (written, cause(&error))
        }
        Err(error) => (None, cause(&error)),
        Ok(_) => (None, String::new()),
    }
}

/// Not by the clock of this test: a busy machine may take longer than the store asks its server for.
async fn is_told(store: &Store, hindrance: Hindrance, why: &str) {
    let is_told = async || {
        let (said, cause) = told(store).await;
        said == Some(hindrance) && cause.contains(why)
    };
    eventually(&format!("{hindrance}: {why}"), LONG, is_told).await;
}

async fn works(store: &Store) {
    store.append("s-1", Expected::NoStream, made_by(1, "s-1", 0, 1)).await.unwrap();
    let mut subscription = Subscription::new(store.clone(), 0, 10);
    assert_eq!(subscription.next().await.unwrap().events.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_an_authority_that_is_named_is_trusted_also_after_a_cut() {
    let authority = Authority::new();
    let double = Double::secured(authority.issue(HOST)).await;
    let store = connect(&trusting(&double, &authority));
    works(&store).await;
    double.cut();
    let again = async || store.head().await.is_ok();
    eventually("the store works again", LONG, again).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_that_nobody_named_is_not_trusted() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let double = Double::secured(authority.issue(HOST)).await;
    // All of these authorities have one name, as one that was made anew has.
    let namesake = trusting(&double, &stranger);
    for (url, why) in [(namesake, "BadSignature"), (double.url(), "UnknownIssuer")] {
        is_told(&connect(&url), Hindrance::Authority, why).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_another_host_is_not_trusted() {
    let authority = Authority::new();
    let double = Double::secured(authority.issue("elsewhere.test")).await;
    let store = connect(&trusting(&double, &authority));
    is_told(&store, Hindrance::HostName, "elsewhere.test").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_has_run_out_is_not_trusted() {
    let authority = Authority::new();
    let double = Double::secured(authority.issue_expired(HOST)).await;
    let store = connect(&trusting(&double, &authority));
    is_told(&store, Hindrance::Certificate, "expired").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_verify_trusts_anybody() {
    let authority = Authority::new();
    for identity in [authority.issue("elsewhere.test"), authority.issue_expired(HOST)] {
        let double = Double::secured(identity).await;
        works(&connect(&format!("{}&tlsVerifyCert=false", double.url()))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_speaks_tls_with_a_plain_server_is_told_so_and_the_other_way_round() {
    let double = Double::start().await;
    let secured = double.url().replace("tls=false", "tls=true");
    for url in [secured.clone(), format!("{secured}&tlsVerifyCert=false")] {
        is_told(&connect(&url), Hindrance::Plaintext, "answers without TLS").await;
    }

    let authority = Authority::new();
    let double = Double::secured(authority.issue(HOST)).await;
    let store = connect(&double.url().replace("tls=true", "tls=false"));
    is_told(&store, Hindrance::Encrypted, "answers with TLS").await;
}

/// A server that is away is away, whatever it would say.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_says_nothing_is_an_outage() {
    let authority = Authority::new();
    let double = Double::secured(authority.issue("elsewhere.test")).await;
    double.refuse(true);
    let store = connect(&trusting(&double, &authority));
    for _ in 0..3 {
        let head = store.head().await;
        assert!(matches!(head, Err(ReadError::Unavailable(_))), "{head:?}");
    }
}

#[tokio::test]
async fn files_that_hold_no_certificate_are_said_at_once() {
    let authority = Authority::new();
    let good = authority.file().display().to_string();
    let bad = format!("{good}.none");
    std::fs::write(&bad, "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n").unwrap();
    let made = |parameters: &str| {
        EventStoreDb::connect(&format!("esdb://localhost:2113?tls=true&{parameters}"))
    };
    for path in [&bad, "/no/such/file.pem"] {
        let made = made(&format!("tlsCAFile={path}"));
        assert!(matches!(made, Err(ConnectError::Authority { .. })), "{path}");
    }
    for (certificate, key) in [(&good, &bad), (&bad, &good), (&good, &good)] {
        let made = made(&format!("tlsCAFile={good}&userCertFile={certificate}&userKeyFile={key}"));
        assert!(matches!(made, Err(ConnectError::Ours { .. })), "{certificate}, {key}");
    }
    std::fs::remove_file(bad).unwrap();
}
