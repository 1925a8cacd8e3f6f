//! The broker loses what it was given, or hands on what nobody can read.
use domain::bookings::ExpiryCause;
use runtime::Shutdown;
use runtime::rabbitmq::{self, Topology};
use testing::eventually;

use crate::crashes::system::{CARRIED, SOON, System, metric, url};

#[tokio::test]
async fn after_an_emptied_broker_the_sweep_ends_what_is_due() {
    let system = System::new().await;
    let scheduler = system.scheduler().await;
    let bookings = system.holds(5, CARRIED).await;
    system.timers("published_at IS NOT NULL", 5).await;
    rabbitmq::delete(&url(&system), &system.topology()).await.unwrap();
    let causes = system.all_end(&bookings).await;
    assert_eq!(causes, [ExpiryCause::Sweep; 5]);
    eventually("they are counted", SOON, async || {
        metric(&scheduler, "timers_swept_total").await >= 5.0
    })
    .await;
    system.end().await;
}

#[tokio::test]
async fn poison_is_put_with_the_dead_and_told_and_the_sweep_ends_its_hold() {
    let system = System::new().await;
    let scheduler = system.scheduler().await;
    let booking = system.hold(CARRIED + 3).await;
    system.timers("state = 'armed'", 1).await;
    // As if its message were the one that follows.
    let published = "UPDATE timers SET published_at = now() WHERE kind = 'hold'";
    sqlx::raw_sql(published).execute(&system.read).await.unwrap();
    let shutdown = Shutdown::new();
    // It takes nothing from where the scheduler does, nor from the dead.
    let topology = Topology { consumed: "timers.hold.4".to_owned(), ..system.topology() };
    let (publisher, _) = rabbitmq::start(&url(&system), topology, &shutdown);
    let poisoned = async || publisher.publish("timers.due", b"not a timer").await.is_ok();
    eventually("poison is published", SOON, poisoned).await;
    shutdown.cancel();
    assert_eq!(system.all_end(&[booking]).await, [ExpiryCause::Sweep]);
    let alarm = async || 1.0 <= metric(&scheduler, "timers_dead_letters").await;
    eventually("the alarm's number is one", SOON, alarm).await;
    assert_eq!(system.depth("timers.dead").await, Some(1));
    system.end().await;
}
