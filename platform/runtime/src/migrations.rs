//! Forward-only migrations, guarded by a lock that a killed runner cannot keep.
use std::borrow::Cow;

use secrecy::SecretString;
use sqlx::migrate::{Migrate, MigrateError, Migration, Migrator};
use sqlx::{Connection, PgConnection, PgPool};

use crate::{StartError, postgres};

/// The log's own tables.
pub use event_store::postgres::MIGRATOR as LOG;

/// Tables of the read database that belong to no projection.
pub static READ: Migrator = sqlx::migrate!("../../migrations/read");
pub static EDGE: Migrator = sqlx::migrate!("../../migrations/edge");

/// Waits for the server that `setting` names by `url`, applies what is missing there, and returns the names of that.
pub async fn on(
    setting: &str,
    url: &SecretString,
    migrator: &Migrator,
) -> Result<Vec<String>, StartError> {
    let unreadable = |it| StartError::new(format!("{setting} cannot be read: correct it."), it);
    let db = postgres::pool(url, 1).map_err(unreadable)?;
    postgres::reachable(&db, setting).await?;
    apply(&db, migrator).await.map_err(|it| StartError::new(failed(&it, setting, migrator), it))
}

/// What became of it, and what to do. Each migration is one transaction.
fn failed(error: &MigrateError, setting: &str, migrator: &Migrator) -> String {
    let named = |version: i64| {
        let known = migrator.iter().find(|it| it.version == version);
        known.map_or_else(|| version.to_string(), name)
    };
    match error {
        MigrateError::ExecuteMigration(_, version) => format!(
            "{} failed in the database of {setting} and changed nothing there; those before it stand. Mend the cause, and run courtside migrate again.",
            named(*version)
        ),
        MigrateError::VersionMismatch(version) => format!(
            "{} was applied to the database of {setting} in another shape: run the build that made it, or one later than that.",
            named(*version)
        ),
        _ => format!(
            "The database of {setting} cannot be migrated: see the cause, mend it, and run courtside migrate again."
        ),
    }
}

/// Applies what is missing and returns the names of what was applied.
///
/// What is applied and unknown here is a newer version's, and is left alone: two versions run side by side.
pub async fn apply(db: &PgPool, migrator: &Migrator) -> Result<Vec<String>, MigrateError> {
    // The lock belongs to the connection. One of its own, closed whatever happens, cannot take it back to the pool.
    let mut connection = db.acquire().await?.detach();
    let applied = apply_on(&mut connection, migrator).await;
    let _ = connection.close().await;
    applied
}

/// The names of what [`apply`] would apply. Changes nothing.
pub async fn pending(db: &PgPool, migrator: &Migrator) -> Result<Vec<String>, MigrateError> {
    Ok(standing(db, migrator).await?.pending)
}

/// What a database has of this build's migrations.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub pending: Vec<String>,
    /// Applied by a later build.
    pub unknown: Vec<i64>,
    /// Applied, and not as this build has them.
    pub changed: Vec<String>,
}

/// One migration, of this build or of a later one.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    pub version: i64,
    pub name: String,
    pub state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Applied,
    Pending,
    /// Applied, and not as this build has it.
    Changed,
    /// Applied by a later build.
    Unknown,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Changed => "changed",
            Self::Unknown => "unknown",
        }
    }
}

/// Compares a database with this build's migrations, by version. Changes nothing.
pub async fn steps(db: &PgPool, migrator: &Migrator) -> Result<Vec<Step>, MigrateError> {
    let is_there = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL");
    let is_there: bool = is_there.bind(&*migrator.table_name).fetch_one(db).await?;
    let mut done = Vec::new();
    if is_there {
        done = db.acquire().await?.list_applied_migrations(&migrator.table_name).await?;
    }
    let mut steps = Vec::new();
    for migration in migrator.iter() {
        let state = match done.iter().find(|it| it.version == migration.version) {
            Some(same) if same.checksum == migration.checksum => State::Applied,
            Some(_) => State::Changed,
            None => State::Pending,
        };
        steps.push(Step { version: migration.version, name: name(migration), state });
    }
    let is_unknown = |it: &i64| migrator.iter().all(|known| known.version != *it);
    for version in done.iter().map(|it| it.version).filter(is_unknown) {
        steps.push(Step { version, name: format!("{version:04}"), state: State::Unknown });
    }
    steps.sort_by_key(|it| it.version);
    Ok(steps)
}

/// The same, by what is not as it should be.
pub async fn standing(db: &PgPool, migrator: &Migrator) -> Result<Standing, MigrateError> {
    let mut standing = Standing::default();
    for Step { version, name, state } in steps(db, migrator).await? {
        match state {
            State::Applied => {}
            State::Pending => standing.pending.push(name),
            State::Changed => standing.changed.push(name),
            State::Unknown => standing.unknown.push(version),
        }
    }
    Ok(standing)
}

async fn apply_on(db: &mut PgConnection, migrator: &Migrator) -> Result<Vec<String>, MigrateError> {
    let table: &str = &migrator.table_name;
    // A server at work looks up for a client that is gone only where it is told to: without this, a runner that was killed
    // keeps the lock for as long as its statement takes, or waits. Some systems' servers cannot.
    let _ = sqlx::query("SET client_connection_check_interval = '2s'").execute(&mut *db).await;
    db.lock().await?;
    db.ensure_migrations_table(table).await?;
    let done = db.list_applied_migrations(table).await?;
    let mut applied = Vec::new();
    for migration in migrator.iter() {
        match done.iter().find(|it| it.version == migration.version) {
            Some(same) if same.checksum == migration.checksum => {}
            Some(_) => return Err(MigrateError::VersionMismatch(migration.version)),
            None => {
                db.apply(table, migration).await?;
                applied.push(name(migration));
            }
        }
    }
    Ok(applied)
}

fn name(migration: &Migration) -> String {
    let description: Cow<str> = migration.description.replace(' ', "_").into();
    format!("{:04}_{description}", migration.version)
}
