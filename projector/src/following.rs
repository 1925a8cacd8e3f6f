//! Which build each follower follows: the live one, whoever switched to it.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use runtime::backoff::Backoff;
use runtime::follow::{FollowError, follow};
use tokio::sync::{Notify, watch};

use crate::Projector;
use crate::builds::{self, Build};
use crate::live::Live;
use crate::projection::Projection;

/// How often to look which builds are live: the longest that another process's switch goes unnoticed.
const LOOK: Duration = Duration::from_secs(1);

/// The live build of each projection, by name.
pub(crate) type LiveBuilds = BTreeMap<String, i32>;

/// Watches which builds are live, and measures how far they have come, until shutdown.
pub(crate) async fn watch(projector: &Projector, live: watch::Sender<LiveBuilds>) {
    loop {
        if let Err(error) = look(projector, &live).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot see which builds are live"
            );
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = projector.switched.notified() => {}
            () = projector.shutdown.cancelled() => return,
        }
    }
}

async fn look(projector: &Projector, live: &watch::Sender<LiveBuilds>) -> Result<(), FollowError> {
    let standings = builds::live(&projector.db).await?;
    let builds = standings.iter().map(|it| (it.build.projection.clone(), it.build.number));
    let builds: LiveBuilds = builds.collect();
    live.send_if_modified(|it| {
        let is_news = *it != builds;
        *it = builds;
        is_news
    });
    let head = projector.store().head().await?;
    for projection in &projector.projections {
        if let Some(it) = standings.iter().find(|it| it.build.projection == projection.name()) {
            projector.measures.stands(projection.name(), it.position, head);
            projector.measures.parks(projection.name(), it.parked, it.behind);
            projector.measures.waits(projection.name(), it.is_waiting);
        }
    }
    Ok(())
}

/// Follows the live build of a projection, and the next one when it was switched to, until shutdown.
pub(crate) async fn follow_live(
    projector: &Projector,
    projection: &Arc<dyn Projection>,
    mut live: watch::Receiver<LiveBuilds>,
) {
    let mut backoff = Backoff::up_to(Duration::from_secs(5));
    while !projector.shutdown.is_cancelled() {
        let name = projection.name();
        let number = live.borrow_and_update().get(name).copied();
        let Some(number) = number else {
            if let Err(error) =
                builds::bootstrap(&projector.db, projection.as_ref(), projector.log).await
            {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(projection = name, error, "no build yet");
            }
            projector.switched.notify_one();
            let patience = backoff.wait();
            tokio::select! {
                _ = tokio::time::timeout(patience, live.changed()) => {}
                () = projector.shutdown.cancelled() => {}
            }
            continue;
        };
        backoff.reset();
        follow_build(projector, projection, number, &mut live).await;
    }
}

/// Follows one build until it is live no more. The batch in hand comes to its end, which is to be refused, and is not
/// missed: the new build has it.
async fn follow_build(
    projector: &Projector,
    projection: &Arc<dyn Projection>,
    number: i32,
    live: &mut watch::Receiver<LiveBuilds>,
) {
    let name = projection.name();
    let over = Arc::new(Notify::new());
    let build = Build::new(name, number);
    tracing::info!(projection = name, build = number, "following");
    let follower = Live::new(
        Arc::clone(projection),
        build,
        projector.db.clone(),
        projector.executor.clone(),
        projector.measures.clone(),
        Arc::clone(&over),
    );
    let ending = projector.shutdown.child_token();
    let following = follow(
        projector.db.clone(),
        projector.tail.clone(),
        projector.log,
        &follower,
        ending.clone(),
    );
    tokio::pin!(following);
    loop {
        tokio::select! {
            () = &mut following => return,
            // The follower saw it first: have the others look.
            () = over.notified() => projector.switched.notify_one(),
            changed = live.changed() => {
                if changed.is_err() {
                    // Nobody watches any more: shutdown. The batch in hand is finished.
                    return following.await;
                }
                if live.borrow_and_update().get(name) != Some(&number) {
                    ending.cancel();
                    return following.await;
                }
            }
        }
    }
}
