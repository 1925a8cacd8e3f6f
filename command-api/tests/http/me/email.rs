use axum::body::Body;
use axum::http::Request;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::faulty;
use crate::world::{PASSWORD, Person, Reply, With, World, code_for, post, registration};

const BAD: &str = "422 bad-token #/token bad-token";

fn change(person: &Person, email: &str) -> Request<Body> {
    let body = json!({ "email": email, "current_password": PASSWORD });
    person.request("PUT", "/v1/me/email", &body)
}

async fn confirm(world: &World, person: &Person, code: &str) -> Reply {
    world.send(person.post("/v1/me/email/confirm", &json!({ "token": code }))).await
}

async fn logs_in(world: &World, identifier: &str) -> bool {
    world.try_password(identifier, PASSWORD).await.status == 201
}

#[tokio::test]
async fn a_new_address_counts_once_it_is_proved() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let asked = world.send(change(&eva, "new@example.org")).await;
    assert_eq!((asked.summary().as_str(), &asked.body), ("202", &json!({ "status": "accepted" })));
    assert!(!logs_in(&world, "new@example.org").await, "not yet");
    let code = world.mailed_change(eva.user).await;
    let done = confirm(&world, &eva, &code).await;
    assert_eq!(done.summary(), "204", "{}", done.body);
    assert!(done.header("courtside-position").is_some());
    assert_eq!(confirm(&world, &eva, &code).await.summary(), "204", "a code may be used twice");

    assert!(logs_in(&world, "new@example.org").await && logs_in(&world, "eva").await);
    assert!(!logs_in(&world, "eva@example.org").await);
    assert!(world.lets_in(&eva).await, "nobody is logged out");
    let before = world.all().await.len();
    let mut body = registration("ida");
    body["email"] = json!("eva@example.org");
    assert_eq!(world.post("/v1/registrations", body).await.summary(), "202");
    world.registered_since(before).await;
}

#[tokio::test]
async fn an_address_is_nobodys_until_it_is_proved_and_then_the_first_ones() {
    let world = World::new().await;
    let (eva, ida) = (world.join("eva").await, world.join("ida").await);
    for person in [&eva, &ida] {
        assert_eq!(world.send(change(person, "new@example.org")).await.summary(), "202");
    }
    let codes = [world.mailed_change(eva.user).await, world.mailed_change(ida.user).await];
    assert_eq!(confirm(&world, &ida, &codes[0]).await.summary(), BAD, "another's code");
    assert_eq!(confirm(&world, &ida, &codes[1]).await.summary(), "204");
    let late = confirm(&world, &eva, &codes[0]).await;
    assert_eq!(late.summary(), "409 identifier-taken #/token taken");
    assert!(logs_in(&world, "eva@example.org").await, "what she had stays hers");
}

#[tokio::test]
async fn a_code_is_for_the_address_that_was_asked_for_last_and_for_a_day() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    world.send(change(&eva, "first@example.org")).await;
    let first = world.mailed_change(eva.user).await;
    world.send(change(&eva, "second@example.org")).await;
    let second = world.mailed_change(eva.user).await;
    assert_eq!(confirm(&world, &eva, &first).await.summary(), BAD);
    world.later(SignedDuration::from_hours(25));
    let eva = world.log_in(eva.user, "eva").await;
    assert_eq!(confirm(&world, &eva, &second).await.summary(), BAD);
    assert!(!logs_in(&world, "second@example.org").await);
}

#[tokio::test]
async fn there_and_back_again_is_possible_and_so_is_the_old_registration() {
    let world = World::new().await;
    let before = world.all().await.len();
    let request = || post("/v1/registrations", &registration("eva")).key("k");
    assert_eq!(world.send(request()).await.summary(), "202");
    let user = world.registered_since(before).await;
    let code = json!({ "token": world.mailed_code(user).await });
    world.post("/v1/registrations/verify", code).await;
    let eva = world.log_in(user, "eva").await;
    for address in ["new@example.org", "eva@example.org", "new@example.org"] {
        assert_eq!(world.send(change(&eva, address)).await.summary(), "202");
        let code = world.mailed_change(eva.user).await;
        assert_eq!(confirm(&world, &eva, &code).await.summary(), "204", "{address}");
        assert!(logs_in(&world, address).await);
    }
    // Its answer was lost, and somebody comes back to it much later.
    assert_eq!(world.send(request()).await.summary(), "202");
    assert!(logs_in(&world, "new@example.org").await);
}

/// Claim C1: the process dies after so many appends, and nobody tries again.
#[tokio::test]
async fn a_change_of_address_cut_off_at_any_step_never_gives_or_blocks_it() {
    let store = faulty::store();
    let world = World::on(store.clone(), &[]).await;
    let mut outcomes = Vec::new();
    for steps in 0..6 {
        let name = format!("eva{steps}");
        let eva = world.join(&name).await;
        let (old, new) = (format!("{name}@example.org"), format!("new{steps}@example.org"));
        assert_eq!(world.send(change(&eva, &new)).await.summary(), "202");
        let code = world.mailed_change(eva.user).await;
        store.cut_after(steps);
        let cut = confirm(&world, &eva, &code).await.status;
        store.mend();
        let [has_old, has_new] = [logs_in(&world, &old).await, logs_in(&world, &new).await];
        assert!(has_old != has_new, "after {steps} appends: one of the two, always");
        assert!(cut != 204 || has_new, "what was answered happened");
        outcomes.push(has_new);

        // Whoever wants the other one gets it, at the latest when a claim has run out.
        world.later(SignedDuration::from_mins(3));
        let before = world.all().await.len();
        let mut body = registration(&format!("ida{steps}"));
        body["email"] = json!(if has_new { &old } else { &new });
        assert_eq!(world.post("/v1/registrations", body).await.summary(), "202");
        world.registered_since(before).await;
        let before = world.all().await.len();
        let mut body = registration(&format!("ola{steps}"));
        body["email"] = json!(if has_new { &new } else { &old });
        assert_eq!(world.post("/v1/registrations", body).await.summary(), "202");
        let more = world.all().await[before..].iter().any(|it| it.kind == "user.registered.v1");
        assert!(!more, "what she has stays hers");
        world.later(SignedDuration::ZERO);
    }
    assert_eq!(outcomes, [false, false, true, true, true, true], "the second append commits");
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_is_no_new_address_is_said() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let before = world.all().await.len();
    let to = |it: &str| json!({ "email": it, "current_password": PASSWORD });
    let rows: &[(&str, &str, Value, &str)] = &[
        ("no address",     "",  json!({ "current_password": PASSWORD }),     "400 malformed-request #/email missing-field"),
        ("no password",    "",  json!({ "email": "new@example.org" }),       "400 malformed-request #/current_password missing-field"),
        ("an empty one",   "",  json!({ "email": "new@example.org", "current_password": "" }), "422 invalid #/current_password too-short"),
        ("a number",       "",  json!({ "email": 7, "current_password": PASSWORD }), "400 malformed-request #/email wrong-type"),
        ("null",           "",  json!({ "email": null, "current_password": PASSWORD }), "400 malformed-request #/email wrong-type"),
        ("a name",         "",  to("eva"),                                   "422 invalid #/email malformed"),
        ("two lines",      "",  to("a@example.org\r\nBcc: b@example.org"),   "422 invalid #/email malformed"),
        ("a novel",        "",  to(&format!("{}@example.org", "x".repeat(250))), "422 invalid #/email too-long"),
        ("the present one", "", to(" EVA@example.org "),                     "422 invalid #/email unchanged"),
        ("one thing more", "",  json!({ "email": "new@example.org", "current_password": PASSWORD, "verified": true }), "400 malformed-request #/verified unknown-field"),
        ("no code",        "/confirm", json!({}),                            "400 malformed-request #/token missing-field"),
        ("an odd code",    "/confirm", json!({ "token": "\u{202e}x" }),      BAD),
        ("of another kind", "/confirm", json!({ "token": code_for(eva.user) }), BAD),
        ("a code too many", "/confirm", json!({ "token": "x", "email": "a@example.org" }), "400 malformed-request #/email unknown-field"),
    ];
    for (case, path, body, expected) in rows {
        let method = if path.is_empty() { "PUT" } else { "POST" };
        let reply = world.send(eva.request(method, &format!("/v1/me/email{path}"), body)).await;
        assert_eq!(reply.summary(), *expected, "{case}: {}", reply.body);
    }
    assert_eq!(world.all().await.len(), before, "nothing was changed");
    let wrong = json!({ "email": "new@example.org", "current_password": "seven lobs before luncheon" });
    let reply = world.send(eva.request("PUT", "/v1/me/email", &wrong)).await;
    assert_eq!(reply.summary(), "403 wrong-password #/current_password wrong");
}
