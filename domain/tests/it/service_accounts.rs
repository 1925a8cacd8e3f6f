//! The account of a program, and its keys.
use std::collections::BTreeSet;

use domain::ids::{ServiceKeyId, VenueId};
use domain::service_accounts::ServiceAccountCommand::{self, Create, IssueKey, Remove, RevokeKey};
use domain::service_accounts::ServiceAccountEvent::{
    self, Changed, Created, KeyIssued, KeyRevoked, Removed,
};
use domain::service_accounts::ServiceAccountRejection::{
    self, AlreadyIssued, BadName, ExpiresInThePast, NoScope, NoScopeOfVenues, NoVenue, TooManyKeys,
    TooManyVenues, UnknownKey, UnknownServiceAccount,
};
use domain::service_accounts::{Change, Description, Scope, ServiceAccount};
use jiff::Timestamp;
use uuid::Uuid;

use crate::given::{check, fold};

type Decision = Result<Vec<ServiceAccountEvent>, ServiceAccountRejection>;

fn door() -> Description {
    describe("Door", &[Scope::Desk], Some(&["riverside"]))
}

fn describe(name: &str, scopes: &[Scope], venues: Option<&[&str]>) -> Description {
    let venues = venues.map(|it| it.iter().map(|it| it.parse().unwrap()).collect());
    Description { name: name.to_owned(), scopes: scopes.iter().copied().collect(), venues }
}

fn t(minute: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + 60 * minute).unwrap()
}

fn key(n: u128) -> ServiceKeyId {
    ServiceKeyId(Uuid::from_u128(n))
}

fn issue(n: u128, digest: &str, expires_at: Option<i64>) -> ServiceAccountCommand {
    IssueKey(domain::service_accounts::IssueKey {
        key: key(n),
        digest: digest.to_owned(),
        expires_at: expires_at.map(t),
        at: t(0),
    })
}

fn issued(n: u128, digest: &str, expires_at: Option<i64>) -> ServiceAccountEvent {
    KeyIssued { key: key(n), digest: digest.to_owned(), expires_at: expires_at.map(t) }
}

fn decided(case: &str, given: &[ServiceAccountEvent], when: ServiceAccountCommand, then: Decision) {
    check::<ServiceAccount>(case, given, when, then);
}

#[test]
#[rustfmt::skip] // a table
fn what_a_service_account_may_be() {
    let many: Vec<String> = (0..201).map(|it| format!("venue-{it}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let desk = &[Scope::Desk][..];
    for (case, description, expected) in [
        ("one venue's desk",    door(),                                               None),
        ("everywhere",          describe("Door", desk, None),                         None),
        ("all of it",           describe("All", &Scope::ALL, None),                   None),
        ("a catalogue's venue", describe("Prices", &[Scope::Catalogue, Scope::Audit], Some(&["a1"])), None),
        ("no name",             describe(" ", desk, None),                            Some(BadName)),
        ("a novel",             describe(&"x".repeat(101), desk, None),               Some(BadName)),
        ("two lines",           describe("a\nb", desk, None),                         Some(BadName)),
        ("an escape",           describe("a\u{1b}[2J", desk, None),                   Some(BadName)),
        ("no scope",            describe("Door", &[], None),                          Some(NoScope)),
        ("venues for nothing",  describe("Books", &[Scope::Changes], Some(&["a1"])),  Some(NoScopeOfVenues)),
        ("no venue",            describe("Door", desk, Some(&[])),                    Some(NoVenue)),
        ("too many venues",     describe("Door", desk, Some(&many)),                  Some(TooManyVenues)),
    ] {
        let created = Created(description.clone());
        let then = expected.map_or(Ok(vec![created]), Err);
        decided(case, &[], Create(description.clone()), then);
        let change = Change {
            name: Some(description.name.clone()),
            scopes: Some(description.scopes.clone()),
            venues: Some(description.venues.clone()),
        };
        let other = Created(describe("Other", &[Scope::Operate], None));
        let then = expected.map_or(Ok(vec![Changed(description)]), Err);
        decided(case, &[other], ServiceAccountCommand::Change(change), then);
    }
}

#[test]
fn what_is_not_named_stays() {
    let change = |change| ServiceAccountCommand::Change(change);
    let named = |name: &str| Change { name: Some(name.to_owned()), ..Change::default() };
    let given = [Created(door())];
    let gate = Description { name: "Gate".to_owned(), ..door() };
    decided("another name", &given, change(named("Gate")), Ok(vec![Changed(gate)]));
    decided("the same name", &given, change(named("Door")), Ok(vec![]));
    decided("nothing", &given, change(Change::default()), Ok(vec![]));
    let everywhere = Change { venues: Some(None), ..Change::default() };
    let wide = Description { venues: None, ..door() };
    decided("everywhere", &given, change(everywhere), Ok(vec![Changed(wide)]));
    let scopes = BTreeSet::from([Scope::Audit]);
    let audit = Change { scopes: Some(scopes), ..Change::default() };
    decided("the venues are left over", &given, change(audit), Err(NoScopeOfVenues));
    decided("of nobody", &[], change(named("Gate")), Err(UnknownServiceAccount));
}

#[test]
fn keys_overlap_and_are_shown_once() {
    let with = |more: &[ServiceAccountEvent]| [&[Created(door())][..], more].concat();
    let ok = |n, digest: &str, expires_at| Ok(vec![issued(n, digest, expires_at)]);
    let two = [issued(1, "a", None), issued(2, "b", Some(9))];
    decided("the first", &with(&[]), issue(1, "a", None), ok(1, "a", None));
    decided("that expires", &with(&[]), issue(1, "a", Some(5)), ok(1, "a", Some(5)));
    decided("beside another", &with(&two[..1]), issue(2, "b", None), ok(2, "b", None));
    decided("a third", &with(&two), issue(3, "c", None), ok(3, "c", None));
    let three = [&two[..], &[issued(3, "c", None)]].concat();
    decided("a fourth", &with(&three), issue(4, "d", None), Err(TooManyKeys));
    let expired = [&two[..], &[issued(3, "c", Some(0))]].concat();
    decided("where one has expired", &with(&expired), issue(4, "d", None), ok(4, "d", None));
    let revoked = [&three[..], &[KeyRevoked { key: key(1) }]].concat();
    decided("where one was revoked", &with(&revoked), issue(4, "d", None), ok(4, "d", None));
    decided("expired already", &with(&[]), issue(1, "a", Some(0)), Err(ExpiresInThePast));
    decided("sent again by us", &with(&two), issue(1, "a", None), Ok(vec![]));
    decided("asked for again", &with(&two), issue(1, "z", None), Err(AlreadyIssued));
    decided("after it was revoked", &with(&revoked), issue(1, "a", None), Err(AlreadyIssued));
    decided("of nobody", &[], issue(1, "a", None), Err(UnknownServiceAccount));
}

#[test]
fn what_is_gone_stays_gone() {
    let revoke = |n| RevokeKey { key: key(n) };
    let given = [Created(door()), issued(1, "a", None)];
    decided("a key", &given, revoke(1), Ok(vec![KeyRevoked { key: key(1) }]));
    decided("no key of this account", &given, revoke(2), Err(UnknownKey));
    let again = [&given[..], &[KeyRevoked { key: key(1) }]].concat();
    decided("a key that is revoked", &again, revoke(1), Ok(vec![]));

    decided("an account", &given, Remove, Ok(vec![Removed {}]));
    let gone = [&given[..], &[Removed {}]].concat();
    decided("twice", &gone, Remove, Ok(vec![]));
    decided("one that never was", &[], Remove, Err(UnknownServiceAccount));
    decided("its key", &gone, revoke(1), Err(UnknownServiceAccount));
    decided("a key for it", &gone, issue(2, "b", None), Err(UnknownServiceAccount));
    decided("made again", &gone, Create(door()), Err(UnknownServiceAccount));
    decided("made twice", &given, Create(door()), Ok(vec![]));
    let state = fold::<ServiceAccount>(gone);
    assert!(state.keys.is_empty() && state.description.is_none());
}

#[test]
fn a_key_counts_until_it_expires() {
    let state = fold::<ServiceAccount>([Created(door()), issued(1, "a", Some(5))]);
    let counts = |minute| state.keys[&key(1)].counts(t(minute));
    assert!(counts(0) && counts(4) && !counts(5) && !counts(6));
    let venues: Vec<VenueId> = state.description.unwrap().venues.unwrap().into_iter().collect();
    assert_eq!(venues, ["riverside".parse().unwrap()]);
}
