//! `courtside backup drill`: a backup is one when it was restored.
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use domain::projections::PROJECTIONS;
use jiff::Timestamp;
use projector::status;
use runtime::{Platform, Settings, Shutdown, migrations, postgres};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, PgPool};
use tokio::time::Instant;
use url::Url;

use super::Source;
use super::metrics::Metrics;
use super::restore::{Brought, bring_back};
use crate::events::copy::copy_log;
use crate::events::log::Log;
use crate::events::{show, walk};
use crate::vault::check;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    source: Source,
    /// A server on which databases may be made, and dropped again. [default: that of READ_DATABASE_URL]
    #[arg(long, value_name = "URL", env = "BACKUP_DRILL_URL", hide_env_values = true)]
    scratch: Option<SecretString>,
    #[command(flatten)]
    metrics: Metrics,
    /// Prints one JSON object.
    #[arg(long)]
    json: bool,
}

/// The databases of a drill, beside whatever else is on that server.
struct Scratch {
    server: PgPool,
    /// With a password in it, as likely as not.
    url: Url,
    names: Vec<String>,
}

/// What a drill came to.
#[derive(serde::Serialize)]
struct Drilled {
    taken_at: Timestamp,
    /// Events that were restored, each as it is in the live log.
    events: u64,
    keys: u64,
    /// Read models that were built of it.
    projections: usize,
    seconds: u64,
}

/// For looking, beside what the projector has.
const CONNECTIONS: u32 = 2;
/// A projection that comes no further for so long has failed.
const PATIENCE: Duration = Duration::from_mins(2);
const LOOK: Duration = Duration::from_millis(200);

pub async fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let began = Instant::now();
    let archive = arguments.source.open(settings)?;
    let taken_at = archive.manifest.taken_at;
    let scratch = Scratch::make(arguments.scratch.as_ref(), settings).await?;
    let rehearsed = rehearse(archive, &scratch, settings).await;
    let dropped = scratch.drop_all().await;
    let (events, keys) = rehearsed.context("the drill failed: this backup does not restore")?;
    dropped?;
    let seconds = began.elapsed().as_secs();
    let drilled = Drilled { taken_at, events, keys, projections: PROJECTIONS.len(), seconds };
    arguments.metrics.write(&[
        (
            "backup_drilled_taken_timestamp_seconds",
            "When the backup was taken that a drill restored last, since 1970",
            taken_at.as_second(),
        ),
        (
            "backup_drill_duration_seconds",
            "What that drill took",
            seconds.try_into().unwrap_or(i64::MAX),
        ),
    ])?;
    if arguments.json {
        return show::say(serde_json::to_string(&drilled)?).map_err(Into::into);
    }
    show::say(format_args!(
        "The backup of {taken_at} restores: {events} events, each as in the live log; {keys} keys, none missing; \
         {} read models built of it. {seconds} s.",
        drilled.projections,
    ))?;
    Ok(())
}

async fn rehearse(
    archive: backup::Archive,
    scratch: &Scratch,
    live: &Settings,
) -> anyhow::Result<(u64, u64)> {
    let settings = scratch.settings(live);
    let position = archive.manifest.position;
    let Brought { log, copied, keys, said, .. } = bring_back(archive, &settings).await?;
    let events = copied.found + copied.copied;

    let source = Log::connect(&live.event_store_url, "EVENT_STORE_URL").await?;
    let compared = copy_log(&source.store, &log.store, Some(position)).await;
    let compared = compared.context("what was restored is not what the live log holds")?;
    if 0 < compared.copied {
        bail!("{} events of the live log up to position {position} are not in it", compared.copied);
    }

    let mut findings = check::compare(&said, &keys).await?;
    // The vault was copied after the log: whose keys were destroyed in between has no event here, and is no fault.
    findings.unknown_to_the_log.clear();
    if let Some(fault) = findings.faults().first() {
        bail!("{} {}", fault.says, fault.next);
    }
    build(settings).await?;
    Ok((events, findings.keys))
}

/// Every read model, of what was restored.
async fn build(settings: Settings) -> anyhow::Result<()> {
    migrations::on("--scratch", &settings.read_database_url, &migrations::READ).await?;
    migrations::on("--scratch", &settings.edge_database_url, &migrations::EDGE).await?;
    let shutdown = Shutdown::new();
    let read = postgres::pool(&settings.read_database_url, CONNECTIONS)?;
    let platform = Platform::start(settings, shutdown.clone()).await?;
    let projector = tokio::spawn(projector::run(platform.clone()));
    let built = until_built(&read, &platform).await;
    shutdown.cancel();
    projector.await??;
    built
}

async fn until_built(read: &PgPool, platform: &Platform) -> anyhow::Result<()> {
    let head = platform.store.head().await?;
    let bar = walk::bar(head * PROJECTIONS.len() as u64, "building");
    let (mut reached, mut moved) = (0, Instant::now());
    loop {
        let listed = status::list(read, &platform.store, platform.log).await?;
        if let Some(it) = listed.iter().find(|it| it.last_error.is_some() || 0 < it.parked) {
            let why = it.last_error.as_deref().unwrap_or("an event cannot be applied");
            bail!("{} cannot be built: {why}", it.name);
        }
        let now: u64 = listed.iter().map(|it| it.position).sum();
        bar.set_position(now);
        if listed.len() == PROJECTIONS.len() && listed.iter().all(|it| it.position == head) {
            bar.finish_and_clear();
            return Ok(());
        }
        if reached < now {
            (reached, moved) = (now, Instant::now());
        }
        if PATIENCE < moved.elapsed() {
            bail!(
                "the read models come no further than {now} of {}",
                head * PROJECTIONS.len() as u64
            );
        }
        tokio::time::sleep(LOOK).await;
    }
}

impl Scratch {
    async fn make(url: Option<&SecretString>, settings: &Settings) -> anyhow::Result<Self> {
        let url = url.unwrap_or(&settings.read_database_url).clone();
        let server = postgres::pool(&url, 1).context("--scratch is not a Postgres URL")?;
        postgres::reachable(&server, "--scratch").await?;
        let drill = runtime::ids::new().simple().to_string();
        let name = |it: &&str| format!("courtside_drill_{drill}_{it}");
        let names: Vec<String> = ["log", "vault", "read", "edge"].iter().map(name).collect();
        let parsed = Url::parse(url.expose_secret()).ok().context("--scratch is not a URL")?;
        let scratch = Self { server, url: parsed, names };
        for it in &scratch.names {
            let made = sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {it}")));
            if let Err(error) = made.execute(&scratch.server).await {
                scratch.drop_all().await?;
                return Err(error).context(
                    "no database can be made for the drill: name a server with --scratch whose role has CREATEDB",
                );
            }
        }
        Ok(scratch)
    }

    fn settings(&self, live: &Settings) -> Settings {
        let url = |at: usize| -> SecretString {
            let mut url = self.url.clone();
            url.set_path(&self.names[at]);
            String::from(url).into()
        };
        let mut settings = live.clone();
        settings.event_store_url = url(0);
        settings.vault_database_url = url(1);
        settings.read_database_url = url(2);
        settings.edge_database_url = url(3);
        settings
    }

    async fn drop_all(&self) -> anyhow::Result<()> {
        for it in &self.names {
            let dropped = format!("DROP DATABASE IF EXISTS {it} WITH (FORCE)");
            let dropped = sqlx::query(AssertSqlSafe(dropped)).execute(&self.server).await;
            dropped.with_context(|| format!("the database {it} is left over: drop it"))?;
        }
        Ok(())
    }
}
