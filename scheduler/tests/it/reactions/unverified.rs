//! An account whose e-mail address nobody proves is given up by a timer, once; whoever proves it in time is left alone.
use std::sync::Arc;

use domain::bookings::ExpiryCause;
use domain::users::{User, UserCommand};
use event_store::Metadata;
use runtime::ids;
use runtime::metrics::Metrics;
use scheduler::timers::Timer;
use scheduler::timers::commands::{Answer, Commands};
use scheduler::timers::in_process::InProcess;
use scheduler::timers::metrics::TimerMetrics;
use secrecy::SecretString;
use testing::Scratch;
use vault::Vault;

use crate::reactions::world::{self, PLAYER, VERIFICATION, World};

const DAY: i64 = 24 * 3_600;

async fn register(world: &World, verification_required: bool) -> Scratch {
    let scratch = Scratch::new(&vault::MIGRATOR).await;
    let vault = Vault::new(scratch.pool.clone(), &SecretString::from("7".repeat(64))).unwrap();
    world::register(&world.executor, &vault, world.clock.now(), verification_required).await;
    world.follow().await;
    scratch
}

async fn verify(world: &World) {
    let meta = Metadata::new(ids::new(), world.clock.now());
    let verify = UserCommand::VerifyEmail;
    world.executor.execute::<User>(&PLAYER.stream(), verify, &meta).await.unwrap();
    world.follow().await;
}

async fn names(world: &World) -> Vec<String> {
    let events = world.store.inner_stream(&PLAYER.stream()).await;
    events.into_iter().skip(2).map(|it| it.kind).collect()
}

async fn timers(world: &World) -> Vec<(String, String, Option<String>)> {
    sqlx::query_as("SELECT kind, state, booking FROM timers").fetch_all(&world.db()).await.unwrap()
}

fn commands(world: &World) -> Commands {
    let metrics = TimerMetrics::register(&Metrics::default());
    let (executor, clock) = (world.executor.clone(), world.clock.clone());
    Commands::new(world.db(), executor, clock, metrics, world.maintenance.clone())
}

#[tokio::test]
async fn an_address_that_nobody_proves_is_given_up_after_a_day() {
    let world = World::new().await;
    let _vault = register(&world, true).await;
    assert_eq!(timers(&world).await, [("unverified".to_owned(), "armed".to_owned(), None)]);
    let scheduler = world.scheduler(Arc::new(InProcess::default()));
    world.later(DAY - 60);
    assert_eq!(scheduler.sweep.round(&world.shutdown).await.unwrap(), 0, "not yet");
    assert!(names(&world).await.is_empty());

    world.later(DAY + 60);
    assert_eq!(scheduler.sweep.round(&world.shutdown).await.unwrap(), 1);
    assert_eq!(names(&world).await, ["user.erasure-requested.v1"]);
    world.follow().await;
    assert_eq!(timers(&world).await, [("unverified".to_owned(), "closed".to_owned(), None)]);
    // Told again, by a message that comes late or a log that is read anew.
    let timer = Timer::unverified(PLAYER, world.clock.now());
    let again = commands(&world).send(&timer, ExpiryCause::Timer, "amqp").await.unwrap();
    assert_eq!(again, Answer::AlreadyOver);
    sqlx::query("DELETE FROM checkpoints").execute(&world.db()).await.unwrap();
    world.follow().await;
    assert_eq!(scheduler.sweep.round(&world.shutdown).await.unwrap(), 0);
    assert_eq!(names(&world).await, ["user.erasure-requested.v1"], "once");
}

#[tokio::test]
async fn an_address_that_was_proved_in_time_is_nobodys_timer() {
    let world = World::new().await;
    let _vault = register(&world, true).await;
    let timer = Timer::unverified(PLAYER, world.clock.now() + VERIFICATION);
    verify(&world).await;
    assert_eq!(timers(&world).await, [("unverified".to_owned(), "closed".to_owned(), None)]);
    world.later(DAY + 60);
    let answer = commands(&world).send(&timer, ExpiryCause::Timer, "amqp").await.unwrap();
    assert_eq!(answer, Answer::AlreadyOver, "a message on its way does nothing either");
    assert_eq!(names(&world).await, ["user.email-verified.v1"]);
}

#[tokio::test]
async fn one_who_need_not_prove_anything_has_no_timer() {
    let world = World::new().await;
    let _vault = register(&world, false).await;
    assert!(timers(&world).await.is_empty());
}

#[tokio::test]
async fn a_timer_that_is_fired_by_hand_erases_nobody_before_its_time() {
    let world = World::new().await;
    let _vault = register(&world, true).await;
    let due_at = world.clock.now() + VERIFICATION;
    let timer = Timer::unverified(PLAYER, due_at);
    let answer = commands(&world).send(&timer, ExpiryCause::Sweep, "operator").await.unwrap();
    assert_eq!(answer, Answer::NotDue { until: due_at });
    assert!(names(&world).await.is_empty());
}

/// Both write at a revision of the account: whoever is first has it.
#[tokio::test]
async fn a_proof_and_the_timer_at_once_leave_one_of_the_two() {
    for _ in 0..10 {
        let world = World::new().await;
        let _vault = register(&world, true).await;
        world.later(DAY + 60);
        let timer = Timer::unverified(PLAYER, world.clock.now());
        let (commands, meta) = (commands(&world), Metadata::new(ids::new(), world.clock.now()));
        let stream = PLAYER.stream();
        let (_, given_up) = tokio::join!(
            world.executor.execute::<User>(&stream, UserCommand::VerifyEmail, &meta),
            commands.send(&timer, ExpiryCause::Timer, "amqp"),
        );
        let expected = match given_up.unwrap() {
            Answer::Ended => "user.erasure-requested.v1",
            _ => "user.email-verified.v1",
        };
        assert_eq!(names(&world).await, [expected]);
    }
}
