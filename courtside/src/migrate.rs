//! `courtside migrate`: brings the four databases to this build's shape.
use anyhow::Context;
use runtime::{Settings, migrations, postgres};
use secrecy::SecretString;
use sqlx::migrate::Migrator;

/// Each database with its migrations, in the order they are applied.
fn databases(settings: &Settings) -> [(&'static str, &SecretString, &'static Migrator); 4] {
    [
        ("log", &settings.event_store_url, &migrations::LOG),
        ("vault", &settings.vault_database_url, &vault::MIGRATOR),
        ("read", &settings.read_database_url, &migrations::READ),
        ("edge", &settings.edge_database_url, &migrations::EDGE),
    ]
}

pub async fn run(settings: &Settings, list: bool) -> anyhow::Result<()> {
    for (name, url, migrator) in databases(settings) {
        let db = postgres::pool(url, 1)?;
        let names = if list {
            migrations::pending(&db, migrator).await
        } else {
            migrations::apply(&db, migrator).await
        };
        let names = names.with_context(|| format!("the {name} database cannot be migrated"))?;
        let verb = if list { "pending" } else { "applied" };
        match names.as_slice() {
            [] => println!("{name}: nothing {verb}"),
            names => names.iter().for_each(|it| println!("{name}: {verb} {it}")),
        }
    }
    Ok(())
}

/// The same at the start of a role: several processes may do it at once, and all but one wait.
pub async fn on_boot(settings: &Settings) -> anyhow::Result<()> {
    for (name, url, migrator) in databases(settings) {
        let db = postgres::pool(url, 1)?;
        let applied = migrations::apply(&db, migrator).await.map_err(|error| {
            runtime::StartError::new(format!("the {name} database cannot be migrated"), error)
        })?;
        for migration in applied {
            tracing::info!(database = name, migration, "migrated");
        }
    }
    Ok(())
}
