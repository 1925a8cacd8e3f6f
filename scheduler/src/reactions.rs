//! Every loop of the scheduler, on one page.
mod audit;
mod loops;
mod outbox;
mod timers;
mod webhooks;

use std::sync::Arc;

use access::maintenance::Maintenance;
use jiff::SignedDuration;
use runtime::health::{Health, PostgresCheck};
use runtime::status::{PoolPart, Status};
use runtime::{Platform, Settings, Shutdown, StartError};
use secrecy::SecretString;
use sqlx::PgPool;
use tokio::task::JoinSet;
use vault::Vault;

use crate::audit::health::AuditCheck;
use crate::closures;
use crate::closures::follower::ClosuresFollower;
use crate::closures::metrics::ClosureMetrics;
use crate::erasures;
use crate::erasures::follower::ErasuresFollower;
use crate::erasures::metrics::ErasureMetrics;
use crate::erasures::steps::Steps;
use crate::leases;
use crate::leases::follower::LeasesFollower;
use crate::leases::metrics::LeaseMetrics;
use crate::readiness::{BrokerCheck, FollowerCheck, OverdueCheck};
use crate::retention::Retention;
use crate::retention::metrics::RetentionMetrics;
use crate::status::{Broker, Waiting};
use crate::timers::follower::TimersFollower;
use crate::timers::rabbitmq::RabbitTransport;
use crate::waitlist;
use crate::waitlist::follower::WaitlistFollower;
use crate::waitlist::metrics::WaitlistMetrics;

use loops::{Following, caught_up_with, follow_with, pool, spawn, spawn_when};

/// Seven followers, relay, sweep, early timers, canaries, pruning, leases, closures, waitlists, erasures, the outbox and
/// webhooks, most with one at a time, and room for probes.
const READ_CONNECTIONS: u32 = 16;
const VAULT_CONNECTIONS: u32 = 4;
/// The demo's inbox alone.
const EDGE_CONNECTIONS: u32 = 2;

/// What runs. None of it ends before the shutdown, unless it is broken.
pub struct Reactions {
    loops: JoinSet<&'static str>,
    read: PgPool,
    transport: Arc<RabbitTransport>,
    timers: Following,
    outbox: Following,
    leases: Following,
    closures: Following,
    waitlist: Following,
    audit: AuditCheck,
    erasures: Following,
    webhooks: Following,
    maintenance: Maintenance,
}

pub(crate) async fn start(platform: &Platform) -> Result<Reactions, StartError> {
    let settings = &platform.settings;
    let read = pool(&settings.read_database_url, "READ_DATABASE_URL", READ_CONNECTIONS)?;
    let mut loops = JoinSet::new();
    let verification = verification(settings);
    let timers = follow_with(&mut loops, platform, &read, TimersFollower { verification });
    let leases = leases(&mut loops, platform, &read);
    let closures = closures(&mut loops, platform, &read);
    let transport = Arc::new(RabbitTransport::start(
        &settings.amqp_url,
        &settings.amqp_queue_prefix,
        &settings.timer_hold_seconds,
        &platform.shutdown,
    ));
    let vault = vault(platform, VAULT_CONNECTIONS, "opens addresses to send mail")?;
    let outbox = outbox::begin(&mut loops, platform, &read, vault.clone()).await?;
    let audit = audit::begin(&mut loops, platform)?;
    let retention = Retention {
        executor: platform.executor.clone(),
        vault: vault.clone(),
        clock: platform.clock.clone(),
        days: settings.audit_pii_retention_days,
        metrics: RetentionMetrics::register(&platform.metrics),
    };
    let shutdown = platform.shutdown.clone();
    spawn(&mut loops, "retention", async move { retention.run(shutdown).await });
    let erasures = erasures(&mut loops, platform, &read, vault)?;
    let webhooks = webhooks::begin(&mut loops, platform, &read)?;

    let maintenance =
        Maintenance::start(platform.executor.clone(), platform.shutdown.clone()).await?;
    let waitlist = waitlist(&mut loops, platform, &read, &maintenance);
    timers::spawn(&mut loops, platform, &read, &transport, &timers, &maintenance);
    Ok(Reactions {
        loops,
        read,
        transport,
        timers,
        outbox,
        leases,
        closures,
        waitlist,
        audit,
        erasures,
        webhooks,
        maintenance,
    })
}

impl Reactions {
    /// What the scheduler needs, and what it can do without for a while.
    #[must_use]
    pub fn health(&self, health: Health) -> Health {
        let follower = |name, it: &Following| FollowerCheck {
            name,
            progress: it.progress.clone(),
            caught_up: it.caught_up.clone(),
        };
        health
            .with(PostgresCheck { name: "read_database", pool: self.read.clone() })
            .with(follower("timers_follower", &self.timers))
            .with(follower("outbox_follower", &self.outbox))
            .with(follower("leases_follower", &self.leases))
            .with(follower("closures_follower", &self.closures))
            .with(follower("waitlist_follower", &self.waitlist))
            .with(follower("erasures_follower", &self.erasures))
            .with(follower("webhooks_follower", &self.webhooks))
            .with(BrokerCheck { transport: Arc::clone(&self.transport) })
            .with(OverdueCheck { db: self.read.clone(), maintenance: self.maintenance.clone() })
            .with(self.audit.clone())
    }

    /// What waits, for operators.
    #[must_use]
    pub fn status(&self, status: Status) -> Status {
        status
            .with(Waiting { db: self.read.clone() })
            .with(Broker { transport: Arc::clone(&self.transport) })
            .with(PoolPart { name: "scheduler_read", pool: self.read.clone() })
    }

    /// A loop that ends early would be missed by nobody until holds stay open: the whole role ends with it.
    pub async fn until_shutdown(mut self, shutdown: &Shutdown) -> Result<(), StartError> {
        while let Some(ended) = self.loops.join_next().await {
            match ended {
                Ok(_) if shutdown.is_cancelled() => {}
                Ok(name) => {
                    let what = format!("The scheduler's {name} ended by itself; the log says why.");
                    return Err(StartError { what, source: None });
                }
                Err(error) => {
                    return Err(StartError::new("A loop of the scheduler broke off.", error));
                }
            }
        }
        Ok(())
    }
}

/// Leases follow court-days. Nothing is told before the past is read: by then most of it is old.
fn leases(loops: &mut JoinSet<&'static str>, platform: &Platform, read: &PgPool) -> Following {
    let following =
        follow_with(loops, platform, read, LeasesFollower { clock: platform.clock.clone() });
    let worker = leases::worker::Worker {
        db: read.clone(),
        executor: platform.executor.clone(),
        clock: platform.clock.clone(),
        metrics: LeaseMetrics::register(&platform.metrics),
    };
    let gate = caught_up_with(platform, read, leases::follower::NAME, &following);
    spawn_when(loops, "leases", gate, &platform.shutdown, move |it| async move {
        worker.run(it).await;
    });
    following
}

/// Closures reach the court-days they concern.
fn closures(loops: &mut JoinSet<&'static str>, platform: &Platform, read: &PgPool) -> Following {
    let following =
        follow_with(loops, platform, read, ClosuresFollower { clock: platform.clock.clone() });
    let worker = closures::worker::Worker {
        db: read.clone(),
        executor: platform.executor.clone(),
        clock: platform.clock.clone(),
        metrics: ClosureMetrics::register(&platform.metrics),
    };
    let gate = caught_up_with(platform, read, closures::follower::NAME, &following);
    spawn_when(loops, "closures", gate, &platform.shutdown, move |it| async move {
        worker.run(it).await;
    });
    following
}

/// What becomes free is offered to those who wait.
fn waitlist(
    loops: &mut JoinSet<&'static str>,
    platform: &Platform,
    read: &PgPool,
    maintenance: &Maintenance,
) -> Following {
    let following =
        follow_with(loops, platform, read, WaitlistFollower { clock: platform.clock.clone() });
    let worker = waitlist::worker::Worker {
        db: read.clone(),
        executor: platform.executor.clone(),
        clock: platform.clock.clone(),
        maintenance: maintenance.clone(),
        metrics: WaitlistMetrics::register(&platform.metrics),
    };
    let gate = caught_up_with(platform, read, waitlist::follower::NAME, &following);
    spawn_when(loops, "waitlist", gate, &platform.shutdown, move |it| async move {
        worker.run(it).await;
    });
    following
}

/// Whoever is to be forgotten is.
fn erasures(
    loops: &mut JoinSet<&'static str>,
    platform: &Platform,
    read: &PgPool,
    vault: Vault,
) -> Result<Following, StartError> {
    let settings = &platform.settings;
    let following =
        follow_with(loops, platform, read, ErasuresFollower { clock: platform.clock.clone() });
    let catches = settings.demo && (settings.smtp_url.is_none() || settings.twilio.is_none());
    let inbox = catches
        .then(|| pool(&settings.edge_database_url, "EDGE_DATABASE_URL", EDGE_CONNECTIONS))
        .transpose()?;
    let worker = erasures::worker::Worker {
        db: read.clone(),
        clock: platform.clock.clone(),
        steps: Steps { executor: platform.executor.clone(), vault, read: read.clone(), inbox },
        metrics: ErasureMetrics::register(&platform.metrics),
    };
    let gate = caught_up_with(platform, read, erasures::follower::NAME, &following);
    spawn_when(loops, "erasures", gate, &platform.shutdown, move |it| async move {
        worker.run(it).await;
    });
    Ok(following)
}

fn verification(settings: &Settings) -> SignedDuration {
    settings.auth.verification.try_into().unwrap_or(SignedDuration::MAX)
}

/// `why` is told to who gave no key.
fn vault(platform: &Platform, connections: u32, why: &str) -> Result<Vault, StartError> {
    let settings = &platform.settings;
    let kek = settings.keys.kek.as_ref().ok_or_else(|| StartError {
        what: format!("The scheduler {why}: set KEK or KEK_FILE."),
        source: None,
    })?;
    let db = pool(&settings.vault_database_url, "VAULT_DATABASE_URL", connections)?;
    Vault::with_also(db, kek, settings.keys.kek_also.as_ref())
        .map_err(|error| StartError::new(error.to_string(), error))
}

fn mail_key(settings: &Settings) -> Result<&SecretString, StartError> {
    settings.keys.mail_key.as_ref().ok_or_else(|| StartError {
        what: "The scheduler makes verification codes and the secrets of webhooks: set MAIL_KEY or MAIL_KEY_FILE."
            .to_owned(),
        source: None,
    })
}
