//! The log in Postgres: one table, one order, one function that appends.
//!
//! Why the order is safe is said in `migrations/log/0003_append_events.sql`; why it is fast, in `appender`.
mod appender;
mod batch;
mod connection;
mod failure;
mod listener;
mod notifier;
mod patience;
mod rows;
mod runs;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::{Connection, PgConnection, PgPool};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use self::appender::{Appender, News};
use self::batch::Append;
use self::connection::{CONNECT_PATIENCE, Dedicated};
pub use self::patience::in_time;
use self::rows::{Row, StreamRow};
use self::runs::Runs;
use crate::{
    AppendError, Appended, EventStore, Expected, NewEvent, Position, ReadError, Recorded, Run,
    StreamEvent, Untaken, limits, run, times, wake,
};

/// The log's tables and its function. Applied by whoever owns them, before the first store is made.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/log");

/// How long a read may take, the wait for a connection included: longer, and its client has gone.
const READ_PATIENCE: Duration = Duration::from_secs(8);

/// A connection that worked this recently works now; if not, one statement fails, and its client may ask again.
const FRESH: Duration = Duration::from_secs(1);

/// What a connection that comes back has to say that nothing is open. A server that vanished says nothing, and closes
/// nothing: its connection's place would be taken for ever.
const RELEASE_PATIENCE: Duration = Duration::from_secs(5);

/// A pool that asks only what has been idle whether it lives: asking each connection each time doubles the cost of every
/// statement. And that takes back no connection with a transaction open: whoever had it next would work in there, and
/// what they were told is done would be done for nobody else.
#[must_use]
pub fn tended(pool: PgPoolOptions) -> PgPoolOptions {
    pool.test_before_acquire(false)
        .before_acquire(|connection, it| {
            Box::pin(async move {
                if FRESH < it.idle_for {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_release(|connection, _| {
            Box::pin(async move { in_time(RELEASE_PATIENCE, end_what_is_open(connection)).await })
        })
}

/// Ends a transaction whose `BEGIN` was given up before it was answered, by a client that hung up, say: sqlx does not know
/// of it, but the server does, and says so after every statement, of nothing too.
async fn end_what_is_open(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    match connection.begin_with("").await {
        Err(sqlx::Error::BeginFailed) => {}
        open => open?.rollback().await?,
    }
    Ok(true)
}

/// The log in Postgres. Works again by itself when the server comes back; its tasks end when it is dropped.
///
/// Uses the pool for reads, and beside it three connections: one appends, one notifies, one listens. A copy's target
/// has one more.
pub struct PostgresStore {
    pool: PgPool,
    appender: Appender,
    runs: Runs,
    news: Arc<watch::Sender<Position>>,
    _listener: AbortOnDropHandle<()>,
}

impl PostgresStore {
    /// Makes a store with a pool of its own, of at most `readers` connections. Fails only if this is no URL; the
    /// server need not be there yet. Must be called inside a Tokio runtime.
    pub fn connect(url: &str, readers: u32) -> Result<Self, sqlx::Error> {
        let options: PgConnectOptions = url.parse()?;
        let pool = PgPoolOptions::new()
            .max_connections(readers)
            // A server that is away is told to the client while he still waits.
            .acquire_timeout(CONNECT_PATIENCE);
        let pool = tended(pool).connect_lazy_with(options.application_name("courtside-log"));
        Ok(Self::new(pool))
    }

    /// Makes a store that reads by this pool. Must be called inside a Tokio runtime.
    pub fn new(pool: PgPool) -> Self {
        let options = pool.connect_options();
        let news = Arc::new(watch::Sender::default());
        let elsewhere = watch::Sender::default();
        // Ends when the appender has, which ends when the store is dropped.
        tokio::spawn(notifier::run(options.clone(), elsewhere.subscribe()));
        let listener =
            AbortOnDropHandle::new(tokio::spawn(listener::run(options.clone(), news.clone())));
        let runs = Runs::new(Dedicated::new(options.clone(), include_str!("postgres/session.sql")));
        let appender = Appender::start(options, News { here: news.clone(), elsewhere });
        Self { pool, appender, runs, news, _listener: listener }
    }

    /// The connections that read, for their gauges.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }
}

#[async_trait]
impl EventStore for PostgresStore {
    async fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        let checked = limits::check(stream, events)?;
        self.appender.append(stream, expected, checked).await
    }

    async fn append_in_order(&self, runs: Vec<Run>) -> Result<Vec<Appended>, Untaken> {
        let append = |it: Run| {
            let checked = limits::check(&it.stream, it.events)?;
            Ok(Append { stream: it.stream, expected: it.expected, checked })
        };
        let appends: Result<Vec<_>, AppendError> = runs.iter().cloned().map(append).collect();
        if let Ok(appends) = appends
            && let Some(appended) = self.runs.append(&appends).await
        {
            let reached = appended.iter().map(|it| it.position).max();
            wake::announce(&self.news, reached.unwrap_or_default());
            return Ok(appended);
        }
        // Which of them it was, and why, is found out one by one; what was done after all is found again.
        run::one_by_one(self, runs).await
    }

    async fn read_stream(
        &self,
        stream: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        let Some(stream) = readable(stream) else {
            return Ok(Vec::new());
        };
        let query = sqlx::query_as(include_str!("postgres/read_stream.sql"));
        self.read::<StreamRow, _>(query.bind(stream).bind(bigint(from)).bind(rows(limit))).await
    }

    async fn read_stream_backwards(
        &self,
        stream: &str,
        from: Option<u64>,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        let Some(stream) = readable(stream) else {
            return Ok(Vec::new());
        };
        let from = from.map_or(i64::MAX, bigint);
        let query = sqlx::query_as(include_str!("postgres/read_stream_backwards.sql"));
        self.read::<StreamRow, _>(query.bind(stream).bind(from).bind(rows(limit))).await
    }

    async fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        let query = sqlx::query_as(include_str!("postgres/read_all.sql"));
        self.read::<Row, _>(query.bind(bigint(after)).bind(rows(limit))).await
    }

    async fn read_all_backwards(
        &self,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        let before = before.map_or(i64::MAX, bigint);
        let query = sqlx::query_as(include_str!("postgres/read_all_backwards.sql"));
        self.read::<Row, _>(query.bind(before).bind(rows(limit))).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        let head = sqlx::query_scalar(include_str!("postgres/head.sql")).fetch_one(&self.pool);
        let head: i64 = read(head).await?;
        Position::try_from(head).map_err(|it| ReadError::Corrupt(it.into()))
    }

    async fn changed(&self, after: Position, within: Duration) {
        wake::beyond(&self.news, after, within).await;
    }

    async fn position_at(&self, time: Timestamp) -> Result<Position, ReadError> {
        times::bisect(self, time).await
    }
}

impl PostgresStore {
    async fn read<R, T>(&self, query: Query<'_, R>) -> Result<Vec<T>, ReadError>
    where
        R: for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin,
        T: TryFrom<R, Error = ReadError>,
    {
        let rows = read(query.fetch_all(&self.pool)).await?;
        rows.into_iter().map(T::try_from).collect()
    }
}

type Query<'q, R> = sqlx::query::QueryAs<'q, sqlx::Postgres, R, sqlx::postgres::PgArguments>;

async fn read<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, ReadError> {
    in_time(READ_PATIENCE, answer).await.map_err(failure::unread)
}

/// A name that no stream can have was never written to; some of them Postgres would not even take as a question.
fn readable(stream: &str) -> Option<&str> {
    limits::is_name(stream).then_some(stream)
}

/// What Postgres cannot count lies behind everything it holds.
fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
