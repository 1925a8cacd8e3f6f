//! `courtside events copy`: moves the log to another store. With `execute`, the only one that appends.
use std::sync::Mutex;

use anyhow::{Context, bail};
use clap::Args;
use event_store::copy::{Copied, Copy, CopyError, Stage};
use event_store::{Position, Store};
use indicatif::ProgressBar;
use runtime::{Clock, Settings, ids, migrations};
use secrecy::SecretString;
use serde::Serialize;
use uuid::Uuid;

use super::log::Log;
use super::{show, walk};

#[derive(Args)]
pub struct Arguments {
    /// The log to copy; it is only read. [default: EVENT_STORE_URL]
    #[arg(long, value_name = "URL")]
    from: Option<SecretString>,
    /// Where to: an empty store, or one with an interrupted copy of this log. Whoever looks at the processes of this
    /// machine sees it here; the variable is not shown.
    #[arg(long, value_name = "URL", env = "EVENT_STORE_COPY_URL", hide_env_values = true)]
    to: SecretString,
    /// The source's writers are stopped: done only if the source has not grown meanwhile.
    #[arg(long = "final")]
    last: bool,
    /// One JSON object at the end.
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub fn urls(&self) -> Vec<&SecretString> {
        self.from.iter().chain([&self.to]).collect()
    }
}

#[derive(Serialize)]
struct Summary {
    log: Uuid,
    found: u64,
    copied: u64,
    streams: usize,
    fingerprint: String,
    position: Position,
    /// The source stood still, and somebody said that it does.
    complete: bool,
}

pub async fn run(arguments: Arguments, settings: &Settings) -> anyhow::Result<()> {
    let source = match &arguments.from {
        Some(url) => Log::connect(url, "--from").await?,
        None => Log::connect(&settings.event_store_url, "EVENT_STORE_URL").await?,
    };
    let target = Log::connect(&arguments.to, "--to").await?;
    if target.postgres.is_some() {
        let applied = migrations::on("--to", &arguments.to, &migrations::LOG).await?;
        for it in applied {
            eprintln!("--to: applied {it}");
        }
    }
    let copied = copy_log(&source.store, &target.store, None).await.context("not copied")?;
    if arguments.last && !copied.stood_still {
        bail!(
            "the source has grown since the copy began: its writers are not stopped. \
             What was copied stands; stop them and run this again"
        );
    }
    tell(copied, &arguments)
}

/// With a bar for each stage.
pub async fn copy_log(
    source: &Store,
    target: &Store,
    until: Option<Position>,
) -> Result<Copied, CopyError> {
    let bars = Bars::default();
    let progress = |stage, done, all| bars.draw(stage, done, all);
    let copy = Copy { source, target, until, progress: &progress };
    let copied = copy.run(ids::new(), Clock::new().now()).await;
    bars.clear();
    copied
}

fn tell(copied: Copied, arguments: &Arguments) -> anyhow::Result<()> {
    let Copied { log, found, copied, streams, fingerprint, position, stood_still: _ } = copied;
    let (log, complete) = (log.0, arguments.last);
    let summary = Summary { log, found, copied, streams, fingerprint, position, complete };
    if arguments.json {
        show::say(serde_json::to_string(&summary)?)?;
        return Ok(());
    }
    let Summary { fingerprint, .. } = summary;
    show::say(format_args!(
        "copied {copied} events; {found} were there.\n\
         All {} events of {streams} streams are the same on both sides: SHA-256 {fingerprint}.\n\
         The copy is log {log}.",
        found + copied
    ))?;
    if complete {
        show::say(format_args!(
            "The source stood still at position {position}: the copy is complete. Point EVENT_STORE_URL at it, then \
             run `courtside projections reset`."
        ))?;
    } else {
        show::say(
            "This is a running copy: what is written meanwhile is not in it. Run it again at any time; at last, with \
             the writers stopped, with --final.",
        )?;
    }
    Ok(())
}

/// One bar at a time, for the stage that the copy is in.
#[derive(Default)]
struct Bars(Mutex<Option<(Stage, ProgressBar)>>);

impl Bars {
    fn draw(&self, stage: Stage, done: u64, all: u64) {
        let Ok(mut bar) = self.0.lock() else { return };
        if bar.as_ref().is_none_or(|it| it.0 != stage) {
            let doing = match stage {
                Stage::Comparing => "comparing",
                Stage::Copying => "copying",
                Stage::Verifying => "verifying",
            };
            if let Some((_, it)) = bar.replace((stage, walk::bar(all, doing))) {
                it.finish_and_clear();
            }
        }
        if let Some((_, it)) = bar.as_ref() {
            it.set_position(done);
        }
    }

    fn clear(&self) {
        if let Ok(Some((_, it))) = self.0.lock().as_deref() {
            it.finish_and_clear();
        }
    }
}
