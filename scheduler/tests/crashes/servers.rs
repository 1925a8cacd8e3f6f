//! The servers are killed with `-9` while holds run out, and come back later.

use acceptance::{Private, Servers};
use domain::bookings::ExpiryCause;
use jiff::SignedDuration;
use testing::eventually;

use crate::system::{CARRIED, SOON, System, readiness};

/// A message that is put back is delivered again within milliseconds, and given up after twenty times: a store that is
/// away for these few seconds after the holds' time says as much as one that is away for a minute.
const AWAY: SignedDuration = SignedDuration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_go_on_without_a_broker_and_their_timers_wait_for_a_store() {
    let private = tokio::task::spawn_blocking(Private::start).await.unwrap();
    let system = System::on(Servers::named(private.environment())).await;
    let scheduler = system.scheduler().await;

    // The store is away, and messages fall due.
    let waiting = system.holds(50, CARRIED).await;
    system.timers("published_at IS NOT NULL", 50).await;
    private.services(&["kill", "postgres"]);
    let over = system.platform.clock.now() + SignedDuration::from_secs(CARRIED.into()) + AWAY;
    eventually("their time is long over", SOON, async || over <= system.platform.clock.now()).await;
    let (status, said) = readiness(&scheduler).await.unwrap();
    assert_eq!((status, &said["checks"]["broker"]["ok"]), (503, &true.into()), "{said}");
    private.services(&["start", "postgres"]);
    let causes = system.all_end(&waiting).await;
    println!("after the store came back: {causes:?}");
    system.queues_are_empty().await;

    // The broker is away, and people go on.
    private.services(&["kill", "rabbitmq"]);
    let without = system.holds(50, CARRIED).await;
    assert_eq!(system.all_end(&without).await, [ExpiryCause::Sweep; 50]);
    let degraded = async || {
        let Some((status, said)) = readiness(&scheduler).await else { return false };
        let broker = &said["checks"]["broker"];
        status == 200 && said["status"] == "degraded" && broker["detail"] == "not connected"
    };
    eventually("it says so and goes on", SOON, degraded).await;
    private.services(&["start", "rabbitmq"]);
    let mended = async || readiness(&scheduler).await.is_some_and(|it| it.1["status"] == "ready");
    eventually("it has found the broker again", SOON, mended).await;
    let after = system.holds(5, CARRIED).await;
    assert_eq!(system.all_end(&after).await, [ExpiryCause::Timer; 5]);
    drop((scheduler, system));
}
