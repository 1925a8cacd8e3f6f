//! `courtside audit retain`: what the scheduler does every hour, now.
use anyhow::Context;
use clap::Args;
use domain::logins::quarter;
use domain::retention::{Retention as Ended, STREAM};
use runtime::{Platform, Settings, Shutdown};
use scheduler::retention::Retention;
use scheduler::retention::metrics::RetentionMetrics;

use crate::events::{show, walk};
use crate::vault;

#[derive(Args)]
pub struct Arguments {
    /// Says how many keys would be destroyed, and destroys none.
    #[arg(long)]
    dry_run: bool,
}

pub async fn run(
    arguments: &Arguments,
    settings: Settings,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let vault = vault::open(&settings).await?;
    // By the clock of the log's database: a machine that is wrong about the year would destroy too much, for ever.
    let platform = Platform::start(settings, shutdown).await?;
    let retention = Retention {
        executor: platform.executor.clone(),
        vault: vault.clone(),
        clock: platform.clock.clone(),
        days: platform.settings.audit_pii_retention_days,
        metrics: RetentionMetrics::default(),
    };
    let ended = platform.executor.load::<Ended>(STREAM).await.context("the log cannot be read")?;
    let before = retention.kept_from(&ended.state, platform.clock.now());
    let due = vault.count_parts_before(&quarter(before)).await.context("the vault refused")?;
    let all: u64 = due.iter().map(|it| it.1).sum();
    show::say(format_args!("kept from {before} on (AUDIT_PII_RETENTION_DAYS={})", retention.days))?;
    let verb = if arguments.dry_run { "would be" } else { "are" };
    for (quarter, keys) in &due {
        show::say(format_args!("{quarter}: {keys} keys {verb} destroyed"))?;
    }
    if arguments.dry_run {
        show::say(format_args!("{all} keys; nothing was done"))?;
        return Ok(());
    }
    let bar = walk::bar(all, "destroying");
    let ending = end(&retention, &bar).await;
    bar.finish_and_clear();
    ending.context("not all of it was done; run it again, it goes on where it was")?;
    show::say(format_args!("{all} keys are destroyed, and the log says so"))?;
    Ok(())
}

/// The last wait is for processes that have a key in memory: a dozen seconds.
async fn end(retention: &Retention, bar: &indicatif::ProgressBar) -> anyhow::Result<()> {
    loop {
        let wait = retention.round().await.map_err(anyhow::Error::from_boxed)?;
        bar.set_position(retention.metrics.destroyed());
        let Some(wait) = wait else { return Ok(()) };
        bar.set_message("waiting until nobody has one in memory");
        tokio::time::sleep(wait).await;
    }
}
