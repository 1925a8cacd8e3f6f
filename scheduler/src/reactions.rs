//! Every loop of the scheduler, on one page.
mod audit;
mod loops;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use access::identifiers::Identifiers;
use access::mail_tokens::MailTokens;
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
use crate::mail::sink::Sink;
use crate::mail::{Mailer, Templates};
use crate::notices;
use crate::notices::follower::OutboxFollower;
use crate::notices::letters::Letters;
use crate::notices::metrics::NoticeMetrics;
use crate::notices::texts::Texts;
use crate::notices::worker::Worker;
use crate::readiness::{BrokerCheck, FollowerCheck, OverdueCheck};
use crate::retention::Retention;
use crate::retention::metrics::RetentionMetrics;
use crate::sms::{Texter, Twilio};
use crate::status::{Broker, Waiting};
use crate::timers;
use crate::timers::canary::Canaries;
use crate::timers::commands::Commands;
use crate::timers::consumer::Consumer;
use crate::timers::follower::TimersFollower;
use crate::timers::metrics::TimerMetrics;
use crate::timers::pruning::Pruning;
use crate::timers::rabbitmq::{self, RabbitTransport};
use crate::timers::relay::Relay;
use crate::timers::sweep::Sweep;
use crate::timers::transport::DelayTransport;
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

/// Each look is a connection of its own.
const DEAD_LETTERS_EVERY: Duration = Duration::from_secs(10);

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
    let outbox = follow_with(&mut loops, platform, &read, OutboxFollower { verification });
    let leases = leases(&mut loops, platform, &read);
    let closures = closures(&mut loops, platform, &read);
    let transport = Arc::new(RabbitTransport::start(
        &settings.amqp_url,
        &settings.amqp_queue_prefix,
        &settings.timer_hold_seconds,
        &platform.shutdown,
    ));
    let vault = vault(platform, VAULT_CONNECTIONS, "opens addresses to send mail")?;
    let worker = worker(platform, &read, vault.clone(), mailer(platform, &mut loops).await?)?;
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
    spawn_timers(&mut loops, platform, &read, &transport, &timers, &maintenance);
    let gate = caught_up_with(platform, &read, notices::follower::NAME, &outbox);
    spawn_when(&mut loops, "outbox", gate, &platform.shutdown, move |it| async move {
        worker.run(it).await;
    });
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

/// Everything that brings a timer from its row to its command. Only the consumer begins before the past is read: a
/// message is a wake-up whatever has been read so far, and the court-day knows.
fn spawn_timers(
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
    spawn(loops, "consumer", Arc::new(consumer).run());
    let counting = count_dead(Arc::clone(broker), metrics.clone(), shutdown.clone());
    spawn(loops, "dead letters", counting);

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
    let gate = || caught_up_with(platform, read, timers::follower::NAME, following);
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

/// The way out: the server that the settings name, else the demo's own, else none.
async fn mailer(
    platform: &Platform,
    loops: &mut JoinSet<&'static str>,
) -> Result<Option<Mailer>, StartError> {
    let settings = &platform.settings;
    let url = match &settings.smtp_url {
        Some(url) => url.clone(),
        None if settings.demo => {
            let inbox = pool(&settings.edge_database_url, "EDGE_DATABASE_URL", EDGE_CONNECTIONS)?;
            let sink = Sink::bind(inbox, platform.clock.clone()).await;
            let sink = sink.map_err(|error| {
                StartError::new("The demo's mail server cannot listen on 127.0.0.1.", error)
            })?;
            let address = sink.address().map_err(|error| {
                StartError::new("The demo's mail server does not know its own port.", error)
            })?;
            spawn(loops, "mail sink", sink.run(platform.shutdown.clone()));
            SecretString::from(format!("smtp://{address}"))
        }
        None => return Ok(None),
    };
    let mailer = Mailer::new(&url, &settings.mail_from, &settings.server_url);
    mailer.map(Some).map_err(|error| StartError::new(error.to_string(), error))
}

/// The way out by SMS: the provider that the settings name, else the demo's table, else none.
fn texts(platform: &Platform) -> Result<Option<Texts>, StartError> {
    let settings = &platform.settings;
    let identifiers = settings.keys.index_key.as_ref().map(Identifiers::new);
    let texter = match &settings.twilio {
        Some(account) => {
            let twilio = Twilio::new(account, &settings.server_url);
            Texter::Twilio(
                twilio.map_err(|error| StartError::new(error.to_string(), error))?.into(),
            )
        }
        None if settings.demo && identifiers.is_some() => {
            let db = pool(&settings.edge_database_url, "EDGE_DATABASE_URL", EDGE_CONNECTIONS)?;
            Texter::Inbox { db, clock: platform.clock.clone() }
        }
        None => return Ok(None),
    };
    let identifiers = identifiers.ok_or_else(|| StartError {
        what: "The scheduler finds numbers that want no SMS: set INDEX_KEY or INDEX_KEY_FILE."
            .to_owned(),
        source: None,
    })?;
    Ok(Some(Texts { texter, identifiers }))
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

fn worker(
    platform: &Platform,
    read: &PgPool,
    vault: Vault,
    mailer: Option<Mailer>,
) -> Result<Worker, StartError> {
    let settings = &platform.settings;
    let templates = Templates::load(settings.mail_templates.as_deref())
        .map_err(|error| StartError::new(format!("MAIL_TEMPLATES: {error}."), error))?;
    let letters = Letters {
        executor: platform.executor.clone(),
        vault,
        tokens: MailTokens::new(mail_key(settings)?),
        templates,
        verification: verification(settings),
        server_url: settings.server_url.trim_end_matches('/').to_owned(),
    };
    Ok(Worker {
        db: read.clone(),
        executor: platform.executor.clone(),
        clock: platform.clock.clone(),
        letters,
        mailer,
        texts: texts(platform)?,
        limits: platform.rate_limits.clone(),
        metrics: NoticeMetrics::register(&platform.metrics),
    })
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
