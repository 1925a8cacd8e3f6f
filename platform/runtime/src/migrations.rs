//! Forward-only migrations, guarded by a lock that a killed runner cannot keep.
use sqlx::PgPool;
use sqlx::migrate::Migrator;

/// Tables of the read database that belong to no projection.
pub static READ: Migrator = sqlx::migrate!("../../migrations/read");
pub static EDGE: Migrator = sqlx::migrate!("../../migrations/edge");

/// Applies what is missing and returns the names of what was applied.
pub async fn apply(db: &PgPool, migrator: &Migrator) -> Result<Vec<String>, sqlx::migrate::MigrateError> {
    let _ = (db, migrator);
    unimplemented!("runtime helper")
}
