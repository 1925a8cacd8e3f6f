//! What the database's client calls slow, counted where it says so: in the log. A second for a statement, two for a
//! connection; no other place sees every statement of every pool.
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::counter::ConstCounter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::write;

const STATEMENT: &str = "sqlx::query";
const CONNECTION: &str = "sqlx::pool::acquire";

/// There is one log in a process, made before its metrics are.
static STATEMENTS: AtomicU64 = AtomicU64::new(0);
static CONNECTIONS: AtomicU64 = AtomicU64::new(0);

/// A part of the log that writes nothing and hears these whatever `LOG_LEVEL` says.
pub(crate) fn listener<S>() -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let slow = [(STATEMENT, LevelFilter::WARN), (CONNECTION, LevelFilter::WARN)];
    Listener.with_filter(Targets::new().with_targets(slow))
}

struct Listener;

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let counter =
            if event.metadata().target() == STATEMENT { &STATEMENTS } else { &CONNECTIONS };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Debug)]
pub(super) struct SlowDatabase;

impl Collector for SlowDatabase {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let statements = ConstCounter::new(STATEMENTS.load(Ordering::Relaxed));
        let help = "Statements that took the database longer than a second";
        write(&mut encoder, "database_slow_statements", help, &statements)?;
        let connections = ConstCounter::new(CONNECTIONS.load(Ordering::Relaxed));
        let help = "Waits of more than two seconds for a connection to a database";
        write(&mut encoder, "database_slow_connections", help, &connections)
    }
}

#[cfg(test)]
mod tests {
    use sqlx::postgres::PgPoolOptions;
    use testing::Scratch;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[tokio::test]
    async fn a_slow_statement_is_counted_and_a_quick_one_is_not() {
        let _log =
            tracing::subscriber::set_default(tracing_subscriber::registry().with(listener()));
        let scratch = Scratch::empty().await;
        let pool = PgPoolOptions::new().connect(&scratch.url).await.unwrap();
        let before = STATEMENTS.load(Ordering::Relaxed);
        sqlx::query("SELECT 1").execute(&pool).await.unwrap();
        sqlx::query("SELECT pg_sleep(1.01)").execute(&pool).await.unwrap();
        assert_eq!(STATEMENTS.load(Ordering::Relaxed), before + 1);
    }
}
