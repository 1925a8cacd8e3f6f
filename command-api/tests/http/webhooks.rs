//! Administrators say where they want to be told what happens.
use access::standard_webhooks::WebhookSecrets;
use domain::deliveries::{Delivery, DeliveryCommand, Told, stream};
use domain::users::Role;
use domain::webhooks::STREAM;
use event_store::Metadata;
use jiff::SignedDuration;
use runtime::ids;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{KEY, Person, Reply, With, World, uuid};

const PATH: &str = "/v1/webhooks";

fn hook(url: &str) -> Value {
    json!({ "url": url, "types": ["booking.held"], "description": "the door" })
}

async fn add(world: &World, me: &Person, key: &str, body: &Value) -> Reply {
    world.send(me.post(PATH, body).key(key)).await
}

async fn ask(world: &World, me: &Person, path: &str, key: &str) -> Reply {
    world.send(me.post(path, &Value::Null).key(key)).await
}

fn secret(webhook: Uuid, generation: u32) -> String {
    WebhookSecrets::new(&KEY.into()).text(webhook, generation)
}

#[tokio::test]
async fn a_webhook_is_added_changed_tried_rotated_and_removed() {
    let world = World::new().await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let body = hook("HTTPS://Club.example/hooks");
    let added = add(&world, &ada, "k", &body).await;
    assert_eq!((added.summary().as_str(), added.header("etag")), ("201", Some("\"0\"")));
    assert_eq!(added.text("url"), "https://club.example/hooks");
    let id = added.text("id");
    assert_eq!(added.text("secret"), secret(uuid(&id), 1));
    let again = add(&world, &ada, "k", &body).await;
    assert_eq!(again.body, added.body, "an answer that was lost is given again");
    // The edge database forgot it: the stream has not.
    sqlx::raw_sql("TRUNCATE idempotency").execute(&world.edge.pool).await.unwrap();
    assert_eq!(add(&world, &ada, "k", &body).await.body, added.body);

    let it = format!("{PATH}/{id}");
    let changed = world.send(ada.patch(&it, &json!({ "types": [] }))).await;
    assert_eq!((changed.summary().as_str(), changed.header("etag")), ("204", Some("\"1\"")));
    let stale = ada.patch(&it, &json!({ "description": "x" })).header("if-match", "\"0\"");
    assert_eq!(world.send(stale).await.summary(), "412 stale If-Match stale");

    let rotate = format!("{it}/secret");
    let keyless = world.send(ada.post(&rotate, &Value::Null)).await;
    assert_eq!(keyless.summary(), "400 malformed-request Idempotency-Key missing-header");
    let rotated = ask(&world, &ada, &rotate, "r").await;
    assert_eq!((rotated.summary().as_str(), rotated.text("secret")), ("200", secret(uuid(&id), 2)));
    assert_eq!(ask(&world, &ada, &rotate, "r").await.text("secret"), rotated.text("secret"));
    assert_eq!(ask(&world, &ada, &rotate, "s").await.text("secret"), secret(uuid(&id), 3));
    let late = ask(&world, &ada, &rotate, "r").await;
    assert_eq!(late.text("secret"), secret(uuid(&id), 3), "an older repetition rotates nothing");

    let tested = ask(&world, &ada, &format!("{it}/test"), "t").await;
    assert_eq!(tested.summary(), "202");
    let same = ask(&world, &ada, &format!("{it}/test"), "t").await;
    assert_eq!(same.text("id"), tested.text("id"));
    assert_eq!(ask(&world, &ada, &format!("{it}/resume"), "u").await.summary(), "204");

    let remove = async || world.send(ada.delete(&it)).await.summary();
    assert_eq!((remove().await, remove().await), ("204".to_owned(), "204".to_owned()));
    for (what, key) in [("secret", "v"), ("test", "w"), ("resume", "x")] {
        let late = ask(&world, &ada, &format!("{it}/{what}"), key).await;
        assert_eq!(late.summary(), "404 not-found", "{what}");
    }
    assert_eq!(world.send(ada.patch(&it, &json!({}))).await.summary(), "404 not-found");
    let old = add(&world, &ada, "k", &body).await;
    assert_eq!(old.summary(), "404 not-found", "an old key adds nothing anew");
    let names = world.names(STREAM).await;
    let expected =
        ["added", "changed", "secret-rotated", "secret-rotated", "test-requested", "removed"];
    assert_eq!(names, expected.map(|it| format!("webhook.{it}.v1")));
    let log = format!("{:?}", world.events(STREAM).await);
    assert!(!log.contains("whsec"), "the log knows no secret");
}

#[tokio::test]
async fn what_cannot_be_a_webhook_is_refused_with_its_place() {
    let world = World::new().await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let with = |field: &str, value: Value| {
        let mut body = hook("https://club.example/");
        body[field] = value;
        body
    };
    let long = format!("https://club.example/{}", "x".repeat(500));
    #[rustfmt::skip]
    let cases = [
        ("no URL",         json!({}),                                             "400 malformed-request #/url missing-field"),
        ("another type",   with("url", json!(7)),                                 "400 malformed-request #/url wrong-type"),
        ("no URL at all",  with("url", json!("club")),                            "422 invalid #/url malformed"),
        ("in clear",       with("url", json!("http://club.example/")),            "422 invalid #/url only-https"),
        ("with a user",    with("url", json!("https://eva:x@club.example/")),     "422 invalid #/url with-user"),
        ("with a part",    with("url", json!("https://club.example/#x")),         "422 invalid #/url with-fragment"),
        ("ourselves",      with("url", json!("https://127.0.0.1/")),              "422 invalid #/url private-address"),
        ("ourselves by 6", with("url", json!("https://[::1]/")),                  "422 invalid #/url private-address"),
        ("a long one",     with("url", json!(long)),                              "422 invalid #/url too-long"),
        ("no such change", with("types", json!(["booking.held", "user.erased"])), "422 invalid #/types/1 unknown-type"),
        ("a novel",        with("description", json!("x".repeat(201))),           "422 invalid #/description malformed"),
        ("control",        with("description", json!("a\u{1b}[2J")),              "422 invalid #/description malformed"),
        ("a secret",       with("secret", json!("mine")),                         "400 malformed-request #/secret unknown-field"),
    ];
    for (case, body, expected) in &cases {
        let reply = add(&world, &ada, case, body).await;
        assert_eq!(reply.summary(), *expected, "{case}");
    }
    assert!(world.names(STREAM).await.is_empty());
    let id = add(&world, &ada, "k", &hook("https://club.example/")).await.text("id");
    for (case, body, expected) in cases.iter().skip(1) {
        let reply = world.send(ada.patch(&format!("{PATH}/{id}"), body)).await;
        assert_eq!(reply.summary(), *expected, "{case}");
    }
    let malformed = world.send(ada.delete(&format!("{PATH}/club"))).await;
    assert_eq!(malformed.summary(), "400 malformed-request id malformed");
}

#[tokio::test]
async fn there_are_at_most_twenty_and_only_administrators_have_them() {
    let world = World::with(&[("WEBHOOK_PRIVATE_ADDRESSES", "true")]).await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let ora = world.join_as("ora", Role::Operator, &[]).await;
    let body = hook("http://127.0.0.1:4711/");
    for n in 0..20 {
        assert_eq!(add(&world, &ada, &format!("{n}"), &body).await.summary(), "201");
    }
    assert_eq!(add(&world, &ada, "20", &body).await.summary(), "409 too-many-webhooks");
    assert_eq!(add(&world, &ora, "k", &body).await.summary(), "403 forbidden");
}

#[tokio::test]
async fn what_has_ended_is_told_again_for_a_month() {
    let world = World::new().await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let id = add(&world, &ada, "k", &hook("https://club.example/")).await.text("id");
    let other = add(&world, &ada, "l", &hook("https://b.example/")).await.text("id");
    let delivery = ids::new();
    let path = |id: &str| format!("{PATH}/{id}/deliveries/{delivery}/redeliver");
    let early = ask(&world, &ada, &path(&id), "a").await;
    assert_eq!(early.summary(), "404 not-found", "it has not ended");
    let told = Told { webhook: uuid(&id), event: ids::new(), at: world.platform.clock.now() };
    let succeed = DeliveryCommand::Succeed { told, attempts: 1, status: 200 };
    let meta = Metadata::new(ids::new(), told.at);
    let executor = &world.platform.executor;
    executor.execute::<Delivery>(&stream(delivery), succeed, &meta).await.unwrap();

    assert_eq!(ask(&world, &ada, &path(&other), "b").await.summary(), "404 not-found");
    let first = ask(&world, &ada, &path(&id), "c").await;
    assert_eq!(first.summary(), "202");
    let again = ask(&world, &ada, &path(&id), "c").await;
    assert_eq!(again.text("id"), first.text("id"));
    let next = ask(&world, &ada, &path(&id), "d").await;
    assert_ne!(next.text("id"), first.text("id"));
    let names = world.names(&stream(delivery)).await;
    assert_eq!(names[1..], ["delivery.redelivery-requested.v1"; 2]);
    let long_ago = ids::new();
    let at = told.at - SignedDuration::from_hours(30 * 24 + 1);
    let give_up = DeliveryCommand::GiveUp { told: Told { at, ..told }, attempts: 9, status: None };
    executor.execute::<Delivery>(&stream(long_ago), give_up, &meta).await.unwrap();
    let late = format!("{PATH}/{id}/deliveries/{long_ago}/redeliver");
    assert_eq!(ask(&world, &ada, &late, "e").await.summary(), "404 not-found");
}
