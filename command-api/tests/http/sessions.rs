use domain::users::Role;
use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testing::eventually;

use crate::world::{Person, Reply, World, post, send_to};

const OVER: &str = "401 invalid-token";

async fn refresh(world: &World, token: &str) -> Reply {
    world.refresh(token).await
}

async fn is_let_in(world: &World, person: &Person) -> bool {
    world.lets_in(person).await
}

async fn is_sent_away(world: &World, person: &Person, why: &str) {
    eventually(why, std::time::Duration::from_secs(30), async || !is_let_in(world, person).await)
        .await;
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_for_the_next() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let first = refresh(&world, &eva.refresh_token).await;
    assert_eq!(first.summary(), "200");
    assert_eq!(first.text("session_id"), eva.session.to_string());
    assert_ne!(first.text("refresh_token"), eva.refresh_token);
    let second = refresh(&world, &first.text("refresh_token")).await;
    assert_eq!(second.summary(), "200");
    assert_ne!(second.text("refresh_token"), first.text("refresh_token"));
}

#[tokio::test]
async fn a_lost_answer_can_be_had_again_for_ten_seconds() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let first = refresh(&world, &eva.refresh_token).await.text("refresh_token");
    assert_eq!(refresh(&world, &eva.refresh_token).await.text("refresh_token"), first);

    world.later(SignedDuration::from_secs(11));
    assert_eq!(
        refresh(&world, &eva.refresh_token).await.summary(),
        OVER,
        "now it was stolen by somebody"
    );
    assert_eq!(refresh(&world, &first).await.summary(), OVER, "and nobody keeps the session");
    let names = world.names(&eva.session.stream()).await;
    assert_eq!(
        names,
        [
            "session.started.v2",
            "session.refreshed.v1",
            "session.reuse-detected.v1",
            "session.revoked.v1"
        ]
    );
    is_sent_away(&world, &eva, "the access token ends with its session").await;
}

#[tokio::test]
async fn fifty_parallel_refreshes_in_two_processes_give_one_successor() {
    let world = World::new().await;
    let other = world.another_process().await;
    let eva = world.join("eva").await;
    let asked = (0..50).map(|n| {
        let (world, other, token) = (&world, &other, &eva.refresh_token);
        async move {
            if n % 2 == 0 {
                return refresh(world, token).await;
            }
            send_to(other, post("/v1/sessions/refresh", &json!({ "refresh_token": token }))).await
        }
    });
    let mut tokens: Vec<String> =
        join_all(asked).await.iter().map(|it| (it.summary(), it.text("refresh_token")).1).collect();
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
}

#[tokio::test]
async fn a_forged_token_ends_nobodys_session() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let next = refresh(&world, &eva.refresh_token).await.text("refresh_token");
    let (head, proof) = eva.refresh_token.rsplit_once('.').unwrap();
    let forged_proof = proof.chars().rev().collect::<String>();
    let before = world.all().await.len();
    for token in [
        String::new(),
        "nonsense".to_owned(),
        format!("{head}.{forged_proof}"),
        format!("{}.7.{proof}", eva.session),
        format!("{}.0.{proof}", uuid::Uuid::nil()),
        format!("{}.{}.{proof}", eva.session, u32::MAX),
    ] {
        assert_eq!(refresh(&world, &token).await.summary(), OVER, "{token}");
    }
    assert_eq!(world.all().await.len(), before, "nothing was changed");
    assert_eq!(refresh(&world, &next).await.summary(), "200");
}

#[tokio::test]
async fn a_session_ends_when_it_is_left_alone_and_at_last() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    world.later(SignedDuration::from_hours(6 * 24));
    let kept = refresh(&world, &eva.refresh_token).await.text("refresh_token");
    world.later(SignedDuration::from_hours(14 * 24));
    assert_eq!(refresh(&world, &kept).await.summary(), OVER, "idle for eight days");

    let ida = world.join("ida").await;
    let mut token = ida.refresh_token;
    for day in [18, 22, 26, 30, 34, 38, 42] {
        world.later(SignedDuration::from_hours(day * 24));
        token = refresh(&world, &token).await.text("refresh_token");
    }
    world.later(SignedDuration::from_hours(44 * 24 + 1));
    assert_eq!(refresh(&world, &token).await.summary(), OVER, "thirty days are the most");
}

#[tokio::test]
async fn one_logs_out_here_and_elsewhere_and_nobody_else_does() {
    let world = World::new().await;
    let (eva, ida) = (world.join("eva").await, world.join("ida").await);
    let tablet = world.log_in(eva.user, "eva").await;
    let elsewhere = format!("/v1/sessions/{}", tablet.session);

    assert_eq!(
        world.send(ida.delete(&elsewhere)).await.summary(),
        "404 not-found",
        "somebody else's"
    );
    assert_eq!(
        world.send(ida.delete("/v1/sessions/9")).await.summary(),
        "400 malformed-request id malformed"
    );
    assert!(is_let_in(&world, &tablet).await);

    assert_eq!(world.send(eva.delete(&elsewhere)).await.summary(), "204");
    assert_eq!(world.send(eva.delete(&elsewhere)).await.summary(), "204", "twice is once");
    is_sent_away(&world, &tablet, "the tablet is logged out").await;
    assert_eq!(refresh(&world, &tablet.refresh_token).await.summary(), OVER);

    assert_eq!(world.send(eva.delete("/v1/sessions/current")).await.summary(), "204");
    is_sent_away(&world, &eva, "logged out").await;
    assert!(is_let_in(&world, &ida).await);
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once() {
    let world = World::new().await;
    let admin = world.join_as("ada", Role::Admin, &[]).await;
    let eva = world.join("eva").await;
    let path = format!("/v1/users/{}/disable", eva.user.0);
    assert_eq!(world.send(admin.post(&path, &Value::Null)).await.summary(), "204");
    assert_eq!(refresh(&world, &eva.refresh_token).await.summary(), OVER);
    is_sent_away(&world, &eva, "disabled").await;
}

#[tokio::test]
async fn an_eleventh_session_puts_the_oldest_out() {
    let world = World::new().await;
    let mut people = vec![world.join("eva").await];
    let user = people[0].user;
    for _ in 0..10 {
        people.push(world.log_in(user, "eva").await);
    }
    world.is_out(&people[0], "put out by the eleventh").await;
    assert!(world.lets_in(&people[1]).await);
    assert_eq!(refresh(&world, &people[1].refresh_token).await.summary(), "200");
    let ended = world.events(&people[0].session.stream()).await.pop().unwrap();
    assert_eq!((ended.0.as_str(), &ended.1["reason"]), ("session.revoked.v1", &json!("limit")));
}
