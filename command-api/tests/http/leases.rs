//! Moves and the desk's bookings under a player's quotas: 2 open holds, 2 bookings a day, 6 ahead.
use std::collections::BTreeSet;

use domain::bookings::{BookingEvent, BookingState, CourtDay};
use domain::ids::BookingId;
use domain::players::{LeaseState, Player, PlayerCommand};
use domain::users::Role;
use event_store::{Executor, Metadata};
use jiff::{SignedDuration, Timestamp};
use runtime::ids;
use serde_json::{Value, json};

use crate::faulty::{self, Lost};
use crate::world::{Person, Reply, With, World, read_events};

const FULL_DAY: &str = "409 quota-full #/starts_at bookings-per-day";
const FULL_HOLDS: &str = "409 quota-full # open-holds";

/// What the scheduler does of all that ever happened: tells each player's stream of every booking as it is.
pub async fn tell_all(executor: &Executor, now: Timestamp) {
    for id in bookings(executor).await {
        let day = executor.load::<CourtDay>(&id.stream()).await.unwrap().state;
        let Some(player) = day.bookings[&id].held.booked_for.player() else { continue };
        let follow = PlayerCommand::following(&day.bookings[&id], now);
        let meta = Metadata::new(ids::new(), now);
        executor.execute::<Player>(&player.player_stream(), follow, &meta).await.unwrap();
    }
}

/// Once everything is told and what was lent for nothing has lapsed, what counts is what is had, and nothing else.
pub async fn count_what_is_had(executor: &Executor, who: &Person, now: Timestamp) {
    let mut had = BTreeSet::new();
    for id in bookings(executor).await {
        let day = executor.load::<CourtDay>(&id.stream()).await.unwrap().state;
        let it = &day.bookings[&id];
        let is_theirs = it.held.booked_for.player() == Some(who.user);
        if is_theirs && (it.is_live(now) || it.state == BookingState::Missed) {
            had.insert(id);
        }
    }
    let player = executor.load::<Player>(&who.user.player_stream()).await.unwrap().state;
    let lapsed = now + SignedDuration::from_mins(30);
    let counted = player.leases.into_iter().filter(|(id, it)| match it.state {
        LeaseState::Held { until, .. } => lapsed < until || had.contains(id),
        LeaseState::Confirmed { .. } => true,
        LeaseState::Returned => false,
    });
    assert_eq!(counted.map(|it| it.0).collect::<BTreeSet<_>>(), had);
}

async fn bookings(executor: &Executor) -> BTreeSet<BookingId> {
    let all = executor.store().read_all(0, 100_000).await.unwrap().into_iter();
    let held = all.filter(|it| it.kind.starts_with("booking.held."));
    let id = |data: &[u8]| serde_json::from_slice::<Value>(data).unwrap()["booking"].clone();
    held.map(|it| id(&it.data).as_str().unwrap().parse().unwrap()).collect()
}

/// Riverside with courts RV01 to RV09, and the quotas that venues have by themselves.
async fn riverside(world: &World) -> Person {
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let ada = world.log_in(eva.user, "ada").await;
    for n in 2..=9 {
        world.add_court(&ada, &format!("RV0{n}"), "riverside").await;
    }
    let policy = ada.put("/v1/venues/riverside/policy", &json!({}));
    assert_eq!(world.send(policy).await.summary(), "204");
    eva
}

/// Court `RV0<court>`, so many days after Sunday, for an hour.
fn on(days: u8, court: u8, hour: u8) -> Value {
    let at = |hour| format!("2026-11-{}T{hour:02}:00:00+01:00", 22 + days);
    json!({ "court": format!("RV0{court}"), "starts_at": at(hour), "ends_at": at(hour + 1) })
}

async fn hold(world: &World, who: &Person, body: &Value) -> Reply {
    world.send(who.post("/v1/bookings", body).key(&ids::new().to_string())).await
}

async fn book(world: &World, who: &Person, body: &Value) -> String {
    let held = hold(world, who, body).await;
    assert_eq!(held.summary(), "201");
    let confirm = format!("/v1/bookings/{}/confirm", held.text("id"));
    assert_eq!(world.send(who.post(&confirm, &Value::Null)).await.summary(), "200");
    held.text("id")
}

async fn go(world: &World, who: &Person, id: &str, to: &Value) -> Reply {
    world.send(who.post(&format!("/v1/bookings/{id}/move"), to).key(&ids::new().to_string())).await
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

#[tokio::test]
async fn a_move_counts_the_booking_once_and_is_asked_of_the_day_it_goes_to() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    let mut booked = vec![];
    for (court, day) in [0, 0, 1, 1, 2, 2].into_iter().enumerate() {
        let court = u8::try_from(court + 1).unwrap();
        booked.push(book(&world, &eva, &on(day, court, 11)).await);
    }
    // Six are ahead, and no day has room: still each may move where it does not become one more.
    let within = go(&world, &eva, &booked[0], &on(0, 1, 12)).await;
    assert_eq!(within.summary(), "200");
    let beside = go(&world, &eva, &within.text("id"), &on(0, 7, 12)).await;
    assert_eq!(beside.summary(), "200");
    let before = world.all().await.len();
    let full = go(&world, &eva, &booked[2], &on(0, 8, 15)).await;
    assert_eq!(full.summary(), FULL_DAY);
    assert_eq!(world.all().await.len(), before, "a refusal is not recorded");
    let away = go(&world, &eva, &booked[2], &on(3, 8, 15)).await;
    assert_eq!(away.summary(), "200");
    count_what_is_had(&world.platform.executor, &eva, world.platform.clock.now()).await;

    let seventh = hold(&world, &eva, &on(4, 9, 15)).await;
    assert_eq!(seventh.summary(), "409 quota-full # upcoming");
    let cancel = format!("/v1/bookings/{}/cancel", beside.text("id"));
    assert_eq!(world.send(eva.post(&cancel, &Value::Null)).await.summary(), "200");
    book(&world, &eva, &on(3, 9, 15)).await;
    let third = go(&world, &eva, &booked[4], &on(3, 1, 15)).await;
    assert_eq!(third.summary(), FULL_DAY);
}

#[tokio::test]
async fn an_open_hold_more_or_less_is_nothing_to_a_move() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    let booked = book(&world, &eva, &on(0, 1, 11)).await;
    for day in [1, 2] {
        assert_eq!(hold(&world, &eva, &on(day, 1, 11)).await.summary(), "201");
    }
    assert_eq!(hold(&world, &eva, &on(3, 1, 11)).await.summary(), FULL_HOLDS);
    assert_eq!(go(&world, &eva, &booked, &on(3, 1, 11)).await.summary(), "200");
}

#[tokio::test]
async fn the_desk_minds_a_players_quotas_unless_it_says_why_not() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    let stefan = world.join_as("stefan", Role::Staff, &["riverside"]).await;
    let for_eva = |body: Value| with(body, "for", json!({ "player": eva.user.0 }));
    let because = |body: Value| with(body, "override_reason", json!("a tournament"));
    let overridden = async |stream: &str| {
        let events: Vec<BookingEvent> = read_events(&world, stream).await;
        events.iter().any(|it| matches!(it, BookingEvent::Held(it) if it.overridden.is_some()))
    };

    let first = hold(&world, &stefan, &for_eva(on(0, 1, 11))).await;
    assert_eq!(first.summary(), "201");
    let confirm = format!("/v1/bookings/{}/confirm", first.text("id"));
    assert_eq!(world.send(stefan.post(&confirm, &Value::Null)).await.summary(), "200");
    book(&world, &eva, &on(0, 2, 11)).await;
    let monday = book(&world, &eva, &on(1, 3, 11)).await;
    let before = world.all().await.len();
    assert_eq!(hold(&world, &stefan, &for_eva(on(0, 3, 11))).await.summary(), FULL_DAY);
    assert_eq!(go(&world, &stefan, &monday, &on(0, 3, 11)).await.summary(), FULL_DAY);
    assert_eq!(world.all().await.len(), before, "nothing was written");

    let beyond = hold(&world, &stefan, &because(for_eva(on(0, 3, 11)))).await;
    assert_eq!(beyond.summary(), "201");
    assert!(overridden("courtday-RV03-2026-11-22").await, "the reason stands in the event");
    let moved = go(&world, &stefan, &monday, &because(on(0, 4, 11))).await;
    assert_eq!(moved.summary(), "200");
    assert!(overridden("courtday-RV04-2026-11-22").await, "the reason stands in the event");
    count_what_is_had(&world.platform.executor, &eva, world.platform.clock.now()).await;
    assert_eq!(hold(&world, &eva, &on(0, 5, 11)).await.summary(), FULL_DAY, "they are counted");

    // Nobody knows how much a guest has.
    for court in 5..=9 {
        let guest = with(on(0, court, 11), "for", json!({ "guest": { "name": "Dóra" } }));
        assert_eq!(hold(&world, &stefan, &guest).await.summary(), "201");
    }
}

#[tokio::test]
async fn a_hold_of_the_desks_counts_until_the_end_of_play_and_makes_room_when_it_is_released() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    let stefan = world.join_as("stefan", Role::Staff, &["riverside"]).await;
    let mut held = vec![];
    for day in [0, 1] {
        let body = with(on(day, 1, 11), "for", json!({ "player": eva.user.0 }));
        held.push(hold(&world, &stefan, &body).await.text("id"));
    }
    world.later(SignedDuration::from_hours(2));
    let eva = Person { token: world.log_in(eva.user, "eva").await.token, ..eva };
    assert_eq!(hold(&world, &eva, &on(2, 1, 11)).await.summary(), FULL_HOLDS, "there is no clock");
    let release = format!("/v1/bookings/{}/release", held[0]);
    assert_eq!(world.send(eva.post(&release, &Value::Null)).await.summary(), "200");
    assert_eq!(hold(&world, &eva, &on(2, 1, 11)).await.summary(), "201");
}

#[tokio::test]
async fn whatever_is_lost_between_lease_and_place_a_repetition_finishes_and_nothing_leaks() {
    for lost in [Lost::Request, Lost::Answer] {
        for streams in ["player-", "courtday-RV02"] {
            let store = faulty::store();
            let world = World::on(store.clone(), &[]).await;
            let eva = riverside(&world).await;
            let stefan = world.join_as("stefan", Role::Staff, &["riverside"]).await;
            let booked = book(&world, &eva, &on(0, 1, 11)).await;
            let path = format!("/v1/bookings/{booked}/move");
            let for_eva = with(on(3, 2, 15), "for", json!({ "player": eva.user.0 }));
            let moves = || eva.post(&path, &on(1, 2, 11)).key("m");
            let holds = || stefan.post("/v1/bookings", &for_eva).key("h");
            store.lose(lost, streams);
            let case = format!("{lost:?} {streams}");
            assert_eq!(world.send(moves()).await.summary(), "503 outcome-unknown", "{case}");
            assert_eq!(world.send(holds()).await.summary(), "503 outcome-unknown", "{case}");
            store.mend();

            // Nobody comes back: what was lent lapses, and what was held is told of.
            let executor = &world.platform.executor;
            let now = world.platform.clock.now();
            tell_all(executor, now).await;
            count_what_is_had(executor, &eva, now).await;
            // Somebody does.
            world.later(SignedDuration::from_secs(300));
            assert_eq!(world.send(moves()).await.summary(), "200", "{case}");
            assert_eq!(world.send(holds()).await.summary(), "201", "{case}");
            tell_all(executor, now).await;
            count_what_is_had(executor, &eva, now).await;
        }
    }
}
