//! Builds: the tables of a projection, each time in a schema of their own, so that a new one can be made beside
//! the one that queries read.
use event_store::{LogId, Position};
use runtime::follow::FollowError;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, PgTransaction};

use crate::parking;
use crate::projection::Projection;

/// One build of a projection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Build {
    pub projection: String,
    pub number: i32,
}

/// Where a build stands, as its row in `checkpoints` says.
pub(crate) struct Standing {
    pub log: LogId,
    pub position: Position,
}

impl Build {
    pub fn new(projection: &str, number: i32) -> Self {
        Self { projection: projection.to_owned(), number }
    }

    /// The name of its row in `checkpoints`.
    pub fn checkpoint(&self) -> String {
        format!("{}@{}", self.projection, self.number)
    }

    /// Where its tables are.
    pub fn schema(&self) -> String {
        format!("{}_b{}", self.projection, self.number)
    }

    /// Lets unqualified names mean this build's tables, until the transaction ends.
    pub async fn enter(&self, db: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query_file!("src/builds/enter.sql", self.path()).fetch_one(db).await?;
        Ok(())
    }

    /// The `search_path` of who is inside.
    pub fn path(&self) -> String {
        format!("{}, public", self.schema())
    }

    /// Locks the build's place in the log until the transaction ends: meanwhile nobody moves it.
    pub async fn lock(&self, db: &mut PgConnection) -> Result<Standing, sqlx::Error> {
        let row = sqlx::query_file!("src/builds/lock.sql", self.checkpoint()).fetch_one(db).await?;
        Ok(Standing { log: LogId(row.log_id), position: row.position.cast_unsigned() })
    }

    /// Moves a build that is locked.
    pub async fn move_to(&self, db: &mut PgConnection, to: Position) -> Result<(), sqlx::Error> {
        sqlx::query_file!("src/builds/move.sql", self.checkpoint(), to.cast_signed())
            .execute(db)
            .await?;
        Ok(())
    }

    /// Removes tables and checkpoint. A view that still stands on one of the tables makes this fail, not the view.
    pub async fn drop_tables(&self, db: &mut PgConnection) -> Result<(), sqlx::Error> {
        let tables = sqlx::query_file_scalar!("src/builds/tables.sql", self.schema())
            .fetch_one(&mut *db)
            .await?;
        if let Some(tables) = tables {
            sqlx::raw_sql(AssertSqlSafe(format!("DROP TABLE {tables}"))).execute(&mut *db).await?;
        }
        sqlx::raw_sql(AssertSqlSafe(format!("DROP SCHEMA IF EXISTS {}", self.schema())))
            .execute(&mut *db)
            .await?;
        let Self { projection, number } = self;
        sqlx::query_file!("src/builds/forget.sql", self.checkpoint(), projection, number)
            .execute(db)
            .await?;
        Ok(())
    }

    /// Makes the indexes that queries need. What a projector that died here had begun is made from the beginning.
    pub async fn index(
        &self,
        tx: &mut PgTransaction<'static>,
        projection: &dyn Projection,
    ) -> Result<(), sqlx::Error> {
        self.enter(tx).await?;
        sqlx::raw_sql(projection.indexes()).execute(&mut **tx).await?;
        Ok(())
    }

    /// Collects statistics on tables just filled; the planner would guess until autovacuum came by.
    pub async fn analyze(&self, db: &PgPool) -> Result<(), sqlx::Error> {
        let tables =
            sqlx::query_file_scalar!("src/builds/tables.sql", self.schema()).fetch_one(db).await?;
        if let Some(tables) = tables {
            sqlx::raw_sql(AssertSqlSafe(format!("ANALYZE {tables}"))).execute(db).await?;
        }
        Ok(())
    }
}

/// Makes the next build of a projection, empty and without what only queries need, and gives it a checkpoint before the
/// first event of `log`.
pub(crate) async fn make(
    tx: &mut PgTransaction<'static>,
    projection: &dyn Projection,
    log: LogId,
) -> Result<Build, sqlx::Error> {
    let number = sqlx::query_file_scalar!("src/builds/make.sql", projection.name())
        .fetch_one(&mut **tx)
        .await?;
    let build = Build::new(projection.name(), number);
    sqlx::query_file!("src/builds/begin.sql", build.checkpoint(), log.0).execute(&mut **tx).await?;
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA {}", build.schema())))
        .execute(&mut **tx)
        .await?;
    build.enter(tx).await?;
    sqlx::raw_sql(projection.create()).execute(&mut **tx).await?;
    Ok(build)
}

/// Puts the projection's views on a build's tables and makes it the live one; the one before becomes old.
pub(crate) async fn go_live(
    tx: &mut PgTransaction<'static>,
    projection: &dyn Projection,
    build: &Build,
) -> Result<(), sqlx::Error> {
    build.enter(tx).await?;
    sqlx::raw_sql(projection.views()).execute(&mut **tx).await?;
    sqlx::query_file!("src/builds/retire.sql", build.projection).execute(&mut **tx).await?;
    sqlx::query_file!("src/builds/go_live.sql", build.projection, build.number)
        .execute(&mut **tx)
        .await?;
    parking::forget_others(tx, build).await?;
    Ok(())
}

/// A live build and how far it has come.
pub(crate) struct LiveBuild {
    pub build: Build,
    pub position: Position,
    /// Before something that no projector could apply so far.
    pub is_waiting: bool,
    /// Events that cannot be applied, and those that wait behind them.
    pub parked: i64,
    pub behind: i64,
}

/// Returns the live build of each projection that has one.
pub(crate) async fn live(db: &PgPool) -> Result<Vec<LiveBuild>, sqlx::Error> {
    let rows = sqlx::query_file!("src/builds/live.sql").fetch_all(db).await?;
    let builds = rows.into_iter().map(|it| LiveBuild {
        build: Build { projection: it.projection, number: it.build },
        position: it.position.cast_unsigned(),
        is_waiting: it.is_waiting,
        parked: it.parked,
        behind: it.behind,
    });
    Ok(builds.collect())
}

/// Returns the live build of a projection that has one.
pub(crate) async fn live_of(db: &PgPool, projection: &str) -> Result<Build, sqlx::Error> {
    let number =
        sqlx::query_file_scalar!("src/builds/number.sql", projection).fetch_one(db).await?;
    Ok(Build::new(projection, number))
}

/// Makes the first build of a projection that has no live one. Of several projectors that start at once, one does.
pub(crate) async fn bootstrap(
    db: &PgPool,
    projection: &dyn Projection,
    log: LogId,
) -> Result<(), FollowError> {
    let mut tx = db.begin().await?;
    alone(&mut tx, projection.name()).await?;
    let live = sqlx::query_file_scalar!("src/builds/number.sql", projection.name())
        .fetch_optional(&mut *tx)
        .await?;
    if live.is_none() {
        let build = make(&mut tx, projection, log).await?;
        build.index(&mut tx, projection).await?;
        go_live(&mut tx, projection, &build).await?;
        tx.commit().await?;
        tracing::info!(projection = projection.name(), build = build.number, "first build");
    }
    Ok(())
}

/// Until the transaction ends nobody else makes or drops builds of this projection.
pub(crate) async fn alone(db: &mut PgConnection, projection: &str) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/builds/alone.sql", projection).fetch_one(db).await?;
    Ok(())
}
