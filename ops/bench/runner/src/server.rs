//! The bench's own Postgres: databases, counts, and what it costs in CPU.
use std::collections::BTreeMap;

use anyhow::Context;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};

use crate::contestants::Kind;

pub struct Server {
    url: String,
    pool: PgPool,
    postmaster: Option<u32>,
}

impl Server {
    pub async fn connect(url: &str) -> anyhow::Result<Self> {
        let pool = PgPoolOptions::new().max_connections(2).connect(url).await?;
        let backend: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&pool).await?;
        let postmaster = cpu::parent(u32::try_from(backend)?);
        Ok(Self { url: url.to_owned(), pool, postmaster })
    }

    /// Makes a database anew and says where it is.
    pub async fn database(&self, name: &str) -> anyhow::Result<String> {
        let statements = [
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            format!("CREATE DATABASE {name}"),
        ];
        for it in statements {
            sqlx::raw_sql(AssertSqlSafe(it)).execute(&self.pool).await?;
        }
        self.at(name)
    }

    pub async fn drop_database(&self, name: &str) -> anyhow::Result<()> {
        let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&self.pool).await?;
        Ok(())
    }

    pub fn at(&self, name: &str) -> anyhow::Result<String> {
        let (server, _) = self.url.rsplit_once('/').context("a URL ends with a database")?;
        Ok(format!("{server}/{name}"))
    }

    /// So that no contestant pays for what another has written.
    pub async fn checkpoint(&self) -> anyhow::Result<()> {
        sqlx::raw_sql("CHECKPOINT").execute(&self.pool).await?;
        Ok(())
    }

    /// What the server and all its processes have used so far, in seconds. None where there is no /proc.
    pub fn cpu(&self) -> Option<f64> {
        self.postmaster.and_then(cpu::family)
    }

    /// The memory that the server's processes have each for itself, in bytes. None where there is no /proc.
    pub fn memory(&self) -> Option<u64> {
        self.postmaster.and_then(cpu::own_memory)
    }

    pub async fn settings(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT name, current_setting(name) FROM pg_settings
             WHERE name = ANY ('{server_version, shared_buffers, max_wal_size, max_connections, fsync,
                                 synchronous_commit, full_page_writes, wal_sync_method, data_checksums}')",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().collect())
    }
}

/// One contestant's database, looked at from outside of the contestant.
pub struct Ledger {
    kind: Kind,
    pool: PgPool,
}

impl Ledger {
    pub async fn open(kind: Kind, url: &str) -> anyhow::Result<Self> {
        Ok(Self { kind, pool: PgPoolOptions::new().max_connections(1).connect(url).await? })
    }

    pub async fn rows(&self) -> anyhow::Result<u64> {
        let count = format!("SELECT count(*) FROM {}", self.kind.table());
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&self.pool).await?;
        Ok(u64::try_from(rows)?)
    }

    /// Whether the positions are 1, 2, 3 to the end: what our log promises, and only it.
    pub async fn has_no_holes(&self) -> anyhow::Result<bool> {
        let sound = "SELECT count(*) = coalesce(max(position), 0) FROM events";
        Ok(sqlx::query_scalar(sound).fetch_one(&self.pool).await?)
    }
}

pub mod cpu {
    //! CPU time as /proc tells it.

    /// Of what /proc/<pid>/stat counts in, there are so many a second; Linux never showed programs another number.
    const TICKS: f64 = 100.0;

    pub fn parent(pid: u32) -> Option<u32> {
        Stat::read(pid).map(|it| it.parent)
    }

    /// A process alone.
    pub fn of(pid: u32) -> Option<f64> {
        Stat::read(pid).map(|it| it.own)
    }

    /// A process, its children, and those of them that have ended.
    pub fn family(pid: u32) -> Option<f64> {
        let first = Stat::read(pid)?;
        let living: f64 = children(pid)?.filter_map(Stat::read).map(|it| it.own).sum();
        Some(first.own + first.ended + living)
    }

    fn children(of: u32) -> Option<impl Iterator<Item = u32>> {
        let all = std::fs::read_dir("/proc").ok()?;
        let pids = all.filter_map(|it| it.ok()?.file_name().to_str()?.parse().ok());
        Some(pids.filter(move |pid| parent(*pid) == Some(of)))
    }

    struct Stat {
        parent: u32,
        own: f64,
        ended: f64,
    }

    impl Stat {
        fn read(pid: u32) -> Option<Self> {
            let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            // The name in parentheses may have spaces of its own.
            let (_, rest) = text.rsplit_once(") ")?;
            let fields: Vec<&str> = rest.split(' ').collect();
            let seconds = |index: usize| -> Option<f64> {
                Some(fields.get(index)?.parse::<f64>().ok()? / TICKS)
            };
            Some(Self {
                parent: fields.get(1)?.parse().ok()?,
                own: seconds(11)? + seconds(12)?,
                ended: seconds(13)? + seconds(14)?,
            })
        }
    }

    /// The memory a process has resident, in bytes.
    pub fn resident(pid: u32) -> Option<u64> {
        status(pid, "VmRSS:")
    }

    /// What a process and its children have resident and share with nobody.
    pub fn own_memory(pid: u32) -> Option<u64> {
        let all = std::iter::once(pid).chain(children(pid)?);
        Some(all.filter_map(|it| status(it, "RssAnon:")).sum())
    }

    /// The most it ever had.
    pub fn peak(pid: u32) -> Option<u64> {
        status(pid, "VmHWM:")
    }

    fn status(pid: u32, field: &str) -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = text.lines().find_map(|it| it.strip_prefix(field))?;
        Some(line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()? * 1024)
    }
}
