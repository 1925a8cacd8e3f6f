//! `courtside demo clock`: what takes hours, watched in seconds.
use std::str::FromStr;

use anyhow::{Context, bail};
use jiff::{SignedDuration, Span, SpanRelativeTo};
use runtime::clock::{DemoClock, LOOK_EVERY};
use runtime::{Clock, Settings, postgres};
use serde_json::json;

#[derive(clap::Args)]
pub struct Options {
    /// How far to move it on: +20m, +2h, "1d 6h". Without, it says the time.
    #[arg(allow_hyphen_values = true, value_name = "SPAN")]
    by: Option<By>,
    #[arg(long)]
    json: bool,
}

/// A day is 24 hours.
#[derive(Clone, Copy)]
struct By(SignedDuration);

impl FromStr for By {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let span: Result<Span, _> = text.trim_start_matches('+').parse();
        let span = span.and_then(|it| it.to_duration(SpanRelativeTo::days_are_24_hours()));
        span.map(Self)
            .map_err(|_| format!("{text:?} is no span of time, as +20m, +2h or \"1d 6h\""))
    }
}

pub async fn run(options: &Options, settings: &Settings) -> anyhow::Result<()> {
    let Some(demo) = DemoClock::of(settings) else {
        let state = settings.state_dir.display();
        bail!(
            "there is no demo in {state}: start one with `ops/up`, and say this in the same folder"
        );
    };
    let ahead = match options.by {
        Some(By(by)) => demo.move_on(by)?,
        None => demo.ahead()?,
    };
    let clock = Clock::new();
    let db = postgres::pool(&settings.edge_database_url, 1)?;
    clock
        .compare(&db)
        .await
        .context("the databases' clock cannot be asked: is the demo running?")?;
    let now = clock.now() + ahead;
    if options.by.is_some() {
        // So that whoever looks next sees it everywhere.
        tokio::time::sleep(LOOK_EVERY * 10).await;
    }
    if options.json {
        println!("{}", json!({ "now": now, "ahead_seconds": ahead.as_secs() }));
    } else if ahead.is_zero() {
        println!("in the demo it is {now:.0}, the true time");
    } else {
        println!("in the demo it is {now:.0}, {ahead:#} ahead of the true time");
    }
    Ok(())
}
