//! How the loops that fire timers begin.
use std::sync::Arc;
use std::time::Duration;

use access::maintenance::Maintenance;
use runtime::{Platform, Shutdown};
use sqlx::PgPool;
use tokio::task::JoinSet;

use super::loops::{self, Following, caught_up_with, spawn_when};
use crate::timers::canary::Canaries;
use crate::timers::commands::Commands;
use crate::timers::consumer::Consumer;
use crate::timers::follower;
use crate::timers::metrics::TimerMetrics;
use crate::timers::pruning::Pruning;
use crate::timers::rabbitmq::{self, RabbitTransport};
use crate::timers::relay::Relay;
use crate::timers::sweep::Sweep;
use crate::timers::transport::DelayTransport;

/// Each look is a connection of its own.
const DEAD_LETTERS_EVERY: Duration = Duration::from_secs(10);

/// Everything that brings a timer from its row to its command. Only the consumer begins before the past is read: a
/// message is a wake-up whatever has been read so far, and the court-day knows.
pub(super) fn spawn(
    loops: &mut JoinSet<&'static str>,
    platform: &Platform,
    read: &PgPool,
    broker: &Arc<RabbitTransport>,
    following: &Following,
    maintenance: &Maintenance,
) {
    let Platform { clock, executor, shutdown, .. } = platform;
    let metrics = TimerMetrics::register(&platform.metrics);
    let commands = Arc::new(Commands::new(
        read.clone(),
        executor.clone(),
        clock.clone(),
        metrics.clone(),
        maintenance.clone(),
    ));
    let transport: Arc<dyn DelayTransport> = Arc::clone(broker) as _;
    let consumer = Consumer::new(
        read.clone(),
        Arc::clone(&transport),
        Arc::clone(&commands),
        clock.clone(),
        metrics.clone(),
        shutdown.clone(),
    );
    loops::spawn(loops, "consumer", Arc::new(consumer).run());
    let counting = count_dead(Arc::clone(broker), metrics.clone(), shutdown.clone());
    loops::spawn(loops, "dead letters", counting);

    let carried_seconds = transport.carried_seconds().to_vec();
    let canaries = Canaries { db: read.clone(), clock: clock.clone(), carried_seconds };
    let relay = Relay {
        db: read.clone(),
        transport,
        clock: clock.clone(),
        maintenance: maintenance.clone(),
    };
    let sweep = Sweep {
        db: read.clone(),
        commands,
        clock: clock.clone(),
        metrics,
        maintenance: maintenance.clone(),
    };
    let pruning = Pruning { db: read.clone(), clock: clock.clone() };
    let gate = || caught_up_with(platform, read, follower::NAME, following);
    spawn_when(loops, "relay", gate(), shutdown, move |it| async move { relay.run(it).await });
    spawn_when(loops, "sweep", gate(), shutdown, move |it| async move { sweep.run(it).await });
    spawn_when(
        loops,
        "canaries",
        gate(),
        shutdown,
        move |it| async move { canaries.run(it).await },
    );
    spawn_when(loops, "pruning", gate(), shutdown, move |it| async move { pruning.run(it).await });
}

/// An alarm hangs on this number, and nothing else does: while the broker is away, the last one stands.
async fn count_dead(broker: Arc<RabbitTransport>, metrics: TimerMetrics, shutdown: Shutdown) {
    loop {
        if let Some(dead) = broker.depth(rabbitmq::DEAD).await {
            metrics.dead_letters.set(dead.into());
        }
        if tokio::time::timeout(DEAD_LETTERS_EVERY, shutdown.cancelled()).await.is_ok() {
            return;
        }
    }
}
