//! Messages that were given up, tried again by an operator.
use domain::notices::stream;
use domain::users::Role;
use runtime::ids;
use serde_json::Value;
use testing::Scratch;
use uuid::Uuid;

use crate::world::{With, World};

/// A database whose outbox has a message in each of these states.
async fn with_messages(states: &[(Uuid, &str)]) -> Scratch {
    let read = Scratch::new(&runtime::migrations::READ).await;
    for (intent, state) in states {
        let message = "INSERT INTO outbox (intent, kind, subject_stream, source_event, source_position, payload, \
            valid_until, state, next_attempt_at) VALUES ($1, 'reminder', 'x', $1, 7, '{}', now(), $2, now())";
        sqlx::query(message).bind(intent).bind(state).execute(&read.pool).await.unwrap();
    }
    read
}

#[tokio::test]
async fn an_operator_has_a_message_tried_again_that_was_given_up() {
    let [dead, pending, sent] = [ids::new(), ids::new(), ids::new()];
    let states = [(dead, "dead"), (pending, "pending"), (sent, "sent")];
    let read = with_messages(&states).await;
    let world = World::with(&[("READ_DATABASE_URL", &read.url)]).await;
    let olu = world.join_as("olu", Role::Operator, &[]).await;
    let eva = world.join("eva").await;
    let path = |id: Uuid| format!("/v1/outbox/{id}/resend");

    let asked = world.send(olu.post(&path(dead), &Value::Null).key("k")).await;
    assert_eq!((asked.summary().as_str(), asked.header("location")), ("202", Some("/v1/outbox")));
    let again = world.send(olu.post(&path(dead), &Value::Null).key("k")).await;
    assert_eq!(again.summary(), "202", "twice is once");
    assert_eq!(world.names(&stream(dead)).await, ["notice.resend-requested.v1"]);

    for (case, request, expected) in [
        ("a player", eva.post(&path(dead), &Value::Null), "403 forbidden"),
        ("still tried", olu.post(&path(pending), &Value::Null), "409 not-dead"),
        ("sent", olu.post(&path(sent), &Value::Null), "409 not-dead"),
        ("unknown", olu.post(&path(ids::new()), &Value::Null), "409 not-dead"),
        (
            "no id",
            olu.post("/v1/outbox/7/resend", &Value::Null),
            "400 malformed-request id malformed",
        ),
    ] {
        assert_eq!(world.send(request).await.summary(), expected, "{case}");
    }
    assert_eq!(world.names(&stream(pending)).await, [""; 0]);
}
