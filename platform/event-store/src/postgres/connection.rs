//! A connection of one's own, made when needed and made again when lost.
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::time::{Instant, timeout};

use super::patience::in_time;

/// How long a server may take to answer a new connection. Somebody is waiting for a bad answer then.
pub(super) const CONNECT_PATIENCE: Duration = Duration::from_secs(3);

/// A connection that was idle for this long is asked whether it still lives: routers forget in silence.
const IDLE: Duration = Duration::from_secs(10);

/// How long it may take to say so.
const PING_PATIENCE: Duration = Duration::from_secs(1);

/// A connection for one task, outside of the pool.
pub(super) struct Dedicated {
    options: Arc<PgConnectOptions>,
    /// Run once on each new connection.
    session: &'static str,
    open: Option<Open>,
}

struct Open {
    connection: PgConnection,
    used: Instant,
}

impl Dedicated {
    pub(super) fn new(options: Arc<PgConnectOptions>, session: &'static str) -> Self {
        Self { options, session, open: None }
    }

    /// Returns a connection that worked a moment ago.
    pub(super) async fn get(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        let open = match self.open.take() {
            Some(open) => open.checked().await,
            None => None,
        };
        let mut open = match open {
            Some(open) => open,
            None => self.connect().await?,
        };
        open.used = Instant::now();
        Ok(&mut self.open.insert(open).connection)
    }

    /// Forgets a connection in an unknown state. Nothing is said to the server: it may not be there.
    pub(super) fn discard(&mut self) {
        self.open = None;
    }

    async fn connect(&self) -> Result<Open, sqlx::Error> {
        let connecting = async {
            let mut connection = self.options.connect().await?;
            sqlx::raw_sql(self.session).execute(&mut connection).await?;
            Ok(Open { connection, used: Instant::now() })
        };
        in_time(CONNECT_PATIENCE, connecting).await
    }
}

impl Open {
    async fn checked(mut self) -> Option<Self> {
        if self.used.elapsed() < IDLE {
            return Some(self);
        }
        match timeout(PING_PATIENCE, self.connection.ping()).await {
            Ok(Ok(())) => Some(self),
            Ok(Err(_)) | Err(_) => None,
        }
    }
}
