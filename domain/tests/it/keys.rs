//! The signing keys, ONE and TWO.
use domain::keys::KeyCommand::{self, Activate, Retire};
use domain::keys::KeyEvent::{self, Activated, Published, Retired};
use domain::keys::KeyRejection::{Active, Retired as AlreadyRetired, UnknownKey};
use domain::keys::Keys;
use serde_json::json;

use crate::given::{check, fold};

const ONE: &str = "one";
const TWO: &str = "two";

fn published(kid: &str) -> KeyEvent {
    Published { kid: kid.to_owned(), alg: "ES256".to_owned(), jwk: json!({ "kid": kid }) }
}

fn activated(kid: &str) -> KeyEvent {
    Activated { kid: kid.to_owned() }
}

fn retired(kid: &str) -> KeyEvent {
    Retired { kid: kid.to_owned() }
}

fn publish(kid: &str) -> KeyCommand {
    KeyCommand::Publish { kid: kid.to_owned(), alg: "ES256".to_owned(), jwk: json!({ "kid": kid }) }
}

fn open(kid: &str) -> KeyCommand {
    KeyCommand::Open { kid: kid.to_owned(), alg: "ES256".to_owned(), jwk: json!({ "kid": kid }) }
}

fn activate(kid: &str) -> KeyCommand {
    Activate { kid: kid.to_owned() }
}

fn retire(kid: &str) -> KeyCommand {
    Retire { kid: kid.to_owned() }
}

#[test]
#[rustfmt::skip] // a table
fn a_key_is_published_then_active_then_retired() {
    let one = || vec![published(ONE), activated(ONE)];
    let both = || vec![published(ONE), activated(ONE), published(TWO)];
    let turned = || vec![published(ONE), activated(ONE), published(TWO), activated(TWO)];
    let gone = || vec![published(ONE), activated(ONE), published(TWO), activated(TWO), retired(ONE)];

    check::<Keys>("the first of all",        &[],               open(ONE),     Ok(one()));
    check::<Keys>("opened twice",            &one(),            open(ONE),     Ok(vec![]));
    check::<Keys>("opened by another too",   &one(),            open(TWO),     Ok(vec![]));
    check::<Keys>("published, then opened",  &[published(ONE)], open(ONE),     Ok(vec![activated(ONE)]));
    check::<Keys>("retired, then opened",    &[published(ONE), retired(ONE)], open(ONE), Err(AlreadyRetired));

    check::<Keys>("the next",                &one(),            publish(TWO),  Ok(vec![published(TWO)]));
    check::<Keys>("published twice",         &both(),           publish(TWO),  Ok(vec![]));
    check::<Keys>("published after its end", &gone(),           publish(ONE),  Err(AlreadyRetired));

    check::<Keys>("its turn",                &both(),           activate(TWO), Ok(vec![activated(TWO)]));
    check::<Keys>("its turn, twice",         &turned(),         activate(TWO), Ok(vec![]));
    check::<Keys>("back to the old one",     &turned(),         activate(ONE), Ok(vec![activated(ONE)]));
    check::<Keys>("not to a retired one",    &gone(),           activate(ONE), Err(AlreadyRetired));
    check::<Keys>("not to an unknown one",   &one(),            activate(TWO), Err(UnknownKey));

    check::<Keys>("the old one goes",        &turned(),         retire(ONE),   Ok(vec![retired(ONE)]));
    check::<Keys>("goes twice",              &gone(),           retire(ONE),   Ok(vec![]));
    check::<Keys>("the active one stays",    &turned(),         retire(TWO),   Err(Active));
    check::<Keys>("one that never came",     &one(),            retire(TWO),   Err(UnknownKey));
}

#[test]
fn keys_are_kept_in_the_order_they_were_published() {
    let keys: Keys = fold([published(TWO), published(ONE), activated(ONE), retired(TWO)]);
    let kids: Vec<_> = keys.published.iter().map(|it| (&*it.kid, it.retired)).collect();
    assert_eq!(kids, [(TWO, true), (ONE, false)]);
    assert_eq!(keys.active.as_deref(), Some(ONE));
    assert_eq!(keys.get(TWO).unwrap().jwk, json!({ "kid": TWO }));
}
