use domain::ids::ServiceKeyId;
use domain::service_accounts::ServiceAccountEvent as E;
use domain::service_accounts::{Description, Scope};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::given::{Log, at, t};
use crate::views::cuts::Bench;

const DOOR: Uuid = Uuid::from_u128(0xD00B);
const BOOKS: Uuid = Uuid::from_u128(0xB00C);

fn describe(name: &str, scopes: &[Scope], venues: Option<&[&str]>) -> Description {
    let venue = |it: &&str| it.parse().expect("a venue");
    let venues = venues.map(|it| it.iter().map(venue).collect());
    Description { name: name.to_owned(), scopes: scopes.iter().copied().collect(), venues }
}

fn issued(n: u128, expires_at: Option<i64>) -> E {
    let key = ServiceKeyId(Uuid::from_u128(n));
    E::KeyIssued { key, digest: "5e".repeat(32), expires_at: expires_at.map(t) }
}

fn revoked(n: u128) -> E {
    E::KeyRevoked { key: ServiceKeyId(Uuid::from_u128(n)) }
}

fn log() -> Log {
    let (door, books) = (format!("service-account-{DOOR}"), format!("service-account-{BOOKS}"));
    let narrowed = describe("Door", &[Scope::Desk], Some(&["riverside", "harbour"]));
    Log::default()
        .with(&door, 0, &E::Created(narrowed))
        .with(&door, 1, &issued(1, Some(60)))
        .with(&books, 2, &E::Created(describe("Books", &[Scope::Changes, Scope::Audit], None)))
        .with(&books, 3, &issued(2, None))
        .with(&door, 4, &issued(3, None))
        .with(&door, 5, &revoked(1))
        .with(&door, 6, &E::Changed(describe("Gate", &[Scope::Desk], None)))
}

#[tokio::test]
async fn a_service_account_is_as_it_was_last_described() {
    let bench = Bench::of("service_accounts").await;
    let check = async |claim: &str, log: &Log, rows: Value| {
        bench.check(claim, &log.0, "service_accounts_v1", rows).await;
    };
    let books = json!({ "id": BOOKS, "name": "Books", "scopes": ["audit", "changes"], "venues": null,
        "created_at": at(2), "revision": 1 });
    let gate = json!({ "id": DOOR, "name": "Gate", "scopes": ["desk"], "venues": null,
        "created_at": at(0), "revision": 4 });
    check("changed", &log(), json!([books.clone(), gate])).await;

    let mut early = log();
    early.0.truncate(2);
    let door = json!([{ "id": DOOR, "name": "Door", "scopes": ["desk"],
        "venues": ["harbour", "riverside"], "created_at": at(0), "revision": 1 }]);
    check("narrowed, and a key issued", &early, door).await;
    let gone = log().with(&format!("service-account-{DOOR}"), 7, &E::Removed {});
    check("removed", &gone, json!([books])).await;
}

#[tokio::test]
async fn a_key_is_listed_until_it_is_revoked_or_its_account_is_removed() {
    let bench = Bench::of("service_accounts").await;
    let check = async |claim: &str, log: &Log, rows: Value| {
        bench.check(claim, &log.0, "service_account_keys_v1", rows).await;
    };
    let key = |n: u128, account: Uuid, issued: i64, expires_at: Option<String>| json!({ "id": Uuid::from_u128(n), "account": account, "issued_at": at(issued), "expires_at": expires_at });
    let (second, third) = (key(2, BOOKS, 3, None), key(3, DOOR, 4, None));
    check("one was revoked", &log(), json!([second.clone(), third])).await;
    let mut early = log();
    early.0.truncate(2);
    check("one that expires", &early, json!([key(1, DOOR, 1, Some(at(60)))])).await;
    let gone = log().with(&format!("service-account-{DOOR}"), 7, &E::Removed {});
    check("of what was removed", &gone, json!([second])).await;
}
