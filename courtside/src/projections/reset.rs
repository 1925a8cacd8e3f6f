//! `courtside projections reset`: after the log was restored to an earlier point, or exchanged for another.
use std::io::IsTerminal;

use anyhow::{Context, bail};
use clap::Args;
use projector::status::ANOTHER_LOG;
use runtime::Platform;
use scheduler::reset::FOLLOWERS;
use sqlx::PgPool;

#[derive(Args)]
pub struct Arguments {
    /// Projections, `timers-4`, `outbox`, `leases`, `closures`, `offers`, `erasures` or `webhooks`; without any, those whose checkpoint is not
    /// of this log.
    #[arg(conflicts_with = "all")]
    names: Vec<String>,
    /// All of them, whatever their checkpoints say: a log that was restored may have outgrown them again.
    #[arg(long)]
    all: bool,
    /// Does not ask.
    #[arg(long)]
    yes: bool,
}

pub async fn run(arguments: &Arguments, db: &PgPool, platform: &Platform) -> anyhow::Result<()> {
    let names = chosen(arguments, db, platform).await?;
    if names.is_empty() {
        println!("every checkpoint is of this log: nothing is reset (--all would)");
        return Ok(());
    }
    let list = names.join(", ");
    if !arguments.yes && !agreed(&list)? {
        bail!("nothing was reset");
    }
    let Platform { store, log, .. } = platform;
    for name in &names {
        let done = if FOLLOWERS.contains(&name.as_str()) {
            scheduler::reset::reset(db, *log, name).await.map_err(anyhow::Error::from)
        } else {
            projector::reset::reset(db, store, *log, name).await.map_err(anyhow::Error::from)
        };
        done.with_context(|| format!("{name} is not reset"))?;
        println!("{name}: begins again at the first event of log {}", log.0);
    }
    println!("processes that were running when the log was exchanged have to be started again");
    Ok(())
}

async fn chosen(
    arguments: &Arguments,
    db: &PgPool,
    platform: &Platform,
) -> anyhow::Result<Vec<String>> {
    let all = || domain::projections::PROJECTIONS.into_iter().chain(FOLLOWERS);
    if let Some(unknown) = arguments.names.iter().find(|it| !all().any(|known| known == *it)) {
        let known: Vec<&str> = all().collect();
        bail!("there is no projection {unknown:?}; there are {}", known.join(", "));
    }
    if arguments.all {
        return Ok(all().map(str::to_owned).collect());
    }
    if arguments.names.is_empty() {
        return astray(db, platform).await;
    }
    Ok(arguments.names.clone())
}

/// Everything whose checkpoint is of another log, or beyond the end of this one.
async fn astray(db: &PgPool, platform: &Platform) -> anyhow::Result<Vec<String>> {
    let Platform { store, log, .. } = platform;
    let projections = projector::status::list(db, store, *log).await?;
    let projections = projections.into_iter().filter(|it| it.state == ANOTHER_LOG);
    let mut names: Vec<String> = projections.map(|it| it.name).collect();
    names.extend(scheduler::reset::astray(db, store, *log).await?);
    Ok(names)
}

/// Says below a list what has to be done, if anything has.
pub async fn advise(db: &PgPool, platform: &Platform) -> anyhow::Result<()> {
    let names = astray(db, platform).await?;
    if !names.is_empty() {
        eprintln!(
            "of another log, or of what this one was before it was restored: {}. \
             Run `courtside projections reset`",
            names.join(", ")
        );
    }
    Ok(())
}

fn agreed(list: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("this would reset {list}: say --yes");
    }
    eprintln!("This resets {list}: queries wait until a projector has made them anew. Type yes:");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}
