//! `courtside migrate`: brings the four databases to this build's shape.
use anyhow::Context;
use runtime::{Settings, migrations, postgres};
use secrecy::{ExposeSecret, SecretString};
use sqlx::migrate::Migrator;

/// A database as its setting names it.
struct Database<'a> {
    name: &'static str,
    setting: &'static str,
    url: &'a SecretString,
    migrator: &'static Migrator,
}

/// Each database of ours, in the order they are brought up to date.
fn databases(settings: &Settings) -> Vec<Database<'_>> {
    let it = |name, setting, url, migrator| Database { name, setting, url, migrator };
    let mut all = vec![
        it("log", "EVENT_STORE_URL", &settings.event_store_url, &migrations::LOG),
        it("vault", "VAULT_DATABASE_URL", &settings.vault_database_url, &vault::MIGRATOR),
        it("read", "READ_DATABASE_URL", &settings.read_database_url, &migrations::READ),
        it("edge", "EDGE_DATABASE_URL", &settings.edge_database_url, &migrations::EDGE),
    ];
    // Another event store keeps its own house.
    all.retain(|it| it.url.expose_secret().starts_with("postgres"));
    all
}

pub async fn run(settings: &Settings, list: bool) -> anyhow::Result<()> {
    for Database { name, setting, url, migrator } in databases(settings) {
        let (verb, names) = if list {
            let db = postgres::pool(url, 1)?;
            postgres::reachable(&db, setting).await?;
            let pending = migrations::pending(&db, migrator).await;
            ("pending", pending.with_context(|| format!("the {name} database cannot be read"))?)
        } else {
            ("applied", migrations::on(setting, url, migrator).await?)
        };
        match names.as_slice() {
            [] => println!("{name}: nothing {verb}"),
            names => names.iter().for_each(|it| println!("{name}: {verb} {it}")),
        }
    }
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
            tracing::info!(database = name, migration, "migrated");
        }
    }
    Ok(())
}
