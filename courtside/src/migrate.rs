//! `courtside migrate`: brings the four databases to this build's shape, or says how far they are from it.
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use comfy_table::{Table, presets::NOTHING};
use runtime::migrations::{State, Step};
use runtime::{Settings, migrations, postgres};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sqlx::migrate::Migrator;

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "three of them exclude each other, as flags do")]
pub struct Options {
    /// Says what would be applied, and applies nothing.
    #[arg(long, group = "instead")]
    dry_run: bool,
    /// Lists every migration, applied or not, and applies nothing.
    #[arg(long, group = "instead")]
    list: bool,
    /// Fails unless every migration is applied as this build has it, and applies nothing.
    #[arg(long, group = "instead")]
    verify: bool,
    /// Of these databases alone, by commas.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Name>,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Name {
    Log,
    Vault,
    Read,
    Edge,
}

impl Name {
    fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Vault => "vault",
            Self::Read => "read",
            Self::Edge => "edge",
        }
    }
}

/// A database as its setting names it.
struct Database<'a> {
    name: Name,
    setting: &'static str,
    url: &'a SecretString,
    migrator: &'static Migrator,
}

/// A migration as it is told.
#[derive(Serialize)]
struct Row {
    database: &'static str,
    migration: String,
    state: &'static str,
}

/// Each database of ours, in the order they are brought up to date.
fn databases(settings: &Settings) -> Vec<Database<'_>> {
    let it = |name, setting, url, migrator| Database { name, setting, url, migrator };
    let mut all = vec![
        it(Name::Log, "EVENT_STORE_URL", &settings.event_store_url, &migrations::LOG),
        it(Name::Vault, "VAULT_DATABASE_URL", &settings.vault_database_url, &vault::MIGRATOR),
        it(Name::Read, "READ_DATABASE_URL", &settings.read_database_url, &migrations::READ),
        it(Name::Edge, "EDGE_DATABASE_URL", &settings.edge_database_url, &migrations::EDGE),
    ];
    // Another event store keeps its own house.
    all.retain(|it| it.url.expose_secret().starts_with("postgres"));
    all
}

pub async fn run(settings: &Settings, options: &Options) -> anyhow::Result<()> {
    let mut databases = databases(settings);
    databases.retain(|it| options.only.is_empty() || options.only.contains(&it.name));
    if databases.is_empty() {
        bail!("the log is no Postgres, and keeps its own house: there is nothing to migrate");
    }
    if !(options.dry_run || options.list || options.verify) {
        return apply(&databases, options.json).await;
    }
    let mut rows = Vec::new();
    let (mut pending, mut changed) = (0, 0);
    for it in &databases {
        for step in it.steps().await? {
            pending += usize::from(step.state == State::Pending);
            changed += usize::from(step.state == State::Changed);
            if options.list || step.state != State::Applied {
                rows.push(it.row(step.name, step.state.name()));
            }
        }
    }
    if options.dry_run {
        rows.retain(|it| it.state == State::Pending.name());
    }
    show(&rows, options.json)?;
    // What cannot be applied is no plan.
    if 0 < changed && !options.list {
        bail!(
            "{changed} were applied in another shape: run the build that made this database, or one later than it"
        );
    }
    if 0 < pending && options.verify {
        bail!("{pending} are not applied: run courtside migrate");
    }
    Ok(())
}

/// What was applied before one fails is told all the same.
async fn apply(databases: &[Database<'_>], json: bool) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    let mut outcome = Ok(());
    for it in databases {
        match migrations::on(it.setting, it.url, it.migrator).await {
            Ok(names) => rows.extend(names.into_iter().map(|name| it.row(name, "applied"))),
            Err(error) => {
                outcome = Err(error.into());
                break;
            }
        }
    }
    show(&rows, json)?;
    outcome
}

impl Database<'_> {
    async fn steps(&self) -> anyhow::Result<Vec<Step>> {
        let db = postgres::pool(self.url, 1)?;
        postgres::reachable(&db, self.setting).await?;
        let steps = migrations::steps(&db, self.migrator).await;
        steps.with_context(|| {
            format!(
                "the database of {} does not show what was applied: ask as its owner",
                self.setting
            )
        })
    }

    fn row(&self, migration: String, state: &'static str) -> Row {
        Row { database: self.name.name(), migration, state }
    }
}

fn show(rows: &[Row], json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(rows)?);
        return Ok(());
    }
    if rows.is_empty() {
        println!("there is nothing to apply");
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["DATABASE", "MIGRATION", "STATE"]);
    for it in rows {
        table.add_row([it.database, it.migration.as_str(), it.state]);
    }
    println!("{table}");
    Ok(())
}

/// The same at the start of a role, unless `RUN_MIGRATIONS` says otherwise: several processes may do it at once, and
/// all but one wait.
pub async fn on_boot(settings: &Settings) -> anyhow::Result<()> {
    if !settings.run_migrations {
        return Ok(());
    }
    for Database { name, setting, url, migrator } in databases(settings) {
        for migration in migrations::on(setting, url, migrator).await? {
            tracing::info!(database = name.name(), migration, "migrated");
        }
    }
    Ok(())
}
