//! While nobody may confirm, no hold ends; and then each has the time that it had.
use std::sync::Arc;

use access::maintenance::Maintenance;
use domain::bookings::ExpiryCause;
use domain::ids::BookingId;
use domain::maintenance::{Maintenance as State, MaintenanceCommand, STREAM};
use event_store::Metadata;
use jiff::Timestamp;
use runtime::ids;
use scheduler::timers::Timer;
use scheduler::timers::commands::Answer;
use scheduler::timers::in_process::InProcess;
use scheduler::timers::resume::Resume;
use testing::eventually;

use crate::reactions::world::{SOON, Scheduler, World};

async fn world() -> World {
    let mut world = World::new().await;
    let (executor, shutdown) = (world.executor.clone(), world.shutdown.clone());
    world.maintenance = Maintenance::start(executor, shutdown).await.unwrap();
    world
}

/// Returns when it began.
async fn begin(world: &World) -> Timestamp {
    let at = world.clock.now();
    let reason = "the disk".to_owned();
    decide(world, MaintenanceCommand::Begin { reason, until: None, at }).await;
    eventually("it is on", SOON, async || world.maintenance.is_on()).await;
    at
}

async fn end(world: &World) {
    decide(world, MaintenanceCommand::End).await;
    eventually("it is over", SOON, async || !world.maintenance.is_on()).await;
}

async fn decide(world: &World, command: MaintenanceCommand) {
    let meta = Metadata::new(ids::new(), world.clock.now());
    world.executor.execute::<State>(STREAM, command, &meta).await.unwrap();
}

fn resume(world: &World) -> Resume {
    let (executor, clock) = (world.executor.clone(), world.clock.clone());
    Resume { db: world.db(), executor, log: world.log, clock }
}

async fn resume_all(world: &World, since: Timestamp) -> usize {
    world.follow().await;
    let resume = resume(world);
    let holds = resume.holds(since, &world.shutdown).await.unwrap();
    resume.all(holds, since, "cli", || {}).await.unwrap()
}

async fn sweep(world: &World, scheduler: &Scheduler) -> usize {
    world.follow().await;
    scheduler.sweep.round(&world.shutdown).await.unwrap()
}

async fn timer(world: &World, booking: &BookingId) -> Timer {
    let row = "SELECT due_at FROM timers WHERE booking = $1 AND kind = 'hold' AND state = 'armed'";
    let due_at: jiff_sqlx::Timestamp =
        sqlx::query_scalar(row).bind(booking.to_string()).fetch_one(&world.db()).await.unwrap();
    Timer::hold(booking.clone(), 1, due_at.to_jiff())
}

const EXTENDED: &str = "booking.hold-extended.v2";
const EXPIRED: &str = "booking.expired.v1";

#[tokio::test]
async fn no_hold_ends_meanwhile_and_then_each_has_the_time_it_had() {
    let world = world().await;
    let transport = Arc::new(InProcess::default());
    let scheduler = world.scheduler(transport);
    let over_before = world.hold(30).await;
    let alive = world.hold(60).await;
    world.follow().await;

    world.later(40);
    let since = begin(&world).await;
    world.later(100);
    assert_eq!(scheduler.relay.round().await.unwrap(), 0, "nothing is handed on");
    assert_eq!(sweep(&world, &scheduler).await, 0, "nothing is overdue");

    assert_eq!(resume_all(&world, since).await, 1, "one was alive");
    end(&world).await;
    // The other one's time was over before, and it ends now.
    assert_eq!(sweep(&world, &scheduler).await, 1);
    assert_eq!(world.ends(&over_before).await, [EXPIRED]);
    assert_eq!(world.ends(&alive).await, [EXTENDED]);

    world.later(115);
    assert_eq!(sweep(&world, &scheduler).await, 0, "twenty seconds were left of it");
    world.later(125);
    assert_eq!(sweep(&world, &scheduler).await, 1);
    assert_eq!(world.ends(&alive).await, [EXTENDED, EXPIRED]);
}

#[tokio::test]
async fn a_message_that_comes_meanwhile_goes_back_to_the_table() {
    let world = world().await;
    let transport = InProcess::default();
    let scheduler = world.scheduler(Arc::new(transport.clone()));
    let booking = world.hold(60).await;
    world.follow().await;
    begin(&world).await;
    let timer = timer(&world, &booking).await;
    sqlx::query("UPDATE timers SET published_at = now()").execute(&world.db()).await.unwrap();
    world.later(61);
    tokio::spawn(Arc::clone(&scheduler.consumer).run());

    transport.put(serde_json::to_vec(&timer).unwrap());
    eventually("it waits in the table, and nowhere else", SOON, async || {
        let row = "SELECT published_at IS NULL FROM timers WHERE timer_id = $1";
        let is_back: bool =
            sqlx::query_scalar(row).bind(timer.timer_id).fetch_one(&world.db()).await.unwrap();
        is_back && transport.unsettled() == 0
    })
    .await;
    assert_eq!(world.ends(&booking).await, Vec::<String>::new());
    let commands = &scheduler.sweep.commands;
    let answer = commands.send(&timer, ExpiryCause::Sweep, "table").await.unwrap();
    assert_eq!(answer, Answer::Paused);
}

#[tokio::test]
async fn whoever_ends_it_and_is_killed_begins_again() {
    let world = world().await;
    let scheduler = world.scheduler(Arc::new(InProcess::default()));
    let [first, second] = [world.hold(60).await, world.hold(60).await];
    let since = begin(&world).await;
    world.later(100);
    let one = resume(&world).all(vec![first.clone()], since, "cli", || {}).await.unwrap();
    assert_eq!(one, 1, "and then it is killed");

    world.later(150);
    assert_eq!(resume_all(&world, since).await, 2, "fifty more for the first");
    end(&world).await;
    world.later(205);
    assert_eq!(sweep(&world, &scheduler).await, 0, "both have sixty seconds from there");
    world.later(215);
    assert_eq!(sweep(&world, &scheduler).await, 2);
    assert_eq!(world.ends(&first).await, [EXTENDED, EXTENDED, EXPIRED]);
    assert_eq!(world.ends(&second).await, [EXTENDED, EXPIRED]);
}
