//! Tables that nobody will read any more.
use sqlx::{PgConnection, PgPool};

use super::switch::limit_locks;
use crate::builds::{self, Build};

/// Drops the builds of ended rebuilds, and old builds but the last of each projection, which is kept in case the new
/// one turns out wrong. What cannot be dropped now is dropped next time.
pub(super) async fn tidy(db: &PgPool) -> Result<(), sqlx::Error> {
    abandon(&mut *db.acquire().await?).await?;
    for it in sqlx::query_file!("src/rebuilds/useless.sql").fetch_all(db).await? {
        let build = Build::new(&it.projection, it.build);
        if let Err(error) = discard(db, &build).await {
            let Build { projection, number } = build;
            tracing::info!(
                projection,
                build = number,
                error = &error as &dyn std::error::Error,
                "a build is not dropped yet"
            );
        }
    }
    Ok(())
}

/// Gives up the builds of ended rebuilds.
pub(super) async fn abandon(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/rebuilds/abandon.sql").execute(db).await?;
    Ok(())
}

async fn discard(db: &PgPool, build: &Build) -> Result<(), sqlx::Error> {
    let mut tx = db.begin().await?;
    limit_locks(&mut tx).await?;
    builds::alone(&mut tx, &build.projection).await?;
    build.drop_tables(&mut tx).await?;
    sqlx::query_file!("src/rebuilds/dropped.sql", build.projection, build.number)
        .execute(&mut *tx)
        .await?;
    tx.commit().await
}
