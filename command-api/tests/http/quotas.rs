//! What one player may have, at its limits, across time, across venues, and whatever is lost.
use domain::players::{LeaseState, Player};
use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::faulty::{self, Lost};
use crate::world::{Person, Reply, With, World, every_day, place, send_to};

const FULL_HOLDS: &str = "409 quota-full # open-holds";

/// Riverside with courts RV01 to RV20, under the policy that venues have by themselves: 2 holds, 2 a day, 6 ahead.
async fn riverside(world: &World) -> Person {
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let ada = world.log_in(eva.user, "ada").await;
    for n in 2..=20 {
        world.add_court(&ada, &format!("RV{n:02}"), "riverside").await;
    }
    set_policy(world, &ada, "riverside", &json!({})).await;
    eva
}

async fn set_policy(world: &World, ada: &Person, venue: &str, policy: &Value) {
    let path = format!("/v1/venues/{venue}/policy");
    assert_eq!(world.send(ada.put(&path, policy)).await.summary(), "204");
}

async fn hold(world: &World, me: &Person, court: &str, from: &str, to: &str) -> Reply {
    hold_as(world, me, &format!("{court}-{from}"), place(court, from, to)).await
}

async fn hold_as(world: &World, me: &Person, key: &str, body: Value) -> Reply {
    world.send(me.post("/v1/bookings", &body).key(key)).await
}

/// So many days after the Sunday that `place` is on.
fn on(days: i8, court: &str) -> Value {
    let at = |time: &str| format!("2026-11-{}T{time}:00+01:00", 22 + days);
    json!({ "court": court, "starts_at": at("11:00"), "ends_at": at("12:00") })
}

async fn change(world: &World, me: &Person, held: &Reply, what: &str) -> String {
    let path = format!("/v1/bookings/{}/{what}", held.text("id"));
    world.send(me.post(&path, &Value::Null)).await.summary()
}

async fn leases(world: &World, me: &Person) -> Vec<LeaseState> {
    let player = world.platform.executor.load::<Player>(&me.user.player_stream()).await.unwrap();
    player.state.leases.into_values().map(|it| it.state).collect()
}

fn held_events(all: &[event_store::Recorded]) -> usize {
    all.iter().filter(|it| it.kind.starts_with("booking.held.")).count()
}

#[tokio::test]
async fn two_holds_are_open_at_most_and_each_end_makes_room() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    let first = hold(&world, &eva, "RV01", "11:00", "12:00").await;
    let other_day = hold_as(&world, &eva, "monday", on(1, "RV01")).await;
    assert_eq!((first.status, other_day.status), (201, 201));

    let before = world.all().await.len();
    let third = hold_as(&world, &eva, "tuesday", on(2, "RV01")).await;
    assert_eq!(third.summary(), FULL_HOLDS);
    assert!(third.header("courtside-position").is_some(), "whoever reads that far sees why");
    assert_eq!(world.all().await.len(), before, "a refusal is not recorded");
    // What somebody has already is told before whether one may have it.
    assert_eq!(hold_as(&world, &eva, "again", on(1, "RV01")).await.summary(), "409 slot-taken");

    assert_eq!(change(&world, &eva, &first, "confirm").await, "200");
    let third = hold_as(&world, &eva, "tuesday", on(2, "RV01")).await;
    assert_eq!(third.status, 201, "a confirmed one is no hold");
    assert_eq!(hold_as(&world, &eva, "k", on(3, "RV01")).await.summary(), FULL_HOLDS);
    assert_eq!(change(&world, &eva, &other_day, "release").await, "200");
    assert_eq!(hold_as(&world, &eva, "k", on(3, "RV01")).await.status, 201, "the same key");
}

#[tokio::test]
async fn a_hold_that_runs_out_makes_room_by_itself() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    for day in [1, 2] {
        assert_eq!(hold_as(&world, &eva, &format!("{day}"), on(day, "RV01")).await.status, 201);
    }
    world.later(SignedDuration::from_secs(850));
    let eva = Person { token: world.log_in(eva.user, "eva").await.token, ..eva };
    assert_eq!(hold_as(&world, &eva, "k", on(3, "RV01")).await.summary(), FULL_HOLDS);
    world.later(SignedDuration::from_secs(1_000));
    assert_eq!(hold_as(&world, &eva, "k", on(3, "RV01")).await.status, 201);
}

#[tokio::test]
async fn two_a_day_and_six_ahead() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    let mut kept = Vec::new();
    for (n, day) in [1, 1, 2, 2, 3, 3].into_iter().enumerate() {
        let held = hold_as(&world, &eva, &format!("{n}"), on(day, &format!("RV0{}", n + 1))).await;
        assert_eq!(
            (held.status, change(&world, &eva, &held, "confirm").await.as_str()),
            (201, "200")
        );
        if n == 1 {
            let third = hold_as(&world, &eva, "third", on(1, "RV09")).await;
            assert_eq!(third.summary(), "409 quota-full #/starts_at bookings-per-day");
        }
        kept.push(held);
    }
    let seventh = hold_as(&world, &eva, "seventh", on(4, "RV09")).await;
    assert_eq!(seventh.summary(), "409 quota-full # upcoming");
    let both = hold_as(&world, &eva, "both", on(3, "RV09")).await;
    assert_eq!(both.summary(), "409 quota-full #/starts_at bookings-per-day, # upcoming");
    assert_eq!(change(&world, &eva, &kept[0], "cancel").await, "200");
    assert_eq!(hold_as(&world, &eva, "seventh", on(4, "RV09")).await.status, 201);
}

#[tokio::test]
async fn another_venue_counts_for_itself() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    let ada = world.log_in(eva.user, "ada").await;
    let lakeside = json!({ "id": "lakeside", "name": "Lakeside", "zone": "Europe/Berlin" });
    assert_eq!(world.send(ada.post("/v1/venues", &lakeside)).await.summary(), "201");
    let hours = json!({ "week": every_day("06:00", "23:00") });
    assert_eq!(world.send(ada.put("/v1/venues/lakeside/hours", &hours)).await.summary(), "204");
    world.add_court(&ada, "AK01", "lakeside").await;
    set_policy(&world, &ada, "lakeside", &json!({ "max_open_holds": 1 })).await;

    assert_eq!(hold(&world, &eva, "RV01", "11:00", "12:00").await.status, 201);
    assert_eq!(hold(&world, &eva, "AK01", "13:00", "14:00").await.status, 201);
    assert_eq!(hold(&world, &eva, "AK01", "15:00", "16:00").await.summary(), FULL_HOLDS);
    assert_eq!(hold(&world, &eva, "RV02", "15:00", "16:00").await.status, 201);
}

#[tokio::test]
async fn of_twenty_holds_at_once_on_twenty_courts_a_player_gets_two() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    let asked = (1..=20).map(|n| {
        let (world, eva) = (&world, &eva);
        async move { hold(world, eva, &format!("RV{n:02}"), "11:00", "12:00").await.summary() }
    });
    let outcomes = join_all(asked).await;
    assert_eq!(outcomes.iter().filter(|it| *it == "201").count(), 2, "{outcomes:?}");
    let full = |it: &&String| it.starts_with("409 quota-full");
    assert_eq!(outcomes.iter().filter(full).count(), 18, "{outcomes:?}");
    assert_eq!(held_events(&world.all().await), 2);
}

#[tokio::test]
async fn from_two_processes_as_well() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    let (here, there) = (world.another_process().await, world.another_process().await);
    let asked = (1..=20).map(|n| {
        let (router, eva) = (if n % 2 == 0 { &here } else { &there }, &eva);
        async move {
            let body = place(&format!("RV{n:02}"), "11:00", "12:00");
            // As a client does: after a 503, again.
            for _ in 0..30 {
                let hold = eva.post("/v1/bookings", &body).key(&format!("k{n}"));
                let reply = send_to(router, hold).await;
                if reply.status != 503 {
                    return reply.status;
                }
            }
            panic!("thirty times 503")
        }
    });
    let mut outcomes = join_all(asked).await;
    outcomes.sort_unstable();
    assert_eq!(outcomes, [[201; 2].as_slice(), &[409; 18]].concat());
    assert_eq!(held_events(&world.all().await), 2, "every court is not hoarded for free");
}

#[tokio::test]
async fn losers_of_a_place_touch_no_quota() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    let ida = world.join("ida").await;
    assert_eq!(hold(&world, &ida, "RV01", "11:00", "12:00").await.status, 201);
    for n in 0..5 {
        let lost = hold_as(&world, &eva, &format!("k{n}"), place("RV01", "11:00", "12:00")).await;
        assert_eq!(lost.summary(), "409 slot-taken");
    }
    assert!(world.names(&eva.user.player_stream()).await.is_empty());
}

#[tokio::test]
async fn whatever_is_lost_a_repetition_finishes_and_nothing_leaks() {
    for lost in [Lost::Request, Lost::Answer] {
        for streams in ["player-", "courtday-"] {
            let store = faulty::store();
            let world = World::on(store.clone(), &[]).await;
            let eva = riverside(&world).await;
            store.lose(lost, streams);
            let silent = hold(&world, &eva, "RV01", "11:00", "12:00").await;
            assert_eq!(silent.summary(), "503 outcome-unknown", "{lost:?} {streams}");
            store.mend();
            // Later than the first attempt: the lease lasts as long as the hold that is made now.
            world.later(SignedDuration::from_secs(300));
            let held = hold(&world, &eva, "RV01", "11:00", "12:00").await;
            assert_eq!(held.status, 201, "{lost:?} {streams}: {}", held.body);
            let again = hold(&world, &eva, "RV01", "11:00", "12:00").await;
            assert_eq!(again.text("id"), held.text("id"));

            let [LeaseState::Held { until, .. }] = leases(&world, &eva).await[..] else {
                panic!("one lease: {lost:?} {streams}")
            };
            let expires_at: jiff::Timestamp = held.text("expires_at").parse().unwrap();
            assert!(expires_at < until, "{lost:?} {streams}");
            assert_eq!(world.names("courtday-RV01-2026-11-22").await.len(), 1);
            assert_eq!(hold(&world, &eva, "RV02", "13:00", "14:00").await.status, 201);
            let third = hold(&world, &eva, "RV03", "15:00", "16:00").await;
            assert_eq!(third.status, 409, "{lost:?} {streams}: {}", third.body);
        }
    }
}

#[tokio::test]
async fn a_lease_that_cannot_follow_now_keeps_nobody_from_confirming() {
    let store = faulty::store();
    let world = World::on(store.clone(), &[]).await;
    let eva = riverside(&world).await;
    let held = hold(&world, &eva, "RV01", "11:00", "12:00").await;
    store.lose(Lost::Request, "player-");
    assert_eq!(change(&world, &eva, &held, "confirm").await, "200");
    assert!(matches!(leases(&world, &eva).await[..], [LeaseState::Held { .. }]), "not yet");
    store.mend();
    assert_eq!(change(&world, &eva, &held, "confirm").await, "200");
    assert!(matches!(leases(&world, &eva).await[..], [LeaseState::Confirmed { .. }]));
}

#[tokio::test]
async fn one_key_on_two_courts_is_a_mistake_even_without_its_memory() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    assert_eq!(hold_as(&world, &eva, "k", place("RV01", "11:00", "12:00")).await.status, 201);
    sqlx::query("DELETE FROM idempotency").execute(&world.edge.pool).await.unwrap();
    let other = hold_as(&world, &eva, "k", place("RV02", "11:00", "12:00")).await;
    assert_eq!(other.summary(), "422 idempotency-key-reused Idempotency-Key reused");
    assert_eq!(held_events(&world.all().await), 1);
}
