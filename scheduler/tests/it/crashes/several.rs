//! Three schedulers share one table and one broker, and one of them dies at work.
use std::collections::HashMap;

use testing::eventually;

use crate::crashes::system::{CARRIED, SOON, System, metric};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_schedulers_end_every_hold_once_and_one_of_them_may_die() {
    const HOLDS: usize = 300;
    let system = System::new().await;
    let first = system.scheduler().await;
    let second = system.scheduler().await;
    let mut dying = system.scheduler().await;
    let bookings = system.holds(HOLDS, CARRIED + 8).await;
    system.timers("state = 'armed'", HOLDS).await;
    eventually("the first ends", SOON, async || !system.ends(&bookings[0]).await.is_empty()).await;
    dying.kill();
    let causes = system.all_end(&bookings).await;
    system.queues_are_empty().await;
    let mut counted = HashMap::new();
    for cause in causes {
        *counted.entry(format!("{cause:?}")).or_insert(0) += 1;
    }
    let swept =
        [metric(&first, "timers_swept_total").await, metric(&second, "timers_swept_total").await];
    // A claim that died with its relay is the sweep's to find; without one this is all timers. Both are right.
    println!("{counted:?}, swept {swept:?}");
    system.end().await;
}
