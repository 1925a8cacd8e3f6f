//! `courtside maintenance`: no commands while somebody works, and nobody loses a hold by it.
use std::str::FromStr;

use access::maintenance::LOOK_EVERY;
use anyhow::{Context, bail};
use clap::Subcommand;
use domain::maintenance::{Maintenance, MaintenanceCommand, Pause, STREAM};
use event_store::{ExecuteError, Metadata};
use jiff::{SignedDuration, Timestamp};
use runtime::{Platform, Settings, Shutdown, ids, postgres};
use scheduler::timers::resume::{NotResumed, Resume};
use serde_json::json;

use crate::events::walk::bar;

#[derive(Subcommand)]
pub enum Command {
    /// Has every instance answer commands with 503 and the reason. Reads, logins and operators' work go on, and no hold ends.
    /// Said again, it changes the reason and the end that people are told.
    On {
        /// What people are told.
        #[arg(long)]
        reason: String,
        /// When it will be over, as far as you know: a moment (RFC 3339) or a span from now (30m, 2h). It ends with `off`.
        #[arg(long, value_name = "WHEN")]
        until: Option<When>,
    },
    /// Gives every hold the time back that it had when maintenance began, and then takes commands again.
    Off {
        /// Does not wait for a scheduler: holds end when they would have ended without maintenance.
        #[arg(long)]
        holds_as_they_are: bool,
    },
    /// Says whether it is on.
    Show {
        #[arg(long)]
        json: bool,
    },
}

const ACTOR: &str = "cli";

pub async fn run(command: Command, settings: Settings, shutdown: Shutdown) -> anyhow::Result<()> {
    let platform = Platform::start(settings, shutdown).await?;
    match command {
        Command::On { reason, until } => on(&platform, reason, until).await,
        Command::Off { holds_as_they_are } => off(&platform, holds_as_they_are).await,
        Command::Show { json } => show(&platform, json).await,
    }
}

async fn on(platform: &Platform, reason: String, until: Option<When>) -> anyhow::Result<()> {
    let at = platform.clock.now();
    let until = until.map(|it| it.after(at));
    decide(platform, MaintenanceCommand::Begin { reason, until, at }).await?;
    // A command that was let in before takes as long as the longest request, but every new one is refused by now.
    tokio::time::sleep(LOOK_EVERY * 2).await;
    println!("maintenance is on: no command is taken, and no hold ends");
    println!("`courtside maintenance off` ends it");
    Ok(())
}

async fn off(platform: &Platform, holds_as_they_are: bool) -> anyhow::Result<()> {
    let Some(Pause { since, .. }) = now(platform).await? else {
        println!("maintenance is not on");
        return Ok(());
    };
    let mut resumed = 0;
    if !holds_as_they_are {
        resumed = resume_all(platform, since).await?;
    }
    decide(platform, MaintenanceCommand::End).await?;
    println!("maintenance is over: commands are taken again within a second");
    match resumed {
        0 => println!("no hold had to be given time back"),
        1 => println!("one hold has the time back that it had"),
        _ => println!("{resumed} holds have the time back that they had"),
    }
    Ok(())
}

async fn resume_all(platform: &Platform, since: Timestamp) -> anyhow::Result<usize> {
    let resume = Resume {
        db: postgres::pool(&platform.settings.read_database_url, 1)?,
        executor: platform.executor.clone(),
        log: platform.log,
        clock: platform.clock.clone(),
    };
    let open = resume.holds(since, &platform.shutdown).await.map_err(|error| match error {
        NotResumed::Behind => anyhow::Error::new(error)
            .context("start a scheduler, or give `--holds-as-they-are`; maintenance is still on"),
        error => error.into(),
    })?;
    let bar = bar(open.len() as u64, "holds");
    let resumed = resume.all(open, since, ACTOR, || bar.inc(1)).await;
    bar.finish_and_clear();
    resumed.context("maintenance is still on; run it again, it goes on where it was")
}

async fn show(platform: &Platform, as_json: bool) -> anyhow::Result<()> {
    let pause = now(platform).await?;
    if as_json {
        let pause =
            pause.map(|it| json!({ "since": it.since, "until": it.until, "reason": it.reason }));
        println!("{}", serde_json::to_string_pretty(&json!({ "maintenance": pause }))?);
        return Ok(());
    }
    let Some(Pause { since, until, reason }) = pause else {
        println!("maintenance is not on");
        return Ok(());
    };
    let until =
        until.map_or("until it is ended".to_owned(), |it| format!("probably until {it:.0}"));
    println!("on since {since:.0}, {until}: {reason}");
    Ok(())
}

async fn now(platform: &Platform) -> anyhow::Result<Option<Pause>> {
    Ok(platform.executor.load::<Maintenance>(STREAM).await?.state.pause)
}

async fn decide(platform: &Platform, command: MaintenanceCommand) -> anyhow::Result<()> {
    let meta = Metadata::new(ids::new(), platform.clock.now()).actor(ACTOR);
    match platform.executor.execute::<Maintenance>(STREAM, command, &meta).await {
        Ok(_) => Ok(()),
        Err(ExecuteError::Rejected { rejection, .. }) => bail!(rejection),
        Err(error) => Err(error.into()),
    }
}

/// As it is typed.
#[derive(Clone, Copy)]
pub enum When {
    At(Timestamp),
    In(SignedDuration),
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let at = text.parse().map(Self::At);
        let after = || text.parse().map(Self::In);
        at.or_else(|_| after()).map_err(|_| {
            format!("{text:?} is neither a moment (2026-11-21T04:00:00Z) nor a span (30m, 2h)")
        })
    }
}

impl When {
    fn after(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::In(span) => now.checked_add(span).unwrap_or(Timestamp::MAX),
        }
    }
}
