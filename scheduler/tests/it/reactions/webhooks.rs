//! Whoever wants to be told what happens is told: signed, until they take it, and by nobody who must not be called.
mod dying;
mod receiver;

use std::sync::Arc;
use std::time::Duration;

use access::standard_webhooks::WebhookSecrets;
use domain::courts::CourtState;
use domain::deliveries::{self, Delivery, DeliveryCommand};
use domain::venues::{VenueCommand, VenueState};
use domain::webhooks::{STREAM, Wanted, WebhookCommand, Webhooks};
use jiff::civil::Time;
use runtime::ids;
use runtime::metrics::Metrics;
use scheduler::webhooks::follower::WebhooksFollower;
use scheduler::webhooks::metrics::WebhookMetrics;
use scheduler::webhooks::sender::Sender;
use scheduler::webhooks::worker::Worker;
use secrecy::SecretString;
use testing::eventually;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::given;
use crate::reactions::world::{SOON, World};
use receiver::{Plan, Receiver};

const HOUR: i64 = 3_600;

async fn add(world: &World, url: &str, types: &[&str]) -> Uuid {
    let webhook = ids::new();
    let types = types.iter().map(|it| (*it).to_owned()).collect();
    let (url, description) = (url.to_owned(), "the door".to_owned());
    ask(world, WebhookCommand::Add { webhook, url, types, description }).await;
    webhook
}

async fn ask(world: &World, command: WebhookCommand) {
    world.execute::<Webhooks>(STREAM, command).await;
}

fn secrets() -> WebhookSecrets {
    WebhookSecrets::new(&SecretString::from("5".repeat(64)))
}

fn worker(world: &World) -> Worker {
    worker_with(world, Sender::new(true).unwrap())
}

fn worker_with(world: &World, sender: Sender) -> Worker {
    Worker {
        db: world.db(),
        executor: world.executor.clone(),
        clock: world.clock.clone(),
        secrets: secrets(),
        sender,
        metrics: WebhookMetrics::register(&Metrics::default()),
    }
}

async fn add_court(world: &World, code: &str) {
    world.execute::<CourtState>(&format!("court-{code}"), given::addition("Court")).await;
}

async fn follow(world: &World) {
    world.follow_with(&WebhooksFollower { clock: world.clock.clone() }).await;
}

/// Follows, tells what is due, and follows what came of it. Returns how often somebody was asked.
async fn tell(world: &World, worker: &Worker) -> usize {
    follow(world).await;
    let mut count = 0;
    loop {
        match worker.round(&world.shutdown).await.unwrap() {
            0 => break,
            more => count += more,
        }
    }
    follow(world).await;
    count
}

/// State, attempts, last status and last error of each delivery, in the order of what they tell.
async fn deliveries(world: &World) -> Vec<(String, i32, Option<i32>, Option<String>)> {
    sqlx::query_as(
        "SELECT state, attempts, last_status, last_error FROM webhook_deliveries
         ORDER BY source_position, delivery",
    )
    .fetch_all(&world.db())
    .await
    .unwrap()
}

async fn first_delivery(world: &World) -> Uuid {
    sqlx::query_scalar("SELECT delivery FROM webhook_deliveries ORDER BY source_position LIMIT 1")
        .fetch_one(&world.db())
        .await
        .unwrap()
}

fn row(
    state: &str,
    attempts: i32,
    status: Option<i32>,
    error: Option<&str>,
) -> (String, i32, Option<i32>, Option<String>) {
    (state.to_owned(), attempts, status, error.map(str::to_owned))
}

fn delivered(attempts: i32) -> (String, i32, Option<i32>, Option<String>) {
    row("delivered", attempts, Some(200), None)
}

async fn stopped_because(world: &World) -> Option<String> {
    sqlx::query_scalar("SELECT stopped_because FROM webhooks").fetch_one(&world.db()).await.unwrap()
}

#[tokio::test]
async fn a_change_is_told_once_signed_and_with_ids_alone() {
    let (world, receiver) = (World::new().await, Receiver::new().await);
    let webhook = add(&world, &receiver.url, &[]).await;
    add_court(&world, "RV01").await;
    assert_eq!(tell(&world, &worker(&world)).await, 1);
    assert_eq!(tell(&world, &worker(&world)).await, 0);
    let event = &world.store.inner_stream("court-RV01").await[0];
    let came = receiver.came();
    let [message] = &came[..] else { panic!("{came:?}") };
    let at = event.meta.at;
    let expected =
        format!(r#"{{"type":"court.added","timestamp":"{at}","data":{{"court":"RV01"}}}}"#);
    assert_eq!((&message.body, &message.id), (&expected, &event.id.to_string()));
    assert!(message.is_signed_with(&secrets().text(webhook, 1)));
    assert_eq!(message.signatures.len(), 1);
    assert_eq!(deliveries(&world).await, [delivered(1)]);
    let record = deliveries::stream(deliveries::id(webhook, event.id));
    let kinds: Vec<_> =
        world.store.inner_stream(&record).await.into_iter().map(|it| it.kind).collect();
    assert_eq!(kinds, ["delivery.succeeded.v1"]);
}

#[tokio::test]
async fn each_is_told_what_it_wants_from_when_it_was_added_until_it_is_removed() {
    let world = World::new().await;
    let [all, venues] = [Receiver::new().await, Receiver::new().await];
    add_court(&world, "RV01").await;
    let everything = add(&world, &all.url, &[]).await;
    let some = add(&world, &venues.url, &["venue.opened"]).await;
    add_court(&world, "RV02").await;
    let (name, zone) = ("Nord".to_owned(), "UTC".to_owned());
    let open = VenueCommand::Open { name, zone, day_starts_at: Time::midnight() };
    world.execute::<VenueState>("venue-nord", open).await;
    let wanted = Wanted { types: Some(vec!["court.added".to_owned()]), ..Wanted::default() };
    ask(&world, WebhookCommand::Change { webhook: some, wanted }).await;
    add_court(&world, "RV03").await;
    ask(&world, WebhookCommand::Remove { webhook: everything }).await;
    add_court(&world, "RV04").await;
    // All of it in one batch.
    tell(&world, &worker(&world)).await;
    assert_eq!(all.came(), [], "it was removed before anything was sent");
    let mut told = venues.bodies();
    told.sort();
    assert_eq!(told.len(), 3, "{told:?}");
    for (body, word) in told.iter().zip(["RV03", "RV04", "nord"]) {
        assert!(body.contains(word), "{told:?}");
    }
}

#[tokio::test]
async fn what_is_not_taken_is_told_again_later_and_no_sooner_than_the_receiver_wants() {
    let (world, receiver) = (World::new().await, Receiver::new().await);
    add(&world, &receiver.url, &[]).await;
    add_court(&world, "RV01").await;
    receiver.plan(&[Plan::Answer(500), Plan::Rest(503, "900"), Plan::Redirect]);
    let worker = worker(&world);
    let refused = |n, status| {
        let why = format!("the receiver answered {status}");
        row("pending", n, Some(status), Some(&why))
    };
    assert_eq!(tell(&world, &worker).await, 1);
    assert_eq!(deliveries(&world).await, [refused(1, 500)]);
    assert_eq!(tell(&world, &worker).await, 0, "not at once");
    world.later(6);
    assert_eq!(tell(&world, &worker).await, 1);
    assert_eq!(deliveries(&world).await, [refused(2, 503)]);
    world.later(6 + 400);
    assert_eq!(tell(&world, &worker).await, 0, "it wants a quarter of an hour");
    world.later(6 + 910);
    assert_eq!(tell(&world, &worker).await, 1);
    assert_eq!(deliveries(&world).await, [refused(3, 307)]);
    worker.measure().await;
    assert!((916..1_000).contains(&worker.metrics.oldest_seconds.get()));
    world.later(HOUR);
    assert_eq!(tell(&world, &worker).await, 1);
    assert_eq!(deliveries(&world).await, [delivered(4)]);
    let came = receiver.came();
    assert!(came.iter().all(|it| it.path == "/hooks"), "a redirect leads nobody anywhere");
    assert!(came.iter().all(|it| (&it.id, &it.body) == (&came[0].id, &came[0].body)));
    worker.measure().await;
    assert_eq!(worker.metrics.oldest_seconds.get(), 0);
}

#[tokio::test]
async fn who_does_not_answer_in_time_or_at_all_is_told_again() {
    let (world, receiver) = (World::new().await, Receiver::new().await);
    add(&world, &receiver.url, &[]).await;
    add_court(&world, "RV01").await;
    receiver.plan(&[Plan::Silence]);
    let sender = Sender::new(true).unwrap().patient_for(Duration::from_millis(200));
    let impatient = worker_with(&world, sender);
    assert_eq!(tell(&world, &impatient).await, 1);
    assert_eq!(deliveries(&world).await, [row("pending", 1, None, Some("no answer in time"))]);

    let nobody = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    let url = format!("http://{nobody}/");
    let webhook = only(&world).await;
    let wanted = Wanted { url: Some(url), ..Wanted::default() };
    ask(&world, WebhookCommand::Change { webhook, wanted }).await;
    world.later(6);
    assert_eq!(tell(&world, &worker(&world)).await, 1);
    assert_eq!(deliveries(&world).await, [row("pending", 2, None, Some("no connection"))]);
}

async fn only(world: &World) -> Uuid {
    sqlx::query_scalar("SELECT webhook FROM webhooks").fetch_one(&world.db()).await.unwrap()
}

#[tokio::test]
async fn who_says_410_is_told_nothing_more_until_somebody_resumes_it() {
    let (world, receiver) = (World::new().await, Receiver::new().await);
    let webhook = add(&world, &receiver.url, &[]).await;
    add_court(&world, "RV01").await;
    receiver.plan(&[Plan::Answer(410)]);
    let worker = worker(&world);
    assert_eq!(tell(&world, &worker).await, 1);
    let gone = || row("given_up", 1, Some(410), Some("the receiver answered 410"));
    assert_eq!(deliveries(&world).await, [gone()]);
    assert_eq!(stopped_because(&world).await.as_deref(), Some("gone"));
    add_court(&world, "RV02").await;
    assert_eq!(tell(&world, &worker).await, 0);
    ask(&world, WebhookCommand::Resume { webhook }).await;
    add_court(&world, "RV03").await;
    assert_eq!(tell(&world, &worker).await, 1);
    assert_eq!(
        deliveries(&world).await,
        [gone(), delivered(1)],
        "what happened meanwhile is not kept"
    );
    assert!(receiver.bodies()[1].contains("RV03"));
}

#[tokio::test]
async fn what_nobody_takes_in_three_days_is_given_up_and_who_took_nothing_is_stopped() {
    let (world, receiver) = (World::new().await, Receiver::new().await);
    let webhook = add(&world, &receiver.url, &[]).await;
    add_court(&world, "RV01").await;
    receiver.plan(&[Plan::Answer(500); 10]);
    let worker = worker(&world);
    let mut hours = 0;
    for attempts in 1..=9 {
        assert_eq!(tell(&world, &worker).await, 1, "{attempts}");
        hours += 27;
        world.later(hours * HOUR);
    }
    add_court(&world, "RV02").await;
    follow(&world).await;
    // The newer one waits for its turn, so that the older is the last that was told.
    sqlx::raw_sql("UPDATE webhook_deliveries SET next_attempt_at = next_attempt_at + interval '1 hour' WHERE attempts = 0")
        .execute(&world.db())
        .await
        .unwrap();
    assert_eq!(tell(&world, &worker).await, 1);
    let given_up = || row("given_up", 10, Some(500), Some("the receiver answered 500"));
    assert_eq!(deliveries(&world).await, [given_up(), row("pending", 0, None, None)]);
    assert_eq!(stopped_because(&world).await.as_deref(), Some("failing"));
    world.later((hours + 2) * HOUR);
    assert_eq!(tell(&world, &worker).await, 0, "stopped is stopped");

    ask(&world, WebhookCommand::Resume { webhook }).await;
    assert_eq!(tell(&world, &worker).await, 1);
    assert_eq!(deliveries(&world).await, [given_up(), delivered(1)], "what had to be told then");
    let delivery = first_delivery(&world).await;
    let request = ids::new();
    for _ in 0..2 {
        let again = DeliveryCommand::Redeliver { request, at: world.clock.now() };
        world.execute::<Delivery>(&deliveries::stream(delivery), again).await;
    }
    assert_eq!(tell(&world, &worker).await, 1, "two requests under one key are one");
    assert_eq!(deliveries(&world).await, [given_up(), delivered(1), delivered(1)]);
    let came = receiver.came();
    let (first, last) = (&came[0], &came[came.len() - 1]);
    assert_eq!((&last.id, &last.body), (&first.id, &first.body), "the same, by its own delivery");
}

#[tokio::test]
async fn who_has_taken_something_meanwhile_is_not_stopped_for_one_that_it_never_takes() {
    let (world, receiver) = (World::new().await, Receiver::new().await);
    add(&world, &receiver.url, &[]).await;
    add_court(&world, "RV01").await;
    receiver.plan(&[Plan::Rest(503, "3600")]);
    let worker = worker(&world);
    assert_eq!(tell(&world, &worker).await, 1);
    add_court(&world, "RV02").await;
    assert_eq!(tell(&world, &worker).await, 1);
    receiver.plan(&[Plan::Answer(500); 9]);
    for day in 1..=9 {
        world.later(day * 27 * HOUR);
        assert_eq!(tell(&world, &worker).await, 1, "{day}");
    }
    let given_up = row("given_up", 10, Some(500), Some("the receiver answered 500"));
    assert_eq!(deliveries(&world).await, [given_up, delivered(1)]);
    assert_eq!(stopped_because(&world).await, None);
}

#[tokio::test]
async fn for_a_day_after_a_rotation_both_secrets_sign() {
    let (world, receiver) = (World::new().await, Receiver::new().await);
    let webhook = add(&world, &receiver.url, &[]).await;
    let worker = worker(&world);
    ask(&world, WebhookCommand::RotateSecret { webhook, request: ids::new() }).await;
    add_court(&world, "RV01").await;
    tell(&world, &worker).await;
    world.later(24 * HOUR + 1);
    add_court(&world, "RV02").await;
    tell(&world, &worker).await;
    let came = receiver.came();
    let signed =
        |n: usize, generation| came[n].is_signed_with(&secrets().text(webhook, generation));
    assert_eq!((came.len(), came[0].signatures.len(), came[1].signatures.len()), (2, 2, 1));
    assert!(signed(0, 1) && signed(0, 2) && signed(1, 2) && !signed(1, 1));
}

#[tokio::test]
async fn a_test_is_told_to_one_whatever_it_wants() {
    let world = World::new().await;
    let [one, other] = [Receiver::new().await, Receiver::new().await];
    let webhook = add(&world, &one.url, &["venue.opened"]).await;
    add(&world, &other.url, &[]).await;
    let request = ids::new();
    ask(&world, WebhookCommand::Test { webhook, request }).await;
    assert_eq!(tell(&world, &worker(&world)).await, 1);
    let came = one.came();
    assert_eq!(came.len(), 1);
    assert_eq!(came[0].id, request.to_string());
    assert!(came[0].body.starts_with(r#"{"type":"webhook.test","timestamp":"#), "{came:?}");
    assert!(came[0].is_signed_with(&secrets().text(webhook, 1)));
    assert_eq!(other.came(), []);
}

#[tokio::test]
async fn nobodys_own_network_is_called_unless_the_settings_say_so() {
    let world = World::new().await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let webhook = add(&world, "http://club.example/", &[]).await;
    add_court(&world, "RV01").await;
    let worker = worker_with(&world, Sender::new(false).unwrap());
    let private = "addresses of private networks are not called";
    for (n, url, why) in [
        (1, format!("http://club.example:{port}/"), "only https is called"),
        (2, format!("https://127.0.0.1:{port}/"), private),
        (3, format!("https://[::ffff:127.0.0.1]:{port}/"), private),
        // Whoever registers it may mean anything by it. What it leads to is looked up when it is called.
        (4, format!("https://localhost:{port}/"), private),
    ] {
        let wanted = Wanted { url: Some(url.clone()), ..Wanted::default() };
        ask(&world, WebhookCommand::Change { webhook, wanted }).await;
        world.later(i64::from(n) * 27 * HOUR);
        assert_eq!(tell(&world, &worker).await, 1, "{url}");
        assert_eq!(deliveries(&world).await, [row("pending", n, None, Some(why))], "{url}");
    }
    let called = tokio::time::timeout(Duration::from_millis(1), listener.accept()).await;
    assert!(called.is_err(), "nobody came");
}

#[tokio::test]
async fn one_that_is_slow_holds_up_nobody_else() {
    let world = World::new().await;
    let [slow, quick] = [Receiver::new().await, Receiver::new().await];
    add(&world, &slow.url, &[]).await;
    add(&world, &quick.url, &[]).await;
    slow.plan(&[Plan::Silence; 20]);
    for n in 10..22 {
        add_court(&world, &format!("RV{n}")).await;
    }
    follow(&world).await;
    let sender = Sender::new(true).unwrap().patient_for(SOON * 2);
    let worker = Arc::new(worker_with(&world, sender));
    let running = tokio::spawn(worker.run(world.shutdown.clone()));
    eventually("the quick one has everything", SOON, async || quick.came().len() == 12).await;
    assert_eq!(slow.came().len(), 4, "so many at once, and no more");
    running.abort();
}
