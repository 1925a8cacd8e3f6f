//! `courtside projections parked`: events that could not be applied, and what to do about each.
use anyhow::bail;
use clap::Subcommand;
use comfy_table::{CellAlignment, Table, presets::NOTHING};
use domain::projections::ProjectionCommand;
use projector::parked::{self, Behind, Parked};
use runtime::{Platform, ids};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

#[derive(Subcommand)]
pub enum Command {
    /// Lists what could not be applied: position, event and reason, and how many wait behind each.
    List {
        /// One projection; all of them without.
        name: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// Shows one parked event, what it says, and the positions of those that wait behind it.
    Show {
        name: String,
        event: Uuid,
        #[arg(long)]
        json: bool,
    },
    /// Has a parked event tried again, and what waits behind it: after what was wrong has been mended.
    Retry {
        name: String,
        #[arg(required_unless_present = "all")]
        event: Option<Uuid>,
        /// All that the live build has parked.
        #[arg(long, conflicts_with = "event")]
        all: bool,
    },
    /// Gives a parked event up, in this build and in every later one; what waits behind it goes on.
    Skip {
        name: String,
        event: Uuid,
        /// Why, for whoever looks later. Recorded for ever: no personal data.
        #[arg(long)]
        reason: String,
    },
}

/// As many as a person reads.
const SHOWN_BEHIND: i64 = 1000;

pub async fn run(command: Command, db: &PgPool, platform: &Platform) -> anyhow::Result<()> {
    match command {
        Command::List { name, json } => {
            if let Some(name) = &name {
                super::known(name)?;
            }
            list(&parked::list(db, name.as_deref()).await?, json)
        }
        Command::Show { name, event, json } => {
            super::known(&name)?;
            for it in find(db, &name, event).await? {
                show(it, db, json).await?;
            }
            Ok(())
        }
        Command::Retry { name, event: Some(event), .. } => {
            super::known(&name)?;
            find(db, &name, event).await?;
            retry(platform, &name, event).await
        }
        Command::Retry { name, event: None, .. } => {
            super::known(&name)?;
            let parked = parked::list(db, Some(&name)).await?;
            let parked: Vec<Parked> = parked.into_iter().filter(|it| it.is_live).collect();
            if parked.is_empty() {
                println!("{name}: nothing is parked");
            }
            for it in parked {
                retry(platform, &name, it.event).await?;
            }
            Ok(())
        }
        Command::Skip { name, event, reason } => {
            super::known(&name)?;
            let reason = super::checked(&reason)?;
            find(db, &name, event).await?;
            let skip = ProjectionCommand::Skip { event, reason, is_parked: true };
            super::ask(platform, &name, skip, &format!("goes on without event {event}")).await
        }
    }
}

async fn find(db: &PgPool, name: &str, event: Uuid) -> anyhow::Result<Vec<Parked>> {
    let found = parked::find(db, name, event).await?;
    if found.is_empty() {
        bail!(
            "{name} has no event {event} parked (what only waits behind one is not): \
             see `courtside projections parked list {name}`"
        );
    }
    Ok(found)
}

async fn retry(platform: &Platform, name: &str, event: Uuid) -> anyhow::Result<()> {
    let command = ProjectionCommand::Retry { retry: ids::new(), event, is_parked: true };
    super::ask(platform, name, command, &format!("tries event {event} again")).await
}

fn list(parked: &[Parked], json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(parked)?);
        return Ok(());
    }
    if parked.is_empty() {
        println!("nothing is parked");
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(NOTHING).set_header([
        "PROJECTION",
        "BUILD",
        "POSITION",
        "EVENT",
        "KIND",
        "BEHIND",
        "REASON",
    ]);
    for it in parked {
        let build = if it.is_live { it.build.to_string() } else { format!("{} (ended)", it.build) };
        table.add_row([
            it.projection.clone(),
            build,
            it.position.to_string(),
            it.event.to_string(),
            it.kind.clone(),
            it.behind.to_string(),
            it.error.clone(),
        ]);
    }
    for column in [1, 2, 5] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!("{table}");
    Ok(())
}

/// Everything that is known of one.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    parked: Parked,
    data: Value,
    waiting: Vec<Behind>,
}

async fn show(parked: Parked, db: &PgPool, json: bool) -> anyhow::Result<()> {
    let data = parked.data(db).await?.unwrap_or_default();
    // What is not JSON may be just what is wrong with it.
    let text = || Value::from(String::from_utf8_lossy(&data).into_owned());
    let data = serde_json::from_slice(&data).unwrap_or_else(|_| text());
    let waiting = parked.behind(db, SHOWN_BEHIND).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&Shown { parked, data, waiting })?);
        return Ok(());
    }
    let Parked {
        projection, build, position, event, stream, kind, error, parked_at, behind, ..
    } = &parked;
    println!("{projection}, build {build}: event {event} at {position} cannot be applied");
    println!("  {kind} of {stream}, parked {parked_at}");
    println!("  {error}");
    println!("  {data}");
    println!("  {behind} wait behind it");
    for it in waiting {
        println!("  {:>12}  {}  {}", it.position, it.event, it.kind);
    }
    Ok(())
}
