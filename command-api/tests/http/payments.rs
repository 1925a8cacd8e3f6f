use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::users::Role;
use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::world::{Person, Reply, With, World, place};

const SECRET: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// What a command-api knows of the provider.
pub const PROVIDER: [(&str, &str); 2] = [
    ("PAYMENT_WEBHOOK_SECRET", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    ("PAYMENT_CHECKOUT_URL", "https://pay.example/c"),
];
const PRICE: i64 = 3000;
const DAY: &str = "courtday-RV01-2026-11-22";

/// Riverside, where only a payment confirms.
async fn world() -> (World, Person) {
    let world = World::with(&PROVIDER).await;
    world.open_riverside().await;
    let admin = world.join_as("alma", Role::Admin, &[]).await;
    policy(&world, &admin, &json!({ "payment": "required" })).await;
    (world, admin)
}

async fn policy(world: &World, admin: &Person, policy: &Value) {
    let set = admin.put("/v1/venues/riverside/policy", policy).header("if-match", "*");
    assert_eq!(world.send(set).await.status / 100, 2);
}

/// A message of the provider's, signed now.
pub fn told(world: &World, id: &str, body: &Value) -> Request<Body> {
    let at = world.platform.clock.now().as_second().to_string();
    let body = body.to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(SECRET).unwrap()).unwrap();
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    crate::world::request("POST", "/v1/payment-events", &serde_json::from_str(&body).unwrap())
        .header("webhook-id", id)
        .header("webhook-timestamp", &at)
        .header("webhook-signature", &signature)
}

pub fn paid(booking: &str, reference: &str, amount_minor: i64) -> Value {
    let amount = json!({ "amount_minor": amount_minor, "currency": "EUR" });
    let data = json!({ "payment_reference": reference, "booking": booking, "amount": amount });
    json!({ "type": "payment.succeeded", "data": data })
}

async fn act(world: &World, person: &Person, booking: &str, what: &str) -> Reply {
    world.send(person.post(&format!("/v1/bookings/{booking}/{what}"), &Value::Null)).await
}

#[tokio::test]
async fn a_payment_extends_the_hold_once_and_confirms() {
    let (world, _) = world().await;
    let eva = world.join("eva").await;
    let held = world.send(eva.hold("18:00", "19:00", "k1")).await;
    let id = held.text("id");
    assert_eq!(act(&world, &eva, &id, "confirm").await.summary(), "409 payment-required");

    let start = || eva.post(&format!("/v1/bookings/{id}/payments"), &Value::Null).key("p1");
    let started = world.send(start()).await;
    assert_eq!(started.summary(), "201");
    let reference = started.text("payment_reference");
    assert_eq!(started.body["amount"], json!({ "amount_minor": PRICE, "currency": "EUR" }));
    assert_eq!(
        started.text("checkout_url"),
        format!("https://pay.example/c/{reference}?booking={id}&amount_minor=3000&currency=EUR")
    );
    let at = |it: &Reply| it.text("expires_at").parse::<jiff::Timestamp>().unwrap();
    assert_eq!(at(&started).duration_since(at(&held)).as_secs(), 600);

    let again = world.send(start()).await;
    assert_eq!(again.text("payment_reference"), reference, "a repetition is the same payment");
    let another = act(&world, &eva, &id, "payments").await;
    assert_ne!(another.text("payment_reference"), reference);
    assert_eq!(at(&another), at(&started), "the second extends nothing");

    let tell = async || world.send(told(&world, "m1", &paid(&id, &reference, PRICE))).await;
    assert_eq!((tell().await.summary(), tell().await.summary()), ("204".into(), "204".into()));
    let names = world.names(DAY).await;
    let ends: Vec<_> = names.iter().skip_while(|it| *it != "booking.payment-received.v1").collect();
    assert_eq!(ends, ["booking.payment-received.v1", "booking.confirmed.v1"], "{names:?}");
    let confirmed = act(&world, &eva, &id, "confirm").await;
    assert_eq!(
        (confirmed.summary().as_str(), &confirmed.body["state"]),
        ("200", &json!("confirmed"))
    );
}

#[tokio::test]
async fn a_late_payment_brings_the_booking_back_or_goes_back_itself() {
    let (world, _) = world().await;
    let (eva, finn) = (world.join("eva").await, world.join("finn").await);
    let free = world.send(eva.hold("16:00", "17:00", "k1")).await.text("id");
    let lost = world.send(eva.hold("18:00", "19:00", "k2")).await.text("id");
    world.later(SignedDuration::from_mins(16));
    let finn = world.log_in(finn.user, "finn").await;
    assert_eq!(world.send(finn.hold("18:00", "19:00", "k3")).await.summary(), "201");

    let tell = async |id: &str, booking: &str| {
        world
            .send(told(&world, id, &paid(booking, id, if booking == free { 2000 } else { PRICE })))
            .await
    };
    assert_eq!(tell("m1", &free).await.summary(), "204");
    assert_eq!(tell("m2", &lost).await.summary(), "204");
    assert_eq!(tell("m2", &lost).await.summary(), "204", "told twice");
    let eva = world.log_in(eva.user, "eva").await;
    assert_eq!(act(&world, &eva, &free, "confirm").await.body["state"], "confirmed");
    assert_eq!(act(&world, &eva, &lost, "confirm").await.summary(), "409 hold-expired");
    let required: Vec<_> = world
        .events(DAY)
        .await
        .into_iter()
        .filter(|(name, _)| name == "booking.refund-required.v1")
        .map(|(_, data)| (data["booking"].clone(), data["why"].clone()))
        .collect();
    assert_eq!(required, [(json!(lost), json!("place_lost"))], "once");
}

#[tokio::test]
async fn what_the_provider_did_not_sign_changes_nothing() {
    let (world, _) = world().await;
    let eva = world.join("eva").await;
    let id = world.send(eva.hold("18:00", "19:00", "k1")).await.text("id");
    let before = world.all().await.len();
    let good = paid(&id, "pay-1", PRICE);
    let signed = || told(&world, "m1", &good);
    let body = |body: &Value| told(&world, "m1", body);
    let forged = format!("v1,{}", STANDARD.encode([7; 32]));
    let nowhere = id.replace("2026-11-22", "2026-11-23");
    #[rustfmt::skip] // a table
    let table = [
        ("no signature",     crate::world::post("/v1/payment-events", &good),          "400 bad-signature webhook-id malformed"),
        ("a forged one",     signed().header("webhook-signature", &forged),              "400 bad-signature"),
        ("an old one",       signed().header("webhook-timestamp", "1700000000"),         "400 bad-signature"),
        ("no time",          signed().header("webhook-timestamp", "noon"),               "400 bad-signature webhook-timestamp malformed"),
        ("another id",       signed().header("webhook-id", "m2"),                        "400 bad-signature"),
        ("no data",          body(&json!({ "type": "payment.succeeded" })),              "400 malformed-request"),
        ("no reference",     body(&paid(&id, "", PRICE)),                                "400 malformed-request"),
        ("a path",           body(&paid(&id, "../x", PRICE)),                            "400 malformed-request"),
        ("less than nothing", body(&paid(&id, "pay-1", -1)),                             "400 malformed-request"),
        ("no booking's id",  body(&paid("RV01", "pay-1", PRICE)),                        "400 malformed-request"),
        ("no such booking",  body(&paid(&nowhere, "pay-1", PRICE)),                      "404 not-found"),
        ("another message",  body(&json!({ "type": "payment.failed", "data": {} })),     "204"),
    ];
    for (case, request, expected) in table {
        let reply = world.send(request).await;
        assert_eq!(reply.summary(), expected, "{case}: {}", reply.body);
    }
    assert_eq!(world.all().await.len(), before, "nothing of it is in the log");
    assert_eq!(world.send(signed()).await.summary(), "204");
}

#[tokio::test]
async fn the_desk_takes_money_and_settles_refunds() {
    let (world, admin) = world().await;
    policy(&world, &admin, &json!({ "payment": "at_venue" })).await;
    let staff = world.join_as("sam", Role::Staff, &["riverside"]).await;
    let elsewhere = world.join_as("ole", Role::Staff, &["lakeside"]).await;
    let eva = world.join("eva").await;
    let id = world.send(eva.hold("18:00", "19:00", "k1")).await.text("id");
    assert_eq!(act(&world, &eva, &id, "payments").await.summary(), "409 nothing-to-pay");
    assert_eq!(act(&world, &eva, &id, "confirm").await.summary(), "200");

    assert_eq!(act(&world, &eva, &id, "mark-paid").await.summary(), "403 forbidden");
    assert_eq!(act(&world, &elsewhere, &id, "mark-paid").await.summary(), "404 not-found");
    assert_eq!(act(&world, &staff, &id, "mark-paid").await.summary(), "200");
    assert_eq!(act(&world, &staff, &id, "mark-paid").await.summary(), "409 already-paid");
    let reference = world
        .events(DAY)
        .await
        .into_iter()
        .find(|it| it.0 == "booking.payment-received.v1")
        .map(|it| it.1["payment_reference"].as_str().unwrap().to_owned())
        .unwrap();

    // Cancelled a day before: everything is owed, until somebody has paid it back.
    assert_eq!(act(&world, &eva, &id, "cancel").await.summary(), "200");
    let settle = |person: &Person, refund: &str| {
        person.post(&format!("/v1/refunds/{refund}/settle"), &Value::Null)
    };
    let refund = format!("{id}.{reference}");
    #[rustfmt::skip] // a table
    let table = [
        ("a player",         settle(&eva, &refund),                      "403 forbidden"),
        ("another desk",     settle(&elsewhere, &refund),                "404 not-found"),
        ("another payment",  settle(&staff, &format!("{id}.desk-0")),    "404 not-found"),
        ("no refund's name", settle(&staff, &id),                        "400 malformed-request id malformed"),
        ("the desk",         settle(&staff, &refund),                    "200"),
        ("once more",        settle(&staff, &refund),                    "200"),
    ];
    for (case, request, expected) in table {
        let reply = world.send(request).await;
        assert_eq!(reply.summary(), expected, "{case}: {}", reply.body);
    }
    let names = world.names(DAY).await;
    assert_eq!(names.iter().filter(|it| *it == "booking.refund-settled.v1").count(), 1);
}

#[tokio::test]
async fn without_a_provider_no_payment_is_started() {
    let world = World::new().await;
    world.open_riverside().await;
    let admin = world.join_as("alma", Role::Admin, &[]).await;
    policy(&world, &admin, &json!({ "payment": "required" })).await;
    let eva = world.join("eva").await;
    let id = world.send(eva.hold("18:00", "19:00", "k1")).await.text("id");
    assert_eq!(act(&world, &eva, &id, "payments").await.summary(), "503 unavailable");
    assert_eq!(world.names(DAY).await, ["booking.held.v2"]);
}

async fn go(world: &World, who: &Person, id: &str, to: &Value) -> Reply {
    world.send(who.post(&format!("/v1/bookings/{id}/move"), to)).await
}

/// Court RV01 on Monday, in the evening, when an hour costs 30.00.
fn monday() -> Value {
    let at = |hour| format!("2026-11-23T{hour}:00:00+01:00");
    json!({ "court": "RV01", "starts_at": at(18), "ends_at": at(19) })
}

#[tokio::test]
async fn what_a_move_costs_less_is_owed_and_what_it_costs_more_is_paid_afterwards() {
    let (world, _) = world().await;
    let staff = world.join_as("sam", Role::Staff, &["riverside"]).await;
    let eva = world.join("eva").await;
    let eur = |amount_minor: i64| json!({ "amount_minor": amount_minor, "currency": "EUR" });
    let tell = async |id: &str, booking: &str, reference: &str, amount: i64| {
        let told = told(&world, id, &paid(booking, reference, amount));
        assert_eq!(world.send(told).await.summary(), "204");
    };
    let evening = world.send(eva.hold("18:00", "19:00", "k1")).await.text("id");
    tell("m1", &evening, "p1", PRICE).await;

    let noon = go(&world, &eva, &evening, &place("RV01", "12:00", "13:00")).await;
    assert_eq!((&noon.body["price"], &noon.body["due"]), (&eur(2000), &Value::Null));
    let owed = world.events(DAY).await.into_iter();
    let owed: Vec<_> = owed.filter(|it| it.0 == "booking.refund-required.v1").collect();
    let [(_, owed)] = &*owed else { panic!("one refund: {owed:?}") };
    assert_eq!(owed["booking"], json!(evening), "where it was paid");
    assert_eq!((&owed["amount"], &owed["why"]), (&eur(1000), &json!("price_difference")));
    let settle = staff.post(&format!("/v1/refunds/{evening}.p1/settle"), &Value::Null);
    assert_eq!(world.send(settle).await.summary(), "200");
    let noon = noon.text("id");
    assert_eq!(act(&world, &eva, &noon, "payments").await.summary(), "409 already-confirmed");

    // To another day, and back up in price.
    let moved = go(&world, &eva, &noon, &monday()).await;
    assert_eq!((&moved.body["state"], &moved.body["due"]), (&json!("confirmed"), &eur(1000)));
    let id = moved.text("id");
    let start = || eva.post(&format!("/v1/bookings/{id}/payments"), &Value::Null).key("p2");
    let started = world.send(start()).await;
    assert_eq!((started.summary(), &started.body["amount"]), ("201".into(), &eur(1000)));
    tell("m2", &id, &started.text("payment_reference"), 1000).await;
    let again = world.send(start()).await;
    assert_eq!(again.body["amount"], eur(1000), "what was asked for then");
    let confirmed = act(&world, &eva, &id, "confirm").await;
    assert_eq!(confirmed.body["due"], Value::Null);
    assert_eq!(act(&world, &staff, &id, "mark-paid").await.summary(), "409 already-paid");

    // Both payments go back, and nothing twice.
    assert_eq!(act(&world, &eva, &id, "cancel").await.body["refund"], eur(3000));
    let monday = world.events("courtday-RV01-2026-11-23").await.into_iter();
    let back = monday.filter(|it| it.0 == "booking.refund-required.v1");
    let mut back: Vec<_> = back.map(|it| it.1["amount"]["amount_minor"].clone()).collect();
    back.sort_by_key(Value::as_i64);
    assert_eq!(back, [1000, 2000]);
}

#[tokio::test]
async fn the_desk_takes_the_difference_and_is_owed_the_new_price_where_nothing_was_paid() {
    let (world, admin) = world().await;
    policy(&world, &admin, &json!({ "payment": "at_venue" })).await;
    let staff = world.join_as("sam", Role::Staff, &["riverside"]).await;
    let eva = world.join("eva").await;
    for (is_paid, start, end) in [(true, "12:00", "13:00"), (false, "14:00", "15:00")] {
        let id = world.send(eva.hold(start, end, start)).await.text("id");
        assert_eq!(act(&world, &eva, &id, "confirm").await.summary(), "200");
        if is_paid {
            assert_eq!(act(&world, &staff, &id, "mark-paid").await.summary(), "200");
        }
        let moved = go(&world, &eva, &id, &monday()).await;
        let (id, due) = (moved.text("id"), &moved.body["due"]["amount_minor"]);
        assert_eq!(*due, if is_paid { json!(1000) } else { Value::Null }, "at the desk, as agreed");
        assert_eq!(act(&world, &staff, &id, "mark-paid").await.summary(), "200");
        let day = world.events("courtday-RV01-2026-11-23").await;
        let taken = day.iter().rfind(|it| it.0 == "booking.payment-received.v1").unwrap();
        let expected = if is_paid { 1000 } else { PRICE };
        assert_eq!(taken.1["amount"]["amount_minor"], expected);
        assert_eq!(taken.1["method"], "desk");
        assert_eq!(act(&world, &eva, &id, "cancel").await.summary(), "200");
    }
}
