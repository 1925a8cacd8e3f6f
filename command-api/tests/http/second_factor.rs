//! A second factor: set up, asked for, used once, lost and reset.
use domain::users::Role;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use crate::world::{PASSWORD, Person, Reply, With, World, post, send_to};

const REFUSED: &str = "401 invalid-credentials";
const OFFER: &str = "/v1/me/second-factor";
const RENEW: &str = "/v1/me/second-factor/recovery-codes";
const NEW: &str = "an umbrella in the greenhouse";
const STEP: SignedDuration = SignedDuration::from_secs(30);

/// What an authenticator shows at a time.
fn shown(secret: &str, at: Timestamp) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(at.as_second()).unwrap()).to_string()
}

fn login(name: &str, password: &str, code: &str) -> Value {
    json!({ "identifier": name, "password": password, "code": code })
}

/// Somebody with an authenticator.
struct Owner {
    name: &'static str,
    secret: String,
    recovery: Vec<String>,
}

impl Owner {
    /// Sets one up in a session that has just begun.
    async fn enrol(world: &World, person: &Person, name: &'static str) -> Self {
        let offer = world.send(person.post("/v1/me/second-factor", &Value::Null)).await;
        assert_eq!(offer.summary(), "201");
        let secret = offer.text("secret");
        let uri = offer.text("uri");
        assert!(uri.starts_with("otpauth://totp/") && uri.contains(&secret), "{uri}");
        let code = json!({ "code": shown(&secret, world.platform.clock.now()) });
        let done = world.send(person.post("/v1/me/second-factor/confirm", &code)).await;
        assert_eq!(done.summary(), "200", "{}", done.body);
        let recovery = serde_json::from_value(done.body["recovery_codes"].clone()).unwrap();
        Self { name, secret, recovery }
    }

    fn code(&self, world: &World, steps: i32) -> String {
        shown(&self.secret, world.platform.clock.now() + STEP * steps)
    }

    async fn try_code(&self, world: &World, code: &str) -> Reply {
        world.post("/v1/sessions", login(self.name, PASSWORD, code)).await
    }
}

#[tokio::test]
async fn once_it_is_proved_every_login_needs_a_code_and_each_counts_once() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let owner = Owner::enrol(&world, &eva, "eva").await;
    let refresh = json!({ "refresh_token": eva.refresh_token });
    assert_eq!(
        world.post("/v1/sessions/refresh", refresh).await.summary(),
        "401 invalid-token",
        "who is logged in from now on has given a code"
    );

    // The code that proved it is used up; so is every code before the one used last.
    assert_eq!(owner.try_code(&world, &owner.code(&world, 0)).await.summary(), REFUSED);
    let next = owner.code(&world, 1);
    let done = owner.try_code(&world, &next).await;
    assert_eq!(done.summary(), "201", "a clock may be half a minute off");
    assert_eq!(done.body["second_factor"], true);
    assert_eq!(owner.try_code(&world, &next).await.summary(), REFUSED, "played again");
    assert_eq!(owner.try_code(&world, &owner.code(&world, 2)).await.summary(), REFUSED, "early");
    world.later(SignedDuration::from_mins(5));
    let spaced = owner.code(&world, 0);
    let spaced = format!("{} {}", &spaced[..3], &spaced[3..]);
    assert_eq!(owner.try_code(&world, &spaced).await.summary(), "201", "as people type it");

    let names = world.names(&eva.user.login_stream()).await;
    assert_eq!(
        names[names.len() - 2..],
        ["login.code-accepted.v1", "login.succeeded.v2"],
        "in one append"
    );
    let log = world.all().await;
    let said = |it: &[u8]| String::from_utf8_lossy(it).contains(&owner.secret);
    assert!(!log.iter().any(|it| said(&it.data)), "the secret is sealed");
    let plain = owner.recovery[0].replace('-', "");
    let told = |it: &[u8]| String::from_utf8_lossy(it).contains(&plain);
    assert!(!log.iter().any(|it| told(&it.data)), "recovery codes are kept as keyed hashes");
}

#[tokio::test]
async fn one_code_lets_one_in_however_many_instances_are_asked_at_once() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let owner = Owner::enrol(&world, &eva, "eva").await;
    let other = world.another_process().await;
    world.later(SignedDuration::from_mins(2));
    for code in [owner.code(&world, 0), owner.recovery[0].clone()] {
        let body = login("eva", PASSWORD, &code);
        let asked = (0..2).map(|_| async {
            futures::join!(
                world.post("/v1/sessions", body.clone()),
                send_to(&other, post("/v1/sessions", &body))
            )
        });
        let replies: Vec<_> = futures::future::join_all(asked).await;
        let all: Vec<_> = replies.iter().flat_map(|(a, b)| [a.summary(), b.summary()]).collect();
        assert_eq!(all.iter().filter(|it| *it == "201").count(), 1, "{all:?}");
        assert!(all.iter().all(|it| it == "201" || it == REFUSED), "{all:?}");
    }
}

#[tokio::test]
async fn whoever_has_no_password_learns_nothing_of_it() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let owner = Owner::enrol(&world, &eva, "eva").await;
    world.later(SignedDuration::from_mins(2));
    let right = owner.code(&world, 0);
    let wrong = "seven lobs before luncheon";
    let replies = [
        world.post("/v1/sessions", login("nobody", PASSWORD, &right)).await,
        world.post("/v1/sessions", login("eva", wrong, &right)).await,
        world.post("/v1/sessions", login("eva", wrong, "000000")).await,
        world.post("/v1/sessions", login("eva", PASSWORD, "0")).await,
        world.try_password("eva", wrong).await,
    ];
    for reply in &replies {
        assert_eq!(reply.summary(), REFUSED);
        assert_eq!(reply.body["detail"], replies[0].body["detail"]);
    }
    // Who has it and sends no code is told what is missing. That was the fifth, and closes the door.
    assert_eq!(world.try_password("eva", PASSWORD).await.summary(), "401 code-required");
    assert_eq!(owner.try_code(&world, &right).await.summary(), REFUSED, "locked");
    let names = world.names(&eva.user.login_stream()).await;
    assert_eq!(names.iter().filter(|it| *it == "login.locked.v1").count(), 1, "{names:?}");
    world.later(SignedDuration::from_mins(40));
    assert_eq!(owner.try_code(&world, &owner.code(&world, 0)).await.summary(), "201");
}

#[tokio::test]
async fn a_recovery_code_is_good_once_and_new_ones_void_the_old() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let owner = Owner::enrol(&world, &eva, "eva").await;
    assert_eq!(owner.recovery.len(), 10);
    let typed = owner.recovery[0].to_lowercase().replace('-', "");
    let done = owner.try_code(&world, &typed).await;
    assert_eq!(done.summary(), "201");
    assert_eq!(owner.try_code(&world, &owner.recovery[0]).await.summary(), REFUSED);

    let token = done.text("access_token");
    let renew = crate::world::request("POST", "/v1/me/second-factor/recovery-codes", &Value::Null);
    let renew = crate::world::With::header(renew, "authorization", &format!("Bearer {token}"));
    let renewed = world.send(renew).await;
    assert_eq!(renewed.summary(), "200");
    let new = renewed.body["recovery_codes"][0].as_str().unwrap().to_owned();
    assert_eq!(owner.try_code(&world, &owner.recovery[1]).await.summary(), REFUSED, "void");
    assert_eq!(owner.try_code(&world, &new).await.summary(), "201");
}

#[tokio::test]
async fn an_open_session_and_the_password_take_no_second_factor_away() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let change = |person: &Person| {
        let body = json!({ "current_password": PASSWORD, "new_password": NEW });
        person.request("PUT", "/v1/me/password", &body)
    };
    let owner = Owner::enrol(&world, &eva, "eva").await;
    let reply = world.send(change(&eva)).await;
    assert_eq!(reply.summary(), "401 unauthenticated", "from before, whoever has heard of it");

    world.later(SignedDuration::from_mins(2));
    let eva = Person::of(eva.user, &owner.try_code(&world, &owner.code(&world, 0)).await);
    world.later(SignedDuration::from_mins(13));
    let changed = world.send(change(&eva)).await;
    assert_eq!(changed.summary(), "200", "{}", changed.body);
    assert_eq!(changed.body["second_factor"], true, "whose role needs one goes on");
    let eva = Person::of(eva.user, &changed);
    let before = world.names(&eva.user.stream()).await;
    for request in [
        eva.post(OFFER, &Value::Null),
        eva.post("/v1/me/second-factor/confirm", &json!({ "code": "123456" })),
        eva.post(RENEW, &Value::Null),
        eva.delete(OFFER),
    ] {
        let what = format!("{} {}", request.method(), request.uri());
        assert_eq!(world.send(request).await.summary(), "403 login-too-old", "{what}");
    }
    let refreshed = Person::of(eva.user, &world.refresh(&eva.refresh_token).await);
    assert_eq!(world.send(refreshed.delete(OFFER)).await.summary(), "403 login-too-old");
    assert_eq!(world.names(&eva.user.stream()).await, before);

    let code = owner.code(&world, 0);
    let again = world.post("/v1/sessions", login("eva", NEW, &code)).await;
    let eva = Person::of(eva.user, &again);
    assert_eq!(world.send(eva.post(OFFER, &Value::Null)).await.summary(), "201");
    assert_eq!(world.send(eva.post(RENEW, &Value::Null)).await.summary(), "200");
    assert_eq!(world.send(eva.delete(OFFER)).await.summary(), "204");
}

/// Whatever is shown is in the log, and what was shown last counts.
#[tokio::test]
async fn what_is_shown_once_is_never_shown_for_another_under_its_key() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let other = world.another_process().await;
    let twice = async |eva: &Person, path: &str| {
        let request = || eva.post(path, &Value::Null).key("k");
        let (one, two) = futures::join!(world.send(request()), send_to(&other, request()));
        assert_eq!(one.status, two.status, "{} {}", one.body, two.body);
        [one, two]
    };
    let made = async |name: &str| {
        let names = world.names(&eva.user.stream()).await;
        names.iter().filter(|it| *it == name).count()
    };
    let offers = twice(&eva, OFFER).await;
    assert_eq!((offers[0].status, made("user.factor-offered.v1").await), (201, 2));
    assert_ne!(offers[0].text("secret"), offers[1].text("secret"));

    let owner = Owner::enrol(&world, &eva, "eva").await;
    world.later(SignedDuration::from_mins(2));
    let again = owner.try_code(&world, &owner.code(&world, 0)).await;
    let renewed = twice(&Person::of(eva.user, &again), RENEW).await;
    assert_eq!((renewed[0].status, made("user.recovery-codes-renewed.v1").await), (200, 2));
    let mut let_in = 0;
    for reply in &renewed {
        let code = reply.body["recovery_codes"][0].as_str().unwrap();
        let_in += usize::from(owner.try_code(&world, code).await.status == 201);
    }
    assert_eq!(let_in, 1, "those that were made last");
}

#[tokio::test]
async fn who_must_have_one_can_only_get_one() {
    let world = World::with(&[("AUTH_SECOND_FACTOR_REQUIRED", "true")]).await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let eva = world.register("eva").await;
    let disable = format!("/v1/users/{}/disable", eva.0);
    for request in [
        ada.post(&disable, &Value::Null),
        ada.post("/v1/bookings", &json!({})),
        ada.delete(&format!("/v1/sessions/{}", ada.session)),
        ada.delete("/v1/me/second-factor"),
        ada.post("/v1/me/second-factor/recovery-codes", &Value::Null),
    ] {
        let what = request.uri().to_string();
        assert_eq!(world.send(request).await.summary(), "403 second-factor-required", "{what}");
    }
    let owner = Owner::enrol(&world, &ada, "ada").await;
    assert_eq!(world.send(ada.post(&disable, &Value::Null)).await.summary(), "401 unauthenticated");
    world.later(SignedDuration::from_mins(2));
    let again = owner.try_code(&world, &owner.code(&world, 0)).await;
    assert_eq!(again.body["second_factor"], true);
    let ada = Person { token: again.text("access_token"), ..ada };
    assert_eq!(world.send(ada.post(&disable, &Value::Null)).await.summary(), "204");
    // It stays as long as the role does.
    assert_eq!(
        world.send(ada.delete("/v1/me/second-factor")).await.summary(),
        "403 second-factor-required"
    );
    // A refreshed session is the session it was.
    let refresh = json!({ "refresh_token": again.text("refresh_token") });
    let refreshed = world.post("/v1/sessions/refresh", refresh).await;
    assert_eq!(refreshed.body["second_factor"], true);
    let enable = format!("/v1/users/{}/enable", eva.0);
    let ada = Person { token: refreshed.text("access_token"), ..ada };
    assert_eq!(world.send(ada.post(&enable, &Value::Null)).await.summary(), "204");
    // Logging out needs none.
    let bea = world.join_as("bea", Role::Auditor, &[]).await;
    assert_eq!(world.send(bea.delete("/v1/sessions/current")).await.summary(), "204");
}

#[tokio::test]
async fn what_was_lost_an_admin_resets_and_a_player_may_do_without() {
    let world = World::new().await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let eva = world.join("eva").await;
    Owner::enrol(&world, &eva, "eva").await;
    assert_eq!(world.try_password("eva", PASSWORD).await.summary(), "401 code-required");
    let path = format!("/v1/users/{}/reset-second-factor", eva.user.0);
    let why = json!({ "reason": "lost the telephone, showed a passport" });
    assert_eq!(world.send(ada.post(&path, &why)).await.summary(), "204");
    let removed = world.events(&eva.user.stream()).await.pop().unwrap();
    assert_eq!(removed.0, "user.factor-removed.v1");
    assert!(removed.1["reason"].is_string() && !removed.1.to_string().contains("telephone"));

    let eva = world.log_in(eva.user, "eva").await;
    let owner = Owner::enrol(&world, &eva, "eva").await;
    world.later(SignedDuration::from_mins(2));
    let again = owner.try_code(&world, &owner.code(&world, 0)).await;
    let eva = Person { token: again.text("access_token"), ..eva };
    assert_eq!(world.send(eva.delete("/v1/me/second-factor")).await.summary(), "204");
    world.log_in(eva.user, "eva").await;
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_cannot_be_done_with_a_second_factor_is_said() {
    let world = World::new().await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let (eva, bea) = (world.join("eva").await, world.join("bea").await);
    assert_eq!(world.send(bea.post("/v1/me/second-factor", &Value::Null)).await.summary(), "201");
    let before = world.all().await.len();
    let (confirm, codes) = ("/v1/me/second-factor/confirm", "/v1/me/second-factor/recovery-codes");
    let reset = |id: &str| format!("/v1/users/{id}/reset-second-factor");
    let long = "1".repeat(33);
    let rows = [
        ("nothing offered",  eva.post(confirm, &json!({ "code": "123456" })),                 "409 no-second-factor"),
        ("a wrong code",     bea.post(confirm, &json!({ "code": "abcdef" })),                 "422 invalid #/code wrong-code"),
        ("a recovery code",  bea.post(confirm, &json!({ "code": "7FK2Q-9X3M2" })),            "422 invalid #/code wrong-code"),
        ("no code",          bea.post(confirm, &json!({})),                                   "400 malformed-request #/code missing-field"),
        ("a number",         bea.post(confirm, &json!({ "code": 123_456 })),                  "400 malformed-request #/code wrong-type"),
        ("more",             bea.post(confirm, &json!({ "code": "123456", "x": 1 })),         "400 malformed-request #/x unknown-field"),
        ("codes for nothing", eva.post(codes, &Value::Null),                                  "409 no-second-factor"),
        ("somebody else",    eva.post(&reset(&bea.user.to_string()), &Value::Null),           "403 forbidden"),
        ("nobody",           ada.post(&reset("00000000-0000-0000-0000-000000000000"), &Value::Null), "404 not-found"),
        ("oneself",          ada.post(&reset(&ada.user.to_string()), &Value::Null),           "409 own-account"),
        ("no reason",        ada.post(&reset(&bea.user.to_string()), &json!({ "reason": "" })), "422 invalid #/reason too-short"),
        ("logged in? no",    post("/v1/me/second-factor", &Value::Null),                      "401 unauthenticated"),
        ("an empty code",    post("/v1/sessions", &login("eva", PASSWORD, "")),               "422 invalid #/code too-short"),
        ("a long code",      post("/v1/sessions", &login("eva", PASSWORD, &long)),            "422 invalid #/code too-long"),
    ];
    for (case, request, expected) in rows {
        let reply = world.send(request).await;
        assert_eq!(reply.summary(), expected, "{case}: {}", reply.body);
    }
    assert_eq!(world.all().await.len(), before, "nothing was changed");
    world.later(SignedDuration::from_mins(11));
    for request in [
        bea.post("/v1/me/second-factor", &Value::Null),
        bea.post(confirm, &json!({ "code": "123456" })),
        bea.post(codes, &Value::Null),
        bea.delete("/v1/me/second-factor"),
    ] {
        assert_eq!(world.send(request).await.summary(), "403 login-too-old");
    }
}
