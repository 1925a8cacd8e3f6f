use domain::projections::{ProjectionCommand, ProjectionState, stream};
use domain::users::Role;
use event_store::Metadata;
use runtime::ids;
use serde_json::{Value, json};
use testing::Scratch;
use uuid::Uuid;

use crate::world::{With, World, uuid};

#[tokio::test]
async fn an_operator_asks_for_a_rebuild_and_follows_it() {
    let world = World::new().await;
    let olu = world.join_as("olu", Role::Operator, &[]).await;
    let path = "/v1/projections/availability/rebuilds";
    let asked = world.send(olu.post(path, &Value::Null).key("k")).await;
    assert_eq!(asked.summary(), "202");
    let id = asked.text("id");
    assert_eq!(asked.header("location"), Some(format!("{path}/{id}").as_str()));
    assert_eq!(
        world.send(olu.post(path, &Value::Null).key("k")).await.text("id"),
        id,
        "twice is once"
    );

    let second = world.send(olu.post(path, &Value::Null)).await;
    assert_eq!(second.summary(), "409 rebuild-running");
    assert!(second.text("detail").contains(&id));
    assert_eq!(
        world.send(olu.post("/v1/projections/bookings/rebuilds", &Value::Null)).await.summary(),
        "202"
    );

    let meta = Metadata::new(ids::new(), world.platform.clock.now());
    let switch = ProjectionCommand::Switch { rebuild: uuid(&id) };
    world
        .platform
        .executor
        .execute::<ProjectionState>(&stream("availability"), switch, &meta)
        .await
        .unwrap();
    assert_eq!(
        world.send(olu.post(path, &Value::Null)).await.summary(),
        "202",
        "the first is over"
    );
}

#[tokio::test]
async fn a_rebuild_is_of_something_and_for_operators() {
    let world = World::new().await;
    let olu = world.join_as("olu", Role::Operator, &[]).await;
    let eva = world.join("eva").await;
    for (case, request, expected) in [
        ("unknown", olu.post("/v1/projections/weather/rebuilds", &Value::Null), "404 not-found"),
        ("a player", eva.post("/v1/projections/bookings/rebuilds", &Value::Null), "403 forbidden"),
    ] {
        assert_eq!(world.send(request).await.summary(), expected, "{case}");
    }
}

#[tokio::test]
async fn an_operator_says_how_many_share_a_rebuild() {
    let world = World::new().await;
    let olu = world.join_as("olu", Role::Operator, &[]).await;
    for verb in ["rebuilds", "verify"] {
        let path = format!("/v1/projections/bookings/{verb}");
        for workers in [json!(0), json!(9), json!(-1), json!(i64::MAX)] {
            let refused = world.send(olu.post(&path, &json!({ "workers": workers }))).await;
            assert_eq!(refused.status, 422, "{}", refused.body);
            assert!(refused.body.to_string().contains("#/workers"), "{}", refused.body);
        }
        for odd in [json!("2"), json!(1.5), json!(null)] {
            let refused = world.send(olu.post(&path, &json!({ "workers": odd }))).await;
            assert_eq!(refused.status, 400, "{odd}: {}", refused.body);
        }
        let asked = world.send(olu.post(&path, &json!({ "workers": 8 }))).await;
        assert_eq!(asked.summary(), "202");
        let loaded = world.platform.store.read_stream_backwards(&stream("bookings"), None, 1).await;
        let event: Value = serde_json::from_slice(&loaded.unwrap()[0].data).unwrap();
        assert_eq!((&event["workers"], &event["verifies"]), (&json!(8), &json!(verb == "verify")));
        let abort = format!("/v1/projections/bookings/rebuilds/{}", asked.text("id"));
        assert_eq!(world.send(olu.delete(&abort)).await.summary(), "204");
    }
}

#[tokio::test]
async fn an_operator_has_a_rebuild_compared_and_accepts_what_is_different() {
    let world = World::new().await;
    let olu = world.join_as("olu", Role::Operator, &[]).await;
    let eva = world.join("eva").await;
    let verify = "/v1/projections/bookings/verify";
    let asked = world.send(olu.post(verify, &Value::Null).key("k")).await;
    assert_eq!(asked.summary(), "202");
    let id = asked.text("id");
    let rebuild = format!("/v1/projections/bookings/rebuilds/{id}");
    assert_eq!(asked.header("location"), Some(rebuild.as_str()));
    let accept = format!("{rebuild}/accept");
    for (case, request, expected) in [
        ("a player", eva.post(verify, &Value::Null), "403 forbidden"),
        ("a player", eva.post(&accept, &Value::Null), "403 forbidden"),
        ("unknown", olu.post("/v1/projections/weather/verify", &Value::Null), "404 not-found"),
        ("of no kind", olu.post(verify, &json!({ "accept": "all" })), "400 malformed-request"),
        ("under way", olu.post(verify, &Value::Null), "409 rebuild-running"),
        (
            "never asked for",
            olu.post(&accept.replace(&id, &ids::new().to_string()), &Value::Null),
            "404 not-found",
        ),
        ("no id", olu.post(&accept.replace(&id, "7"), &Value::Null), "400 malformed-request"),
        (
            "of another",
            olu.post(&accept.replace("bookings", "courts"), &Value::Null),
            "404 not-found",
        ),
        ("accepted", olu.post(&accept, &Value::Null), "202"),
        ("twice is once", olu.post(&accept, &Value::Null), "202"),
        ("ended", olu.delete(&rebuild), "204"),
        ("ended", olu.post(&accept, &Value::Null), "409 rebuild-over"),
        ("beforehand", olu.post(verify, &json!({ "accept": true })), "202"),
    ] {
        let told = world.send(request).await.summary();
        assert!(told.starts_with(expected), "{case}: {told}");
    }
    let names = world.names(&stream("bookings")).await;
    assert_eq!(
        names,
        [
            "projection.rebuild-requested.v2",
            "projection.differences-accepted.v1",
            "projection.aborted.v1",
            "projection.rebuild-requested.v2",
            "projection.differences-accepted.v1",
        ]
    );
}

#[tokio::test]
async fn an_operator_ends_a_rebuild_that_is_under_way() {
    let world = World::new().await;
    let olu = world.join_as("olu", Role::Operator, &[]).await;
    let eva = world.join("eva").await;
    let rebuilds = "/v1/projections/availability/rebuilds";
    let id = world.send(olu.post(rebuilds, &Value::Null)).await.text("id");
    let path = format!("{rebuilds}/{id}");
    let never = format!("{rebuilds}/{}", ids::new());
    let elsewhere = path.replace("availability", "bookings");
    for (case, request, expected) in [
        ("a player", eva.delete(&path), "403 forbidden"),
        ("never asked for", olu.delete(&never), "404 not-found"),
        ("of another", olu.delete(&elsewhere), "404 not-found"),
        ("no projection", olu.delete(&path.replace("ava", "ova")), "404 not-found"),
        ("an odd reason", olu.delete(&format!("{path}?reason=%20")), "422 invalid"),
        ("what else", olu.delete(&format!("{path}?force=true")), "400 malformed-request"),
    ] {
        let told = world.send(request).await.summary();
        assert!(told.starts_with(expected), "{case}: {told}");
    }
    assert_eq!(world.send(olu.delete(&format!("{path}?reason=slow"))).await.summary(), "204");
    assert_eq!(world.send(olu.delete(&path)).await.summary(), "204", "twice is once");
    let events = world.events(&stream("availability")).await;
    assert_eq!(events.last().unwrap().1, json!({ "rebuild": uuid(&id), "reason": "slow" }));

    let id = world.send(olu.post(rebuilds, &Value::Null)).await.text("id");
    let meta = Metadata::new(ids::new(), world.platform.clock.now());
    let switch = ProjectionCommand::Switch { rebuild: uuid(&id) };
    let executor = &world.platform.executor;
    executor.execute::<ProjectionState>(&stream("availability"), switch, &meta).await.unwrap();
    let late = world.send(olu.delete(&format!("{rebuilds}/{id}"))).await;
    assert_eq!(late.summary(), "409 rebuild-over");
}

/// A database in which availability has an event parked.
async fn with_parked(event: Uuid) -> Scratch {
    let read = Scratch::new(&runtime::migrations::READ).await;
    let park = "INSERT INTO parked \
        (projection, build, position, key, event, stream, revision, kind, data, meta, error) \
        VALUES ('availability', 1, 7, 'k', $1, 'k', 0, 'x', '', '', 'broken')";
    sqlx::query(park).bind(event).execute(&read.pool).await.unwrap();
    read
}

#[tokio::test]
async fn a_parked_event_is_tried_again_or_given_up_by_an_operator() {
    let event = ids::new();
    let read = with_parked(event).await;
    let world = World::with(&[("READ_DATABASE_URL", &read.url)]).await;
    let olu = world.join_as("olu", Role::Operator, &[]).await;
    let eva = world.join("eva").await;
    let parked = "/v1/projections/availability/parked";
    let (retry, skip) = (format!("{parked}/{event}/retry"), format!("{parked}/{event}/skip"));
    let reason = json!({ "reason": "written by a tool" });

    let asked = world.send(olu.post(&retry, &Value::Null).key("k")).await;
    assert_eq!((asked.summary().as_str(), asked.header("location")), ("202", Some(parked)));
    let again = world.send(olu.post(&retry, &Value::Null).key("k")).await;
    assert_eq!(again.summary(), "202", "twice is once");
    let names = world.names(&stream("availability")).await;
    assert_eq!(names, ["projection.retry-requested.v1"]);

    let unknown = format!("{parked}/{}/skip", ids::new());
    let elsewhere = format!("/v1/projections/bookings/parked/{event}/retry");
    for (case, request, expected) in [
        ("a player", eva.post(&retry, &Value::Null), "403 forbidden"),
        ("a player", eva.post(&skip, &reason), "403 forbidden"),
        ("not parked", olu.post(&unknown, &reason), "409 not-parked"),
        ("not parked there", olu.post(&elsewhere, &Value::Null), "409 not-parked"),
        ("no projection", olu.post(&retry.replace("ava", "ova"), &Value::Null), "404 not-found"),
        ("no id", olu.post(&format!("{parked}/7/retry"), &Value::Null), "400 malformed-request"),
        ("no reason", olu.post(&skip, &json!({})), "400 malformed-request"),
        ("an empty one", olu.post(&skip, &json!({ "reason": " " })), "422 invalid"),
    ] {
        let told = world.send(request).await.summary();
        assert!(told.starts_with(expected), "{case}: {told}");
    }

    assert_eq!(world.send(olu.post(&skip, &reason)).await.summary(), "202");
    let given_up = json!({ "event": event, "reason": "written by a tool" });
    let events = world.events(&stream("availability")).await;
    assert_eq!(events.last().unwrap().1, given_up);
}

#[tokio::test]
async fn an_operator_pauses_and_resumes_a_projection_and_drops_what_is_old() {
    let world = World::new().await;
    let olu = world.join_as("olu", Role::Operator, &[]).await;
    let eva = world.join("eva").await;
    let at = |what| format!("/v1/projections/bookings/{what}");
    let reason = json!({ "reason": "a busy evening" });
    for (case, request, expected) in [
        ("a player", eva.post(&at("pause"), &reason), "403 forbidden"),
        ("a player", eva.post(&at("resume"), &Value::Null), "403 forbidden"),
        ("a player", eva.post(&at("drop-old"), &Value::Null), "403 forbidden"),
        ("no reason", olu.post(&at("pause"), &json!({})), "400 malformed-request"),
        ("an empty one", olu.post(&at("pause"), &json!({ "reason": "" })), "422 invalid"),
        ("unknown", olu.post("/v1/projections/weather/resume", &Value::Null), "404 not-found"),
        ("paused", olu.post(&at("pause"), &reason), "202"),
        ("twice", olu.post(&at("pause"), &reason), "202"),
        ("resumed", olu.post(&at("resume"), &Value::Null), "202"),
        ("twice", olu.post(&at("resume"), &Value::Null), "202"),
        ("dropped", olu.post(&at("drop-old"), &Value::Null), "202"),
    ] {
        let told = world.send(request).await.summary();
        assert!(told.starts_with(expected), "{case}: {told}");
    }
    let names = world.names(&stream("bookings")).await;
    let expected =
        ["projection.paused.v1", "projection.resumed.v1", "projection.drop-old-requested.v1"];
    assert_eq!(names, expected, "and what was so already is no event");
}

#[tokio::test]
async fn what_another_operator_has_undone_is_not_done_again_by_a_repetition() {
    let world = World::new().await;
    let olu = world.join_as("olu", Role::Operator, &[]).await;
    let at = |what| format!("/v1/projections/bookings/{what}");
    let reason = json!({ "reason": "a busy evening" });
    let pause = || olu.post(&at("pause"), &reason).key("p");
    let resume = || olu.post(&at("resume"), &Value::Null).key("r");
    let drop_old = || olu.post(&at("drop-old"), &Value::Null).key("d");
    let again = || olu.post(&at("pause"), &reason).key("p2");
    for (case, request, expected) in [
        ("paused", pause(), 1),
        ("resumed", resume(), 2),
        ("paused before", pause(), 2),
        ("paused again", again(), 3),
        ("resumed before", resume(), 3),
        ("dropped", drop_old(), 4),
        ("dropped before", drop_old(), 4),
    ] {
        assert_eq!(world.send(request).await.summary(), "202", "{case}");
        assert_eq!(world.names(&stream("bookings")).await.len(), expected, "{case}");
    }
    sqlx::query("DELETE FROM idempotency").execute(&world.edge.pool).await.unwrap();
    for request in [pause(), resume(), again(), drop_old()] {
        let told = world.send(request).await;
        assert_eq!((told.summary(), told.text("projection")), ("202".into(), "bookings".into()));
    }
    assert_eq!(world.names(&stream("bookings")).await.len(), 4, "the log knows them all");
}
