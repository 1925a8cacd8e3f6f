//! Every version of every event that was ever stored, one file each. Add files; never edit or delete one.
use std::collections::BTreeSet;
use std::path::PathBuf;

use domain::bookings::{BlockCause, ExpiryCause, PaymentMethod, RefundCause};
use domain::features::{FEATURES, Feature, of_event};
use domain::logins::{CodePurpose, FailureReason, RefusalReason};
use domain::notices::Delivery;
use domain::participants::LeftBy;
use domain::service_accounts::Scope;
use domain::sessions::RevocationReason;
use domain::users::{Channel, ClockStyle, ErasureCause, Language, PasswordCause, Role};
use domain::waitlist::OfferEnd;
use domain::webhooks::StopCause;
use serde_json::Value;
fn files() -> Vec<PathBuf> {
    std::fs::read_dir("tests/wire").unwrap().map(|it| it.unwrap().path()).collect()
}

fn json(path: &PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The names of a feature's present events, as serde itself lists them when it is given a wrong one.
fn names(feature: &Feature) -> BTreeSet<String> {
    let error = (feature.rewrite)("none", b"{}").expect_err("no event is called so").to_string();
    let (_, expected) = error.split_once("expected ").unwrap();
    expected.split('`').filter(|it| it.contains('.')).map(str::to_owned).collect()
}

#[test]
fn every_stored_version_is_read_and_written_in_its_newest_shape() {
    for path in files() {
        let stored = json(&path);
        let name = stored["type"].as_str().unwrap();
        assert_eq!(path.file_stem().unwrap(), name, "a file is called as its event");
        let feature = of_event(name).unwrap_or_else(|| panic!("{name} is of no feature"));

        assert!((feature.knows)(name), "{name} is taken for an event of a newer build");
        let newer = format!("{}9", name.trim_end_matches(char::is_numeric));
        assert!(!(feature.knows)(&newer), "{newer} is taken for one of ours");

        let data = serde_json::to_vec(&stored["data"]).unwrap();
        let (newest, data) =
            (feature.rewrite)(name, &data).unwrap_or_else(|error| panic!("{path:?}: {error}"));

        let file = path.with_file_name(format!("{newest}.json"));
        let written = serde_json::json!({ "type": newest, "data": serde_json::from_slice::<Value>(&data).unwrap() });
        assert_eq!(written, json(&file), "{path:?} is now written as {file:?}");
    }
}

#[test]
fn every_event_has_a_file() {
    let files: BTreeSet<String> =
        files().iter().map(|it| it.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    for feature in FEATURES {
        let names = names(feature);
        assert!(!names.is_empty(), "{}", feature.stream);
        for name in names {
            assert!(
                of_event(&name).is_some_and(|it| it.stream == feature.stream),
                "{name} is stored under another feature's name"
            );
            assert!(files.contains(&name), "tests/wire/{name}.json is missing");
        }
    }
}

#[test]
fn an_event_nobody_knows_is_not_read() {
    for feature in FEATURES {
        for prefix in feature.events {
            let error = (feature.rewrite)(&format!("{prefix}.unheard-of.v1"), b"{}");
            assert!(error.is_err(), "{prefix}");
        }
    }
}

#[test]
fn the_words_inside_events_stand_for_ever() {
    fn words<T: serde::Serialize + serde::de::DeserializeOwned>(expected: &str) {
        let words: Vec<T> = serde_json::from_value(expected.split(' ').collect()).unwrap();
        let written = serde_json::to_value(words).unwrap();
        assert_eq!(written, expected.split(' ').collect::<Value>());
    }
    words::<BlockCause>("maintenance rain closed retired other");
    words::<ExpiryCause>("timer sweep lazy");
    words::<PaymentMethod>("provider desk");
    words::<RefundCause>(
        "place_lost given_back wrong_amount paid_twice cancelled price_difference",
    );
    words::<FailureReason>("wrong_password unknown_identifier wrong_code missing_code");
    words::<RefusalReason>("locked disabled unverified");
    words::<CodePurpose>("reset_password verify_email");
    words::<PasswordCause>("registered changed reset");
    words::<RevocationReason>("logged_out reuse limit erased");
    words::<ErasureCause>("own admin operator unverified");
    words::<Channel>("mail sms none");
    words::<Delivery>("accepted failed undelivered delivered");
    words::<Language>("en de");
    words::<ClockStyle>("24h 12h");
    words::<LeftBy>("own booker desk");
    words::<OfferEnd>("accepted lapsed declined withdrawn");
    words::<StopCause>("gone failing");
    words::<Role>("player staff auditor operator admin");
    words::<Scope>("desk catalogue audit operate changes");
}
