use access::identifiers::{IdentifierKind, Identifiers};
use domain::claims::{Claim, ClaimCommand};
use domain::ids::UserId;
use domain::users::{User, UserCommand};
use event_store::Metadata;
use futures::future::join_all;
use jiff::SignedDuration;
use runtime::ids;
use serde_json::{Value, json};

use crate::world::{PASSWORD, Reply, With, World, code_for, post, registration, send_to};

const TAKEN: &str = "409 identifier-taken #/username taken";

#[tokio::test]
async fn a_person_registers_proves_the_address_and_logs_in() {
    let world = World::new().await;
    let before = world.all().await.len();
    let reply = world.post("/v1/registrations", registration("eva")).await;
    assert_eq!(reply.summary(), "202");
    assert_eq!(reply.body, json!({ "status": "pending" }));
    assert!(reply.header("courtside-position").is_some());

    let user = world.registered_since(before).await;
    assert_eq!(world.names(&user.stream()).await, ["user.registered.v1", "user.password-set.v2"]);
    assert_eq!(world.try_password("eva", PASSWORD).await.summary(), "401 invalid-credentials");

    let code = world.mailed_code(user).await;
    let verify = json!({ "token": code });
    assert_eq!(world.post("/v1/registrations/verify", verify.clone()).await.summary(), "204");
    let again = world.post("/v1/registrations/verify", verify).await;
    assert_eq!(again.summary(), "204", "a code may be used twice");
    assert!(again.header("courtside-position").is_some());

    assert_eq!(world.try_password("eva", PASSWORD).await.summary(), "201");
    assert_eq!(world.try_password("EVA@example.org", PASSWORD).await.summary(), "201");
}

#[tokio::test]
async fn nothing_a_person_is_known_by_stands_in_the_log() {
    let world = World::new().await;
    let mut body = registration("xyzzymarker");
    body["display_name"] = json!("Xyzzymarker Name");
    body["phone"] = json!("+4930998877665");
    assert_eq!(world.post("/v1/registrations", body).await.summary(), "202");
    world.try_password("xyzzymarker", "plughmarker wrong").await;
    world.try_password("plughmarker", "plughmarker wrong").await;
    for event in world.all().await {
        let text = format!(
            "{} {} {}",
            event.stream,
            String::from_utf8_lossy(&event.data),
            serde_json::to_string(&event.meta).unwrap()
        );
        for marker in
            ["xyzzymarker", "Xyzzymarker", "4930998877665", "plugh", "198.51.100.7", "story/1"]
        {
            assert!(!text.contains(marker), "{marker} in {text}");
        }
    }
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_cannot_be_registered_is_said_with_its_place() {
    let world = World::new().await;
    let before = world.all().await.len();
    let rows: &[(&str, Value, &str)] = &[
        ("no address",        json!({ "email": "eva" }),                          "422 invalid #/email malformed"),
        ("a long address",    json!({ "email": format!("{}@example.org", "x".repeat(250)) }), "422 invalid #/email too-long"),
        ("a short username",  json!({ "username": "ev" }),                        "422 invalid #/username too-short"),
        ("an odd username",   json!({ "username": "e/v/a" }),                     "422 invalid #/username malformed"),
        ("no name",           json!({ "display_name": "  " }),                    "422 invalid #/display_name too-short"),
        ("a bell in a name",  json!({ "display_name": "Eva\u{7}" }),              "422 invalid #/display_name control-character"),
        ("no phone number",   json!({ "phone": "030 12345678" }),                 "422 invalid #/phone malformed"),
        ("a short password",  json!({ "password": "x7#Kq!m2Zp" }),                "422 invalid #/password too-short"),
        ("a long password",   json!({ "password": "x".repeat(129) }),             "422 invalid #/password too-long"),
        ("a weak password",   json!({ "password": "password1234" }),              "422 invalid #/password too-weak"),
        ("one's own address", json!({ "password": "eva@example.org" }),           "422 invalid #/password like-email, #/password too-weak"),
        ("two at once",       json!({ "email": "eva", "username": "e" }),         "422 invalid #/email malformed, #/username too-short"),
        ("a role",            json!({ "role": "admin" }),                         "400 malformed-request #/role unknown-field"),
        ("a number",          json!({ "email": 7 }),                              "400 malformed-request #/email wrong-type"),
        ("nothing",           json!({ "email": null }),                           "400 malformed-request #/email wrong-type"),
    ];
    for (case, change, expected) in rows {
        let mut body = registration("eva");
        for (field, value) in change.as_object().unwrap() {
            body[field] = value.clone();
        }
        let reply = world.post("/v1/registrations", body).await;
        assert_eq!(reply.summary(), *expected, "{case}: {}", reply.body);
    }
    assert_eq!(world.all().await.len(), before, "nothing was changed");
}

#[tokio::test]
async fn twenty_who_want_one_address_at_once_get_one_account() {
    let world = World::new().await;
    let before = world.all().await.len();
    let asked = (0..20).map(|n| {
        let mut body = registration(&format!("eva{n}"));
        body["email"] = json!("eva@example.org");
        world.post("/v1/registrations", body)
    });
    for reply in join_all(asked).await {
        assert_eq!(reply.summary(), "202", "the answer says nothing about others");
        assert_eq!(reply.body, json!({ "status": "pending" }));
    }
    world.registered_since(before).await;
}

#[tokio::test]
async fn twenty_who_want_one_username_in_two_processes_get_one_account() {
    let world = World::new().await;
    let other = world.another_process().await;
    let before = world.all().await.len();
    let asked = (0..20).map(|n| {
        let mut body = registration("eva");
        body["email"] = json!(format!("eva{n}@example.org"));
        let (world, other) = (&world, &other);
        async move {
            let request = post("/v1/registrations", &body);
            if n % 2 == 0 { world.send(request).await } else { send_to(other, request).await }
        }
    });
    let replies: Vec<String> = join_all(asked).await.iter().map(Reply::summary).collect();
    assert_eq!(replies.iter().filter(|it| *it == "202").count(), 1, "{replies:?}");
    let told = |it: &&String| *it == TAKEN;
    assert_eq!(replies.iter().filter(told).count(), 19, "usernames are public: {replies:?}");
    world.registered_since(before).await;
}

#[tokio::test]
async fn a_taken_username_is_told_and_says_nothing_about_the_address() {
    let world = World::new().await;
    world.register("eva").await;
    for (case, email) in
        [("a free address", "other@example.org"), ("a taken one", "eva@example.org")]
    {
        let mut body = registration("eva");
        body["email"] = json!(email);
        let before = world.all().await.len();
        let reply = world.post("/v1/registrations", body).await;
        assert_eq!(reply.summary(), TAKEN, "{case}");
        assert_eq!(world.all().await.len(), before, "{case}: nothing was claimed");
    }
}

#[tokio::test]
async fn whoever_has_the_address_is_told_once_a_day_and_the_answer_is_that_for_a_free_one() {
    let world = World::new().await;
    let eva = world.register("eva").await;
    let told = async || {
        let names = world.names(&eva.login_stream()).await;
        names.iter().filter(|it| *it == "login.registration-attempted.v1").count()
    };
    let other = |name: &str| {
        let mut body = registration(name);
        body["email"] = json!("EVA@example.org");
        body
    };
    let taken = world.post("/v1/registrations", other("other")).await;
    assert_eq!(told().await, 1);
    let free = world.post("/v1/registrations", registration("ida")).await;
    assert_eq!((taken.status, &taken.body), (free.status, &free.body));
    let names = |it: &Reply| it.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&taken), names(&free));

    for name in ["other1", "other2", "other3"] {
        assert_eq!(world.post("/v1/registrations", other(name)).await.summary(), "202");
    }
    assert_eq!(told().await, 1, "nobody's mailbox is filled by registering on");
    world.later(SignedDuration::from_hours(25));
    assert_eq!(world.post("/v1/registrations", other("other")).await.summary(), "202");
    assert_eq!(told().await, 2);
}

#[tokio::test]
async fn a_username_asked_for_again_says_nothing_about_the_address_it_came_with() {
    let world = World::new().await;
    world.register("eva").await;
    let asked = |name: &str, email: &str| {
        let mut body = registration(name);
        body["email"] = json!(email);
        post("/v1/registrations", &body)
    };
    for (case, name, email) in [
        ("a taken address", "probe-1", "eva@example.org"),
        ("a free one", "probe-2", "ida@example.org"),
    ] {
        assert_eq!(world.send(asked(name, email)).await.summary(), "202", "{case}");
        for again in [email, "own@example.org"] {
            assert_eq!(world.send(asked(name, again)).await.summary(), TAKEN, "{case}: {again}");
        }
    }
    for (case, name, email) in [
        ("a taken address", "probe-3", "eva@example.org"),
        ("a free one", "probe-4", "ola@example.org"),
    ] {
        for _ in 0..2 {
            let reply = world.send(asked(name, email).key("k")).await;
            assert_eq!(reply.summary(), "202", "{case}: the same request is the same one");
        }
        assert_eq!(world.send(asked(name, "own@example.org")).await.summary(), TAKEN, "{case}");
    }

    // An account that nobody proves has its name for a day, and so has whoever did not get one.
    world.later(SignedDuration::from_hours(23));
    assert_eq!(world.send(asked("probe-1", "own@example.org")).await.summary(), TAKEN);
    world.later(SignedDuration::from_hours(25));
    let before = world.all().await.len();
    assert_eq!(world.send(asked("probe-1", "own@example.org")).await.summary(), "202");
    world.registered_since(before).await;
}

#[tokio::test]
async fn a_name_is_kept_once_for_each_time_it_lasts_however_often_it_is_asked_for() {
    let world = World::new().await;
    world.register("eva").await;
    let mut body = registration("other");
    body["email"] = json!("eva@example.org");
    let kept = ["claim.claimed.v1", "claim.claimed.v1", "login.registration-attempted.v1"];
    for (hours, expected) in [(0, &kept[..]), (12, &[]), (25, &kept[1..]), (48, &[])] {
        world.later(SignedDuration::from_hours(hours));
        let before = world.all().await.len();
        let request = post("/v1/registrations", &body).key("k");
        assert_eq!(world.send(request).await.summary(), "202");
        let names: Vec<_> = world.all().await[before..].iter().map(|it| it.kind.clone()).collect();
        assert_eq!(names, expected, "after {hours} hours");
    }
}

#[tokio::test]
async fn a_claim_is_abandoned_before_it_is_given_back_where_the_same_request_may_run_elsewhere() {
    let world = World::with(&[("AUTH_EMAIL_VERIFICATION_REQUIRED", "false")]).await;
    world.register("eva").await;
    let mut body = registration("other");
    body["email"] = json!("eva@example.org");
    for (request, expected) in [
        (post("/v1/registrations", &body), &["claim.claimed.v1", "claim.released.v1"][..]),
        (
            post("/v1/registrations", &body).key("k"),
            &["claim.claimed.v1", "user.claim-abandoned.v1", "claim.released.v1"],
        ),
    ] {
        let before = world.all().await.len();
        let reply = world.send(request).await;
        assert_eq!(reply.summary(), "409 identifier-taken #/email taken");
        let names: Vec<_> = world.all().await[before..].iter().map(|it| it.kind.clone()).collect();
        assert_eq!(names, expected);
    }
}

#[tokio::test]
async fn a_registration_repeated_with_its_key_is_one() {
    let world = World::new().await;
    let before = world.all().await.len();
    let twice = join_all(
        [0, 1].map(|_| world.send(post("/v1/registrations", &registration("eva")).key("k"))),
    )
    .await;
    let third = world.send(post("/v1/registrations", &registration("eva")).key("k")).await;
    for reply in twice.iter().chain([&third]) {
        assert_eq!(reply.summary(), "202");
    }
    let user = world.registered_since(before).await;

    // Another person with the same key is another person.
    let before = world.all().await.len();
    assert_eq!(
        world.send(post("/v1/registrations", &registration("ida")).key("k")).await.summary(),
        "202"
    );
    assert_ne!(world.registered_since(before).await, user);
}

#[tokio::test]
async fn without_verification_a_taken_identifier_is_named() {
    let world = World::with(&[("AUTH_EMAIL_VERIFICATION_REQUIRED", "false")]).await;
    let reply = world.post("/v1/registrations", registration("eva")).await;
    assert_eq!(reply.body, json!({ "status": "registered" }));
    assert_eq!(
        world.try_password("eva", PASSWORD).await.summary(),
        "201",
        "nothing has to be proved"
    );

    let mut body = registration("ida");
    body["email"] = json!("Eva@Example.org");
    let reply = world.post("/v1/registrations", body).await;
    assert_eq!(reply.summary(), "409 identifier-taken #/email taken");
    assert!(reply.header("courtside-position").is_some(), "whoever reads that far sees why");
    let mut body = registration("EVA");
    body["email"] = json!("ida@example.org");
    assert_eq!(world.post("/v1/registrations", body).await.summary(), TAKEN);
}

/// Somebody who claimed an address and was never heard of again.
async fn abandoned_claim(world: &World, claim: &str, crashed: UserId) {
    let at = world.platform.clock.now();
    let claim_it = ClaimCommand::Claim {
        user: crashed,
        until: at + SignedDuration::from_mins(2),
        at,
        fenced: None,
    };
    let meta = Metadata::new(ids::new(), at);
    world.platform.executor.execute::<Claim>(claim, claim_it, &meta).await.unwrap();
}

fn address_of_eva(world: &World) -> String {
    let key = world.platform.settings.keys.index_key.as_ref().unwrap();
    Identifiers::new(key).claim_stream(IdentifierKind::Email, "eva@example.org")
}

#[tokio::test]
async fn a_claim_left_by_a_crash_is_fenced_and_taken_over() {
    let world = World::new().await;
    let (crashed, claim) = (UserId(ids::new()), address_of_eva(&world));
    abandoned_claim(&world, &claim, crashed).await;

    let before = world.all().await.len();
    assert_eq!(world.post("/v1/registrations", registration("eva")).await.summary(), "202");
    let names: Vec<_> = world.all().await[before..].iter().map(|it| it.kind.clone()).collect();
    let kept = ["claim.claimed.v1", "claim.claimed.v1"];
    assert_eq!(names, kept, "at first the other may be about to register: the name is kept");

    world.later(SignedDuration::from_mins(3));
    let before = world.all().await.len();
    let mut body = registration("eva2");
    body["email"] = json!("eva@example.org");
    assert_eq!(world.post("/v1/registrations", body).await.summary(), "202");
    world.registered_since(before).await;
    assert_eq!(world.names(&crashed.stream()).await, ["user.claim-abandoned.v1"]);
    assert_eq!(
        world.names(&claim).await,
        ["claim.claimed.v1", "claim.claimed.v1", "claim.confirmed.v1"]
    );
}

#[tokio::test]
async fn a_claim_that_was_only_never_confirmed_is_confirmed_and_stays() {
    let world = World::new().await;
    let eva = world.register("eva").await;
    // As if the process had died between the account and the confirmation.
    let claim = address_of_eva(&world);
    let at = world.platform.clock.now();
    let meta = Metadata::new(ids::new(), at);
    let executor = &world.platform.executor;
    let release = ClaimCommand::Release { user: eva, claim_revision: 0 };
    executor.execute::<Claim>(&claim, release, &meta).await.unwrap();
    abandoned_claim(&world, &claim, eva).await;
    assert_eq!(
        world.try_password("eva@example.org", PASSWORD).await.summary(),
        "201",
        "it works already"
    );

    world.later(SignedDuration::from_mins(3));
    let before = world.all().await.len();
    let mut body = registration("thief");
    body["email"] = json!("eva@example.org");
    assert_eq!(world.post("/v1/registrations", body).await.summary(), "202");
    let names: Vec<_> = world.all().await[before..].iter().map(|it| it.kind.clone()).collect();
    let fenced = [
        "claim.claimed.v1",
        "claim.confirmed.v1",
        "claim.claimed.v1",
        "login.registration-attempted.v1",
    ];
    assert_eq!(names, fenced, "the fence found the account, and the thief's name is kept");
}

#[tokio::test]
async fn whoever_was_fenced_off_registers_under_the_next_id() {
    let world = World::new().await;
    // The first id of this request, as another process would derive it, can never register with the address.
    let claim = address_of_eva(&world);
    let before = world.all().await.len();
    assert_eq!(
        world.send(post("/v1/registrations", &registration("eva")).key("k")).await.summary(),
        "202"
    );
    let first = world.registered_since(before).await;

    let world = World::new().await;
    let meta = Metadata::new(ids::new(), world.platform.clock.now());
    let fence = UserCommand::AbandonClaim { claim, claim_revision: 0 };
    world.platform.executor.execute::<User>(&first.stream(), fence, &meta).await.unwrap();
    let before = world.all().await.len();
    assert_eq!(
        world.send(post("/v1/registrations", &registration("eva")).key("k")).await.summary(),
        "202"
    );
    let second = world.registered_since(before).await;
    assert_ne!(second, first);
    let again = world.send(post("/v1/registrations", &registration("eva")).key("k")).await;
    assert_eq!(again.summary(), "202");
    world.registered_since(before).await;
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn a_code_that_is_not_ours_proves_nothing() {
    let world = World::new().await;
    let before = world.all().await.len();
    world.post("/v1/registrations", registration("eva")).await;
    let user = world.registered_since(before).await;
    let code = world.mailed_code(user).await;
    let nobodys = code_for(UserId(ids::new()));
    let rows: &[(&str, Value, &str)] = &[
        ("cut short",      json!({ "token": code[..85] }),       "422 bad-token #/token bad-token"),
        ("nothing",        json!({ "token": "" }),               "422 bad-token #/token bad-token"),
        ("of nobody",      json!({ "token": nobodys }),          "422 bad-token #/token bad-token"),
        ("no code at all", json!({}),                            "400 malformed-request #/token missing-field"),
        ("a number",       json!({ "token": 7 }),                "400 malformed-request #/token wrong-type"),
    ];
    for (case, body, expected) in rows {
        let reply = world.post("/v1/registrations/verify", body.clone()).await;
        assert_eq!(reply.summary(), *expected, "{case}: {}", reply.body);
    }
    assert_eq!(world.names(&user.stream()).await.len(), 2, "nothing was changed");
}
