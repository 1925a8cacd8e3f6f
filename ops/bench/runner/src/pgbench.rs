//! Postgres's own bench. For the log it is the limit of a single append: the same row into a table with the same indexes.
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::process::Command;

use crate::Settings;
use crate::bare;
use crate::protocol::{Append, AppendReply};
use crate::sample::Sample;

/// Scripts, one of which it picks for each transaction.
pub struct Script {
    pub program: PathBuf,
    pub url: String,
    /// Where it finds them, and writes down how long each transaction took.
    pub folder: PathBuf,
    pub scripts: Vec<String>,
}

/// The log's contestant.
pub struct Pgbench(Script);

impl Pgbench {
    pub async fn prepare(url: &str, settings: &Settings) -> anyhow::Result<Self> {
        let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect(url).await?;
        sqlx::raw_sql(bare::TABLE).execute(&pool).await?;
        let sample = Sample::read(&settings.peers.join("event.json"))?;
        let script = Script {
            program: settings.pg_bin.join("pgbench"),
            url: url.to_owned(),
            folder: settings.installed.join("pgbench"),
            scripts: vec![script(&sample)?],
        };
        script.write()?;
        Ok(Self(script))
    }

    pub async fn append(&self, request: &Append) -> anyhow::Result<AppendReply> {
        self.0.run(request.callers, request.seconds).await
    }
}

impl Script {
    pub fn write(&self) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        for (name, script) in self.names().zip(&self.scripts) {
            std::fs::write(self.folder.join(name), script)?;
        }
        Ok(())
    }

    fn names(&self) -> impl Iterator<Item = String> {
        (0..self.scripts.len()).map(|it| format!("script-{it}.sql"))
    }

    /// Whole seconds are all it can be told, and they begin before it has connected.
    pub async fn run(&self, clients: usize, seconds: f64) -> anyhow::Result<AppendReply> {
        self.clear()?;
        let seconds = Duration::from_secs_f64(seconds).as_secs().max(1);
        let seconds = seconds + u64::try_from(clients / 32)?;
        let output = Command::new(&self.program)
            .args(["-n", "-M", "prepared", "-l", "--log-prefix=log"])
            .args(self.names().flat_map(|it| ["-f".to_owned(), it]))
            .args(["-c", &clients.to_string(), "-j", &clients.min(2).to_string()])
            .args(["-T", &seconds.to_string(), &self.url])
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .output()
            .await
            .context("pgbench does not start")?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "pgbench: {}", String::from_utf8_lossy(&output.stderr));
        let a_second: f64 = said
            .lines()
            .find_map(|it| it.strip_prefix("tps = ")?.split(' ').next()?.parse().ok())
            .with_context(|| format!("pgbench said no tps: {said}"))?;
        let latencies_us = self.latencies()?;
        // Without the time it took to connect, which at many callers is longer than the cell.
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let took = latencies_us.len() as f64 / a_second;
        Ok(AppendReply {
            acked: u64::try_from(latencies_us.len())?,
            seconds: took,
            latencies_us,
            ..AppendReply::default()
        })
    }

    /// A line a transaction: client, number, microseconds, …
    fn latencies(&self) -> anyhow::Result<Vec<u64>> {
        let mut all = Vec::new();
        for file in self.logs()? {
            let text = std::fs::read_to_string(file)?;
            all.extend(text.lines().filter_map(|it| it.split(' ').nth(2)?.parse::<u64>().ok()));
        }
        Ok(all)
    }

    fn clear(&self) -> anyhow::Result<()> {
        self.logs()?.into_iter().try_for_each(std::fs::remove_file)?;
        Ok(())
    }

    fn logs(&self) -> anyhow::Result<Vec<PathBuf>> {
        let mut logs = Vec::new();
        for it in std::fs::read_dir(&self.folder)? {
            let path = it?.path();
            if path.file_name().is_some_and(|it| it.to_string_lossy().starts_with("log.")) {
                logs.push(path);
            }
        }
        Ok(logs)
    }
}

fn script(sample: &Sample) -> anyhow::Result<String> {
    let hex =
        |bytes: &[u8]| bytes.iter().fold(String::new(), |text, it| text + &format!("{it:02x}"));
    Ok(format!(
        "INSERT INTO bare (position, stream_id, revision, event_id, type, data, meta)
         VALUES (nextval('positions'), 'pgbench-' || gen_random_uuid(), 0, gen_random_uuid(), '{}',
                 '\\x{}', '\\x{}');\n",
        sample.kind,
        hex(sample.data()),
        hex(&sample.meta()?)
    ))
}
