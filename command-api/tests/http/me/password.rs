use axum::body::Body;
use axum::http::Request;
use domain::users::Role;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::world::{PASSWORD, Person, Reply, World};

const NEW: &str = "an umbrella in the greenhouse";
const WRONG: &str = "403 wrong-password #/current_password wrong";

fn change(person: &Person, current: &str, new: &str) -> Request<Body> {
    let body = json!({ "current_password": current, "new_password": new });
    person.request("PUT", "/v1/me/password", &body)
}

#[tokio::test]
async fn a_new_password_ends_every_session_but_the_one_that_comes_with_the_answer() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let tablet = world.log_in(eva.user, "eva").await;

    let reply = world.send(change(&eva, PASSWORD, NEW)).await;
    assert_eq!(reply.summary(), "200", "{}", reply.body);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert!(reply.header("courtside-position").is_some());
    let now = Person::of(eva.user, &reply);
    assert!(world.lets_in(&now).await, "at once");
    world.is_out(&tablet, "the tablet has to know the new password").await;
    world.is_out(&eva, "and so has whoever copied a token").await;
    assert_eq!(world.refresh(&now.refresh_token).await.summary(), "200");

    assert_eq!(world.try_password("eva", PASSWORD).await.summary(), "401 invalid-credentials");
    assert_eq!(world.try_password("eva", NEW).await.summary(), "201");
    let last = world.events(&eva.user.stream()).await.pop().unwrap();
    assert_eq!((last.0.as_str(), &last.1["cause"]), ("user.password-set.v2", &json!("changed")));
}

#[tokio::test]
async fn wrong_passwords_in_a_session_lock_the_door_as_those_before_it_do() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    for turn in 0..5 {
        // Both ways count together.
        let reply = if turn % 2 == 0 {
            world.send(change(&eva, "seven lobs before luncheon", NEW)).await
        } else {
            world.try_password("eva", "seven lobs before luncheon").await
        };
        assert_eq!(reply.status, if turn % 2 == 0 { 403 } else { 401 });
    }
    let names = world.names(&eva.user.login_stream()).await;
    assert_eq!(names[names.len() - 2..], ["login.failed.v1", "login.locked.v1"]);

    assert_eq!(world.send(change(&eva, PASSWORD, NEW)).await.summary(), WRONG, "the right one too");
    assert_eq!(world.names(&eva.user.login_stream()).await.last().unwrap(), "login.refused.v1");
    assert_eq!(world.refresh(&eva.refresh_token).await.summary(), "200", "the session lives on");
}

#[tokio::test]
async fn five_of_twenty_parallel_guesses_in_a_session_are_looked_at() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    for _ in 0..4 {
        let guesses = (0..5).map(|_| world.send(change(&eva, "seven lobs before luncheon", NEW)));
        for reply in join_all(guesses).await {
            assert_eq!(reply.summary(), WRONG);
        }
    }
    let names = world.names(&eva.user.login_stream()).await;
    let count = |name: &str| names.iter().filter(|it| *it == name).count();
    assert_eq!(
        [count("login.failed.v1"), count("login.locked.v1"), count("login.refused.v1")],
        [5, 1, 15]
    );
}

#[tokio::test]
async fn of_two_changes_at_once_one_happens() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let other = "a second umbrella in the shed";
    let (one, two) = futures::join!(
        world.send(change(&eva, PASSWORD, NEW)),
        world.send(change(&eva, PASSWORD, other))
    );
    // One after the other: the first ends the session, changes the password, or both, for the second.
    let (won, lost) = if one.status == 200 { (one, two) } else { (two, one) };
    assert_eq!(won.summary(), "200");
    assert!([401, 403, 503].contains(&lost.status), "{}", lost.body);
    let set = world.names(&eva.user.stream()).await;
    assert_eq!(set.iter().filter(|it| *it == "user.password-set.v2").count(), 2, "and the first");
}

#[tokio::test]
async fn whoever_may_do_more_needs_a_longer_password() {
    let world = World::new().await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let eva = world.join("eva").await;
    let short = "plum-Tor-4-Lamp";
    assert_eq!(short.len(), 15);
    let reply = world.send(change(&ada, PASSWORD, &short[..14])).await;
    assert_eq!(reply.summary(), "422 invalid #/new_password too-short");
    assert_eq!(world.send(change(&eva, PASSWORD, &short[..14])).await.summary(), "200");
    assert_eq!(world.send(change(&ada, PASSWORD, short)).await.summary(), "200");
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_cannot_be_a_password_is_said_and_costs_no_attempt() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let before = world.all().await.len();
    let new = |it: &str| json!({ "current_password": PASSWORD, "new_password": it });
    let rows: &[(&str, Value, &str)] = &[
        ("too short",        new("x7#Kq!m2Zp"),                        "422 invalid #/new_password too-short"),
        ("nothing",          new(""),                                  "422 invalid #/new_password too-short, #/new_password too-weak"),
        ("too long",         new(&"x".repeat(129)),                    "422 invalid #/new_password too-long"),
        ("too weak",         new("password1234"),                      "422 invalid #/new_password too-weak"),
        ("one's address",    new("eva@example.org"),                   "422 invalid #/new_password like-email, #/new_password too-weak"),
        ("the same",         new(PASSWORD),                            "422 invalid #/new_password unchanged"),
        ("a NUL",            new("\u{0}"),                             "400 malformed-request #/new_password malformed"),
        ("a bell",           new("\u{7}\u{202e}"),                     "422 invalid #/new_password too-short, #/new_password too-weak"),
        ("no present one",   json!({ "new_password": NEW }),           "400 malformed-request #/current_password missing-field"),
        ("an empty one",     json!({ "current_password": "", "new_password": NEW }), "422 invalid #/current_password too-short"),
        ("a novel",          json!({ "current_password": "x".repeat(129), "new_password": NEW }), "422 invalid #/current_password too-long"),
        ("no new one",       json!({ "current_password": PASSWORD }),  "400 malformed-request #/new_password missing-field"),
        ("a number",         json!({ "current_password": PASSWORD, "new_password": 7 }), "400 malformed-request #/new_password wrong-type"),
        ("null",             json!({ "current_password": null, "new_password": NEW }), "400 malformed-request #/current_password wrong-type"),
        ("a role",           json!({ "current_password": PASSWORD, "new_password": NEW, "role": "admin" }), "400 malformed-request #/role unknown-field"),
        ("a list",           json!([PASSWORD, NEW]),                   "400 malformed-request # wrong-type"),
    ];
    for (case, body, expected) in rows {
        let reply: Reply = world.send(eva.request("PUT", "/v1/me/password", body)).await;
        assert_eq!(reply.summary(), *expected, "{case}: {}", reply.body);
    }
    let anonymous = crate::world::request("PUT", "/v1/me/password", &new(NEW));
    assert_eq!(world.send(anonymous).await.summary(), "401 unauthenticated");
    assert_eq!(world.all().await.len(), before, "nothing was changed");
}
