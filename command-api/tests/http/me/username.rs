use axum::body::Body;
use axum::http::Request;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::world::{PASSWORD, Person, World};

const TAKEN: &str = "409 identifier-taken #/username taken";

fn change(person: &Person, username: &str) -> Request<Body> {
    let body = json!({ "username": username, "current_password": PASSWORD });
    person.request("PUT", "/v1/me/username", &body)
}

#[tokio::test]
async fn another_name_is_taken_and_the_former_one_is_free() {
    let world = World::new().await;
    let (eva, ida) = (world.join("eva").await, world.join("ida").await);
    assert_eq!(world.send(change(&eva, "Ida")).await.summary(), TAKEN);
    assert_eq!(world.send(change(&eva, "eva.lind")).await.summary(), "204");
    assert_eq!(world.send(change(&eva, "eva.lind")).await.summary(), "204", "twice is once");
    assert_eq!(world.try_password("eva", PASSWORD).await.status, 401);
    assert_eq!(world.try_password("Eva.Lind", PASSWORD).await.status, 201);
    assert_eq!(world.try_password("eva@example.org", PASSWORD).await.status, 201);

    assert_eq!(world.send(change(&ida, "eva")).await.summary(), "204");
    assert_eq!(world.send(change(&eva, "eva")).await.summary(), TAKEN, "it is Ida's by now");
    let names = world.names(&eva.user.login_stream()).await;
    assert!(names.contains(&"login.reauthenticated.v1".to_owned()));
}

#[tokio::test]
async fn of_five_who_want_one_name_at_once_one_gets_it() {
    let world = World::new().await;
    let mut people = Vec::new();
    for n in 0..5 {
        people.push(world.join(&format!("eva{n}")).await);
    }
    let replies = join_all(people.iter().map(|it| world.send(change(it, "wanted")))).await;
    let won = replies.iter().filter(|it| it.status == 204).count();
    let all: Vec<String> = replies.iter().map(crate::world::Reply::summary).collect();
    assert_eq!(won, 1, "{all:?}");
    assert!(all.iter().all(|it| it == "204" || it == TAKEN), "{all:?}");
    let user = world.try_password("wanted", PASSWORD).await;
    assert_eq!(user.status, 201);
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_is_no_username_is_said() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let before = world.all().await.len();
    let to = |it: &str| json!({ "username": it, "current_password": PASSWORD });
    let rows: &[(&str, Value, &str)] = &[
        ("no name",        json!({ "current_password": PASSWORD }), "400 malformed-request #/username missing-field"),
        ("no password",    json!({ "username": "eva2" }),           "400 malformed-request #/current_password missing-field"),
        ("too short",      to("ev"),                                "422 invalid #/username too-short"),
        ("too long",       to(&"x".repeat(31)),                     "422 invalid #/username too-long"),
        ("an address",     to("eva@example.org"),                   "422 invalid #/username malformed"),
        ("a look-alike",   to("ev\u{430}"),                         "422 invalid #/username malformed"),
        ("a number",       json!({ "username": 7, "current_password": PASSWORD }), "400 malformed-request #/username wrong-type"),
        ("one thing more", json!({ "username": "eva2", "current_password": PASSWORD, "role": "admin" }), "400 malformed-request #/role unknown-field"),
    ];
    for (case, body, expected) in rows {
        let reply = world.send(eva.request("PUT", "/v1/me/username", body)).await;
        assert_eq!(reply.summary(), *expected, "{case}: {}", reply.body);
    }
    assert_eq!(world.all().await.len(), before, "nothing was changed");
}
