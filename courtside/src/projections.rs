//! `courtside projections`: for operators.
mod parked;
mod plan;
mod reset;
mod verify;

use std::time::Duration;

use anyhow::{Context, bail};
use clap::Subcommand;
use comfy_table::{CellAlignment, Table, presets::NOTHING};
use domain::projections::{
    How, MAX_WORKERS, ProjectionCommand, ProjectionRejection, ProjectionState, stream,
};
use event_store::{ExecuteError, Metadata};
use indicatif::{ProgressBar, ProgressStyle};
use projector::status::{ProjectionStatus, RebuildProgress};
use runtime::{Platform, Settings, Shutdown, ids, postgres};
use sqlx::PgPool;
use uuid::Uuid;

#[derive(Subcommand)]
pub enum Command {
    /// Shows every projection: its build, position and lag.
    List {
        #[arg(long)]
        json: bool,
    },
    /// Shows one projection.
    Status {
        name: String,
        #[arg(long)]
        json: bool,
    },
    /// Builds a projection anew beside the live one and switches to it; queries go on meanwhile.
    Rebuild {
        name: String,
        /// Asks for the rebuild and does not wait for its end.
        #[arg(long, conflicts_with = "dry_run")]
        detach: bool,
        /// How many share the work, by what the rows belong to: 1 to 8. As many as the database's server has cores to spare.
        #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "dry_run")]
        #[arg(value_parser = clap::value_parser!(u8).range(1..=i64::from(MAX_WORKERS)))]
        parallel: u8,
        /// Says what would be done, and does nothing.
        #[arg(long)]
        dry_run: bool,
        /// Of the dry run.
        #[arg(long, requires = "dry_run")]
        json: bool,
    },
    /// Builds a projection anew and compares it with the live build where both are at one position. It is switched to if
    /// they are the same; else the differences are shown, and it stands until they are accepted or it is aborted.
    Verify {
        name: String,
        /// Switches to the new build even where it differs; of one that stands already, now that its differences are known.
        #[arg(long)]
        accept: bool,
        /// How many share the work, by what the rows belong to: 1 to 8.
        #[arg(long, value_name = "N", default_value_t = 1)]
        #[arg(value_parser = clap::value_parser!(u8).range(1..=i64::from(MAX_WORKERS)))]
        parallel: u8,
    },
    /// Ends a rebuild that is under way; the live build was never touched.
    Abort {
        name: String,
        /// Why, for whoever looks later. Recorded for ever: no personal data.
        #[arg(long, default_value = "an operator ended it")]
        reason: String,
    },
    /// Lets a projection rest: it neither follows nor is rebuilt until it is resumed, and shows what it has.
    Pause {
        name: String,
        /// Why, for whoever looks later. Recorded for ever: no personal data.
        #[arg(long)]
        reason: String,
    },
    /// Lets a paused projection go on from where it is.
    Resume { name: String },
    /// Drops the build that was live before; it is kept in case the present one turns out wrong.
    DropOld { name: String },
    /// Events that could not be applied: what they are, and what to do about each.
    #[command(subcommand)]
    Parked(parked::Command),
    /// Forgets what is of another log, so that it is made anew from the beginning of this one: after the log was
    /// restored or exchanged.
    Reset(reset::Arguments),
}

pub async fn run(command: Command, settings: Settings, shutdown: Shutdown) -> anyhow::Result<()> {
    let platform = Platform::start(settings, shutdown).await?;
    let db = postgres::pool(&platform.settings.read_database_url, 2)?;
    match command {
        Command::List { json } => {
            show(projector::status::list(&db, &platform.store, platform.log).await?, json)?;
            reset::advise(&db, &platform).await
        }
        Command::Status { name, json } => {
            known(&name)?;
            let mut all = projector::status::list(&db, &platform.store, platform.log).await?;
            all.retain(|it| it.name == name);
            show(all, json)
        }
        Command::Pause { name, reason } => {
            let reason = checked(&reason)?;
            ask(&platform, &name, ProjectionCommand::Pause { reason }, "is paused").await
        }
        Command::Resume { name } => {
            ask(&platform, &name, ProjectionCommand::Resume, "goes on").await
        }
        Command::DropOld { name } => {
            let told = "drops its former build as soon as nobody reads it";
            ask(&platform, &name, ProjectionCommand::DropOld, told).await
        }
        Command::Parked(command) => parked::run(command, &db, &platform).await,
        Command::Reset(arguments) => reset::run(&arguments, &db, &platform).await,
        Command::Abort { name, reason } => {
            known(&name)?;
            abort(&platform, &name, &reason).await
        }
        Command::Rebuild { name, dry_run: true, json, .. } => {
            known(&name)?;
            plan::show(&db, &platform, &name, json).await
        }
        Command::Verify { name, accept, parallel } => {
            known(&name)?;
            let id = verify::request(&platform, &name, parallel, accept).await?;
            watch(&db, &platform, &name, id).await
        }
        Command::Rebuild { name, detach, parallel, .. } => {
            known(&name)?;
            let how = How { workers: parallel, ..How::default() };
            let id = request(&platform, &name, how, false).await?;
            if detach {
                println!(
                    "rebuild {id} of {name} requested; see `courtside projections status {name}`"
                );
                return Ok(());
            }
            watch(&db, &platform, &name, id).await
        }
    }
}

fn known(name: &str) -> anyhow::Result<()> {
    if !domain::projections::PROJECTIONS.contains(&name) {
        bail!(
            "there is no projection {name:?}; there are {}",
            domain::projections::PROJECTIONS.join(", ")
        );
    }
    Ok(())
}

/// Asks for a rebuild as anybody does: by an event. A rebuild already running is watched instead of started twice.
async fn request(platform: &Platform, name: &str, how: How, accepts: bool) -> anyhow::Result<Uuid> {
    let id = ids::new();
    let meta = Metadata::new(id, platform.clock.now()).actor("cli");
    let command = ProjectionCommand::RequestRebuild { rebuild: id, how, accepts };
    match platform.executor.execute::<ProjectionState>(&stream(name), command, &meta).await {
        Ok(_) => Ok(id),
        Err(ExecuteError::Rejected {
            rejection: ProjectionRejection::RebuildRunning { rebuild },
            ..
        }) => {
            eprintln!("{name} is already being rebuilt ({rebuild}); watching that one");
            Ok(rebuild)
        }
        Err(error) => Err(error).context("the rebuild could not be requested"),
    }
}

async fn abort(platform: &Platform, name: &str, reason: &str) -> anyhow::Result<()> {
    let reason = checked(reason)?;
    let loaded = platform.executor.load::<ProjectionState>(&stream(name)).await?;
    let Some(rebuild) = loaded.state.running else {
        bail!("{name} is not being rebuilt: nothing to end");
    };
    let command = ProjectionCommand::Abort { rebuild, reason };
    ask(platform, name, command, "is not rebuilt any more; the live build was not touched").await
}

/// Records what an operator wants, and says it.
async fn ask(
    platform: &Platform,
    name: &str,
    command: ProjectionCommand,
    told: &str,
) -> anyhow::Result<()> {
    known(name)?;
    let meta = Metadata::new(ids::new(), platform.clock.now()).actor("cli");
    match platform.executor.execute::<ProjectionState>(&stream(name), command, &meta).await {
        Ok(done) => {
            let already = if done.appended.is_empty() { ", as the log says already" } else { "" };
            println!("{name} {told}{already}");
            Ok(())
        }
        Err(ExecuteError::Rejected { rejection, .. }) => bail!("{name}: {rejection}"),
        Err(error) => Err(error).context("nothing was recorded that is known of"),
    }
}

fn checked(reason: &str) -> anyhow::Result<String> {
    if let Some(it) = command_api::reason::fault(reason) {
        bail!("--reason: {}", it.what);
    }
    Ok(reason.trim().to_owned())
}

/// How often the bar looks at the rows it is drawn from.
const FRAME: Duration = Duration::from_millis(100);
/// Without a projector nobody takes the request; say so after this long.
const UNTAKEN: Duration = Duration::from_secs(10);

async fn watch(db: &PgPool, platform: &Platform, name: &str, id: Uuid) -> anyhow::Result<()> {
    let style = ProgressStyle::with_template(
        "{msg:>24} [{wide_bar}] {human_pos}/{human_len} events, {per_sec}, {eta} left",
    )?;
    let bar = ProgressBar::new(0).with_style(style).with_message(format!("rebuilding {name}"));
    let asked = tokio::time::Instant::now();
    let mut told = false;
    loop {
        let progress = projector::status::rebuild(db, id).await?;
        if let Some(it) = &progress {
            draw(&bar, it);
        }
        match progress.as_ref().map(|it| it.state.as_str()) {
            Some("switched") => {
                bar.finish_and_clear();
                let it = progress.as_ref().context("a rebuild has progress")?;
                if let Some(differences) = &it.differences {
                    verify::show(differences);
                }
                println!(
                    "{name}: build {} is live, made from {} events",
                    it.build.unwrap_or_default(),
                    it.done
                );
                return Ok(());
            }
            Some("differs") => {
                bar.finish_and_clear();
                verify::show(
                    progress.as_ref().and_then(|it| it.differences.as_deref()).unwrap_or_default(),
                );
                bail!(
                    "the new build of {name} is not switched to, and stands beside the live one: \
                     `courtside projections verify {name} --accept` switches, `courtside projections abort {name}` drops it"
                );
            }
            Some("aborted" | "failed") => {
                bar.abandon();
                let why = progress
                    .and_then(|it| it.error)
                    .unwrap_or_else(|| "no reason was given".to_owned());
                bail!(
                    "the rebuild of {name} ended without a switch: {why}. The live build was not touched"
                );
            }
            Some("requested") | None if !told && UNTAKEN < asked.elapsed() => {
                told = true;
                bar.println(
                    "no projector has taken the request yet: is `courtside projector` running?",
                );
            }
            _ => {}
        }
        tokio::select! {
            () = tokio::time::sleep(FRAME) => {}
            _ = tokio::signal::ctrl_c() => {
                bar.abandon();
                println!("the rebuild goes on without this window: `courtside projections status {name}`");
                return Ok(());
            }
            () = platform.shutdown.cancelled() => return Ok(()),
        }
    }
}

fn draw(bar: &ProgressBar, progress: &RebuildProgress) {
    bar.set_length(u64::try_from(progress.total).unwrap_or_default());
    bar.set_position(u64::try_from(progress.done).unwrap_or_default());
}

fn show(projections: Vec<ProjectionStatus>, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(&projections)?);
        return Ok(());
    }
    if projections.is_empty() {
        println!("no projection was built yet: is `courtside projector` running?");
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(NOTHING).set_header([
        "PROJECTION",
        "BUILD",
        "POSITION",
        "LAG",
        "STATE",
        "PARKED",
        "REBUILD",
    ]);
    for status in projections {
        let rebuild = status.rebuild.as_ref().map_or_else(String::new, |it| {
            let build = it.build.unwrap_or_default();
            if it.state == "differs" {
                format!("build {build} differs: see `courtside projections verify {}`", status.name)
            } else {
                format!("build {build}: {} of {} events", it.done, it.total)
            }
        });
        table.add_row([
            status.name,
            status.build.to_string(),
            status.position.to_string(),
            status.lag_events.to_string(),
            status.state,
            if status.parked == 0 {
                String::new()
            } else {
                format!("{} and {} behind", status.parked, status.behind)
            },
            rebuild,
        ]);
    }
    for column in 1..=3 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!("{table}");
    Ok(())
}
