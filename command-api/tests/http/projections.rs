use domain::projections::{ProjectionCommand, ProjectionState, stream};
use domain::users::Role;
use event_store::Metadata;
use runtime::ids;
use serde_json::Value;

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
