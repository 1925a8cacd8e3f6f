//! How a loop begins, and what waits for it.
use runtime::follow::{Follower, Progress, follow_and_tell};
use runtime::{Platform, Shutdown, StartError, postgres};
use secrecy::SecretString;
use sqlx::PgPool;
use tokio::task::JoinSet;

use crate::caught_up::caught_up;
use crate::readiness::CaughtUp;

/// A follower on its way, and what waits for it.
#[derive(Clone)]
pub(super) struct Following {
    pub progress: Progress,
    pub caught_up: CaughtUp,
}

pub(super) fn pool(
    url: &SecretString,
    setting: &str,
    connections: u32,
) -> Result<PgPool, StartError> {
    postgres::pool(url, connections)
        .map_err(|error| StartError::new(format!("{setting} is not a Postgres URL."), error))
}

pub(super) fn follow_with(
    loops: &mut JoinSet<&'static str>,
    platform: &Platform,
    read: &PgPool,
    follower: impl Follower + 'static,
) -> Following {
    let Platform { tail, log, shutdown, .. } = platform.clone();
    let (read, progress) = (read.clone(), Progress::default());
    let following = Following { progress: progress.clone(), caught_up: CaughtUp::default() };
    spawn(loops, "follower", async move {
        follow_and_tell(read, tail, log, &follower, &progress, shutdown).await;
    });
    following
}

pub(super) fn caught_up_with(
    platform: &Platform,
    read: &PgPool,
    follower: &'static str,
    following: &Following,
) -> impl Future<Output = bool> + use<> {
    let Platform { store, log, shutdown, .. } = platform.clone();
    let (read, following) = (read.clone(), following.clone());
    async move {
        let is_caught_up = caught_up(&read, &store, log, &[follower], &shutdown).await;
        if is_caught_up {
            following.caught_up.set();
        }
        is_caught_up
    }
}

/// Runs `work` once `gate` says so; not at all when it says that the process ends.
pub(super) fn spawn_when<W>(
    loops: &mut JoinSet<&'static str>,
    name: &'static str,
    gate: impl Future<Output = bool> + Send + 'static,
    shutdown: &Shutdown,
    work: impl FnOnce(Shutdown) -> W + Send + 'static,
) where
    W: Future<Output = ()> + Send + 'static,
{
    let shutdown = shutdown.clone();
    spawn(loops, name, async move {
        if gate.await {
            work(shutdown).await;
        }
    });
}

pub(super) fn spawn(
    loops: &mut JoinSet<&'static str>,
    name: &'static str,
    work: impl Future<Output = ()> + Send + 'static,
) {
    loops.spawn(async move {
        work.await;
        name
    });
}
