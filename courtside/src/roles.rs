//! Runs any set of roles in one process.
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::PoisonError;

use access::Access;
use anyhow::Context;
use axum::Router;
use clap::Args;
use runtime::clock::DemoClock;
use runtime::health::{ClockCheck, EndingCheck, Health, StoreCheck};
use runtime::http::{Edge, Tls, metrics_router, serve, serve_tls, status_router};
use runtime::status::Status;
use runtime::{Platform, Settings, Shutdown, StartError};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::vault::MissingKeys;
use crate::{migrate, openapi, status};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    CommandApi,
    QueryApi,
    Projector,
    Scheduler,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Self::CommandApi => "command-api",
            Self::QueryApi => "query-api",
            Self::Projector => "projector",
            Self::Scheduler => "scheduler",
        }
    }

    pub const ALL: [Self; 4] = [Self::CommandApi, Self::QueryApi, Self::Projector, Self::Scheduler];
}

/// Where a process listens. Roles that serve nobody listen on the second port only.
#[derive(Args, Clone, Debug)]
pub struct Ports {
    /// The port clients use [SERVER_PORT, 8080].
    #[arg(long)]
    pub port: Option<u16>,
    /// The port for /metrics and /health [METRICS_PORT, 8081].
    #[arg(long)]
    pub metrics_port: Option<u16>,
}

impl Ports {
    /// Flags win over settings. A URL that only repeated the old port follows the new one.
    pub fn apply(&self, settings: &mut Settings) {
        let scheme = if settings.tls.is_some() { "https" } else { "http" };
        if let Some(port) = self.port {
            if settings.server_url == format!("{scheme}://{}:{}", settings.host, settings.port) {
                settings.server_url = format!("{scheme}://{}:{port}", settings.host);
            }
            settings.port = port;
        }
        if let Some(port) = self.metrics_port {
            settings.metrics_port = port;
        }
    }
}

type Task = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// Runs `roles` until a signal or a failure, then lets each of them finish what it has begun.
pub async fn run(
    roles: &[Role],
    mut settings: Settings,
    ports: &Ports,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    ports.apply(&mut settings);
    let listeners = Listeners::bind(roles, &settings).await?;
    let ending = ending_on_signal(&shutdown);
    migrate::on_boot(&settings).await?;
    let platform = Platform { ending, ..Platform::start(settings, shutdown).await? };
    run_on(roles, platform, listeners).await
}

/// The sockets of a process, taken before anything else so that a busy port is the first thing said.
pub struct Listeners {
    clients: Option<TcpListener>,
    operations: TcpListener,
}

impl Listeners {
    pub async fn bind(roles: &[Role], settings: &Settings) -> Result<Self, StartError> {
        let serves = roles.iter().any(|it| matches!(it, Role::CommandApi | Role::QueryApi));
        let clients = if serves {
            Some(listen(settings.host, settings.port, "SERVER_PORT or --port").await?)
        } else {
            None
        };
        let operations =
            listen(settings.host, settings.metrics_port, "METRICS_PORT or --metrics-port").await?;
        Ok(Self { clients, operations })
    }
}

/// What a process does that serves nobody: it ends when it is told to.
async fn until(ending: Shutdown) -> anyhow::Result<()> {
    ending.cancelled().await;
    Ok(())
}

/// Runs `roles` on a platform that is up.
pub async fn run_on(
    roles: &[Role],
    platform: Platform,
    listeners: Listeners,
) -> anyhow::Result<()> {
    let (ending, shutdown) = (platform.ending.clone(), platform.shutdown.clone());
    let mut health = Health::default()
        .with(EndingCheck { ending: ending.clone() })
        .with(StoreCheck { store: platform.store.clone() })
        .with(ClockCheck { clock: platform.clock.clone() });
    // query-api opens nothing.
    if roles.iter().any(|it| *it != Role::QueryApi) {
        health = health.with(MissingKeys);
        let mut registry = platform.metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register_collector(Box::new(MissingKeys));
    }
    let own = status::Process {
        roles: roles.to_vec(),
        platform: platform.clone(),
        began: Instant::now(),
    };
    let mut told = Status::default().with(own).with(status::Secrets);
    let mut routes = openapi::routes();
    if roles.contains(&Role::CommandApi) || roles.contains(&Role::QueryApi) {
        let access = Access::start(
            &platform.settings,
            platform.executor.clone(),
            platform.clock.clone(),
            shutdown.clone(),
        )
        .await
        .context("the signing keys and sessions cannot be read from the event store")?;
        if roles.contains(&Role::CommandApi) {
            let (router, app) = command_api::routes(&platform, access.clone()).await?;
            routes = routes.merge(router);
            health = app.health(health);
            told = app.status(told);
        }
        if roles.contains(&Role::QueryApi) {
            let (router, app) = query_api::routes(&platform, access)?;
            routes = routes.merge(router);
            health = app.health(health);
            told = app.status(told);
        }
    }

    let mut tasks: JoinSet<anyhow::Result<()>> = JoinSet::new();
    if roles.contains(&Role::Projector) {
        tasks.spawn(task(projector::run(platform.clone())));
    }
    if roles.contains(&Role::Scheduler) {
        let reactions = scheduler::start(&platform).await?;
        health = reactions.health(health);
        told = reactions.status(told);
        let shutdown = shutdown.clone();
        tasks.spawn(task(async move { reactions.until_shutdown(&shutdown).await }));
    }
    let told = told.with(status::Ready(health.clone()));
    let demos = DemoClock::of(&platform.settings).map(|_| platform.clock.clone());
    let edge = Edge::new(&platform.settings, health, platform.metrics.clone()).telling_time(demos);
    if let Some(listener) = listeners.clients {
        tracing::info!(address = ?listener.local_addr().ok(), ?roles, "serving");
        let passes_commands_on =
            roles.contains(&Role::QueryApi) && platform.settings.command_api_url.is_some();
        let limits = platform.rate_limits.clone();
        tokio::spawn(limits.clone().prune(shutdown.clone()));
        let clients = edge.clone().limited(limits, passes_commands_on).around(routes);
        match &platform.settings.tls {
            Some(files) => {
                let tls = Tls::load(files, platform.clock.clone(), &platform.metrics).map_err(
                    |error| {
                        StartError::new("the certificate at TLS_CERT_FILE cannot be used", error)
                    },
                )?;
                tokio::spawn(tls.clone().follow(shutdown.clone()));
                tasks.spawn(task(serve_tls(listener, tls, clients, ending)));
            }
            None => {
                tasks.spawn(task(serve(listener, clients, ending)));
            }
        }
    } else {
        tasks.spawn(task(until(ending)));
    }
    // The monitoring comes in clear, and from inside.
    let mut operations = edge;
    operations.require_https = false;
    operations.is_traced = false;
    let Settings { metrics_enabled, metrics_guard, .. } = &*platform.settings;
    let scraped = if *metrics_enabled {
        metrics_router(&platform.metrics, metrics_guard)
    } else {
        Router::new()
    };
    let operations = operations.around(scraped.merge(status_router(told, metrics_guard)));
    tasks.spawn(task(serve(listeners.operations, operations, shutdown.clone())));

    let mut outcome = Ok(());
    while let Some(ended) = tasks.join_next().await {
        let ended = ended.context("a task panicked").and_then(|it| it);
        // Whichever task ends first, for whatever reason, the process ends as a whole and its supervisor decides.
        shutdown.cancel();
        if outcome.is_ok() {
            outcome = ended;
        }
    }
    outcome
}

fn task<E: Into<anyhow::Error>>(
    work: impl Future<Output = Result<(), E>> + Send + 'static,
) -> Task {
    Box::pin(async move { work.await.map_err(Into::into) })
}

async fn listen(host: IpAddr, port: u16, setting: &str) -> Result<TcpListener, StartError> {
    let address = SocketAddr::new(host, port);
    TcpListener::bind(address).await.map_err(|error| {
        StartError::new(
            format!("cannot listen on {address}; choose another port by {setting}"),
            error,
        )
    })
}

/// SIGTERM and Ctrl-C begin the end; a second one does not hurry it.
pub fn ending_on_signal(shutdown: &Shutdown) -> Shutdown {
    let ending = shutdown.child_token();
    let told = ending.clone();
    tokio::spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut term) = signal(SignalKind::terminate()) else { return };
        tokio::select! {
            _ = term.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
            () = told.cancelled() => {}
        }
        tracing::info!("ending: requests in flight finish first");
        told.cancel();
    });
    ending
}
