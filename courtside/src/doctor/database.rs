//! A database on Postgres: reachable, new enough, writable, granted and migrated.
use runtime::migrations::{self, Standing};
use runtime::{Settings, postgres};
use secrecy::SecretString;
use sqlx::PgPool;
use sqlx::migrate::Migrator;

use super::finding::Finding;

/// The oldest Postgres that the migrations and queries are tested on.
const OLDEST: i32 = 15;

/// One check at a time, on one connection.
pub struct Database<'a> {
    pub what: &'static str,
    pub setting: &'static str,
    pub db: PgPool,
    pub settings: &'a Settings,
}

pub async fn examine(
    what: &'static str,
    settings: &Settings,
    migrator: &'static Migrator,
) -> Vec<Finding> {
    let (setting, url) = match what {
        "vault" => ("VAULT_DATABASE_URL", &settings.vault_database_url),
        "edge" => ("EDGE_DATABASE_URL", &settings.edge_database_url),
        _ => ("READ_DATABASE_URL", &settings.read_database_url),
    };
    let (database, mut findings) = match Database::open(what, setting, url, settings).await {
        Ok(opened) => opened,
        Err(away) => return vec![away],
    };
    findings.push(database.tables().await);
    if what == "read" {
        findings.push(database.schemas().await);
    }
    findings.push(database.migrated(migrator).await);
    findings
}

impl<'a> Database<'a> {
    /// Connects, and finds out what every database has to say.
    pub async fn open(
        what: &'static str,
        setting: &'static str,
        url: &SecretString,
        settings: &'a Settings,
    ) -> Result<(Self, Vec<Finding>), Finding> {
        let unusable = |error: sqlx::Error| {
            Finding::fail(
                what,
                "reachable",
                error.to_string(),
                postgres::next_step(&error, setting),
            )
        };
        let db = postgres::pool(url, 1).map_err(unusable)?;
        postgres::greet(&db).await.map_err(unusable)?;
        let it = Self { what, setting, db, settings };
        let findings = vec![
            Finding::ok(what, "reachable", format!("{setting} lets us in")),
            it.version().await,
            it.writable().await,
        ];
        Ok((it, findings))
    }

    /// What became of a question, if it could not be answered.
    pub fn unanswered(&self, check: &'static str, error: sqlx::Error) -> Finding {
        let next = postgres::next_step(&error, self.setting);
        Finding::fail(self.what, check, error.to_string(), next)
    }

    async fn version(&self) -> Finding {
        let sql = "SELECT current_setting('server_version_num')::integer / 10000, current_setting('server_version')";
        match sqlx::query_as::<_, (i32, String)>(sql).fetch_one(&self.db).await {
            Ok((major, version)) if major < OLDEST => {
                let next = format!("Move {} to Postgres {OLDEST} or later.", self.setting);
                Finding::fail(self.what, "version", format!("Postgres {version}"), next)
            }
            Ok((_, version)) => Finding::ok(self.what, "version", format!("Postgres {version}")),
            Err(error) => self.unanswered("version", error),
        }
    }

    async fn writable(&self) -> Finding {
        let sql = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'";
        match sqlx::query_as::<_, (bool, bool)>(sql).fetch_one(&self.db).await {
            Ok((false, false)) => Finding::ok(self.what, "writable", "takes writes"),
            Ok((true, _)) => {
                let next = format!("Let {} name the primary.", self.setting);
                Finding::fail(self.what, "writable", "a standby: it takes no writes", next)
            }
            Ok((false, true)) => Finding::fail(
                self.what,
                "writable",
                "read-only: it takes no writes",
                "End it (default_transaction_read_only) when what it was set for is over.",
            ),
            Err(error) => self.unanswered("writable", error),
        }
    }

    /// Whether the role may read and write all that is there.
    async fn tables(&self) -> Finding {
        let closed = sqlx::query_scalar::<_, String>(include_str!("closed_tables.sql"));
        match closed.fetch_all(&self.db).await {
            Ok(closed) if closed.is_empty() => {
                Finding::ok(self.what, "rights", "may read and write every table")
            }
            Ok(closed) => {
                let says = format!("may not read and write {}", closed.join(", "));
                let next = format!(
                    "Grant the role of {} to read and write there: GRANT ALL ON TABLE.",
                    self.setting
                );
                Finding::fail(self.what, "rights", says, next)
            }
            Err(error) => self.unanswered("rights", error),
        }
    }

    /// Each build of a projection has a schema of its own.
    async fn schemas(&self) -> Finding {
        let sql = "SELECT has_database_privilege(current_database(), 'CREATE')";
        match sqlx::query_scalar::<_, bool>(sql).fetch_one(&self.db).await {
            Ok(true) => Finding::ok(self.what, "schemas", "may make schemas"),
            Ok(false) => Finding::warn(
                self.what,
                "schemas",
                "may make no schemas: enough for query-api, not for the projector",
                format!("Grant the projector's role in {} CREATE on the database.", self.setting),
            ),
            Err(error) => self.unanswered("schemas", error),
        }
    }

    pub async fn migrated(&self, migrator: &Migrator) -> Finding {
        let check = "migrations";
        let Standing { pending, unknown, changed } =
            match migrations::standing(&self.db, migrator).await {
                Ok(standing) => standing,
                Err(error) => {
                    let next = "Ask as the owner: courtside migrate --list.";
                    return Finding::warn(self.what, check, error.to_string(), next);
                }
            };
        if !changed.is_empty() {
            let says = format!("applied in another shape: {}", changed.join(", "));
            let next = "Run the build that made this database, or one later than it.";
            return Finding::fail(self.what, check, says, next);
        }
        if !pending.is_empty() {
            let says = format!("pending: {}", pending.join(", "));
            return if self.settings.run_migrations {
                Finding::warn(self.what, check, says, "Start any role, or run courtside migrate.")
            } else {
                Finding::fail(self.what, check, says, "Run courtside migrate.")
            };
        }
        if !unknown.is_empty() {
            let numbers: Vec<_> = unknown.iter().map(i64::to_string).collect();
            let says = format!("unknown here, so of a later build: {}", numbers.join(", "));
            return Finding::warn(self.what, check, says, "Finish the upgrade to that build.");
        }
        Finding::ok(self.what, check, "all applied")
    }
}
