use testing::eventually;

use crate::ear::{Message, Picture};
use crate::world::{COURT, DAY, LONG, World, held, released};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_keep_up_is_let_go_and_resumes_without_a_loss() {
    let (world, _projector) = World::running().await;
    let (mut slow, mut quick) = (world.listen(DAY).await, world.listen(DAY).await);
    let mut heard = vec![slow.snapshot().await];
    quick.snapshot().await;
    let mut positions = vec![];
    for n in 0..700 {
        positions.push(world.on(COURT, &held(COURT, n, 60)).await);
        positions.push(world.on(COURT, &released(COURT, n)).await);
        if n % 100 == 99 {
            quick.until(positions[positions.len() - 1]).await;
        }
    }
    eventually("it is let go", LONG, async || world.measures().contains("live_dropped_total 1"))
        .await;
    while let Some(message) = slow.next().await {
        heard.push(message);
    }
    let told = heard.len() - 1;
    assert!((1_024..1_400).contains(&told), "what waited for it is said before the end: {told}");
    let mut again = world.resume(DAY, &heard[told].id).await;
    heard.extend(again.until(*positions.last().expect("events")).await);
    let told: Vec<u64> = heard[1..].iter().map(Message::position).collect();
    assert_eq!(told, positions);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_end_at_shutdown_and_go_on_elsewhere() {
    let (world, _projector) = World::running().await;
    let mut ear = world.listen(DAY).await;
    let mut picture = Picture::of(&[ear.snapshot().await]);
    world.on(COURT, &held(COURT, 1, 60)).await;
    let last = ear.change().await;
    picture.hear(&last);
    world.platform.shutdown.cancel();
    assert_eq!(ear.next().await, None, "nothing holds the process up");
}
