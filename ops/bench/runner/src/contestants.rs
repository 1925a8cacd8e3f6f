//! Who takes part, and talking to their processes.
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, ensure};
use clap::ValueEnum;
use futures::future::try_join_all;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::Settings;
use crate::protocol::{Append, AppendReply, Request};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Ours,
    PostgresEs,
    Emmett,
    Eventsourcing,
    Pgbench,
    Bare,
}

impl Kind {
    pub const PEERS: [Self; 3] = [Self::PostgresEs, Self::Emmett, Self::Eventsourcing];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::PostgresEs => "postgres-es",
            Self::Emmett => "emmett",
            Self::Eventsourcing => "eventsourcing",
            Self::Pgbench => "pgbench",
            Self::Bare => "bare",
        }
    }

    /// The table it keeps its events in.
    pub fn table(self) -> &'static str {
        match self {
            Self::Ours | Self::PostgresEs => "events",
            Self::Emmett => "emt_messages",
            Self::Eventsourcing => "stored_events",
            Self::Pgbench | Self::Bare => "bare",
        }
    }

    /// Node and Python use one core a process, so each gets as many as would be started in production on two cores.
    fn processes(self) -> usize {
        match self {
            Self::Emmett | Self::Eventsourcing => 2,
            Self::Ours | Self::PostgresEs | Self::Pgbench | Self::Bare => 1,
        }
    }
}

/// Connections of one contestant, all its processes together. More than this made every one of them slower.
const CONNECTIONS: usize = 64;

/// A contestant's processes, which live through the whole run: nobody's start and nobody's warm-up is measured.
pub struct Contestant {
    pub kind: Kind,
    processes: Vec<Process>,
}

/// A process that is told by lines of JSON, and answers each with one.
pub struct Process {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Contestant {
    pub async fn start(kind: Kind, url: &str, settings: &Settings) -> anyhow::Result<Self> {
        let count = kind.processes();
        let connections = (CONNECTIONS / count).to_string();
        let sample = settings.peers.join("event.json");
        let mut processes = Vec::new();
        for _ in 0..count {
            let mut command = program(kind, settings)?;
            command.arg(url).arg(&sample).arg(&connections);
            processes.push(Process::start(command).with_context(|| kind.name())?);
        }
        let mut contestant = Self { kind, processes };
        for it in &mut contestant.processes {
            it.ask::<serde_json::Value>(&Request::Migrate).await.with_context(|| kind.name())?;
        }
        Ok(contestant)
    }

    pub fn pids(&self) -> Vec<u32> {
        self.processes.iter().filter_map(|it| it.child.id()).collect()
    }

    /// The callers spread over its processes; one that follows stays with those it follows.
    pub async fn append(&mut self, request: &Append) -> anyhow::Result<AppendReply> {
        let count = if request.follow { 1 } else { self.processes.len().min(request.callers) };
        let asked = self.processes.iter_mut().take(count).enumerate().map(|(number, it)| {
            let callers = (request.callers + number) / count;
            let cell = format!("{}-{number}", request.cell);
            it.ask_owned::<_, AppendReply>(Request::Append(Append {
                cell,
                callers,
                ..request.clone()
            }))
        });
        let mut all = AppendReply::default();
        for it in try_join_all(asked).await.with_context(|| self.kind.name())? {
            all.acked += it.acked;
            all.failed += it.failed;
            all.error = all.error.or(it.error);
            all.seconds = all.seconds.max(it.seconds);
            all.latencies_us.extend(it.latencies_us);
            all.followed = all.followed.or(it.followed);
        }
        Ok(all)
    }

    /// Reads are one follower's, so one process does them.
    pub async fn ask<T: DeserializeOwned>(&mut self, request: &Request) -> anyhow::Result<T> {
        self.processes[0].ask(request).await.with_context(|| self.kind.name())
    }
}

impl Process {
    pub fn start(mut command: Command) -> anyhow::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("does not start")?;
        let input = child.stdin.take().context("has no input")?;
        let output = child.stdout.take().context("has no output")?;
        Ok(Self { child, input, output: BufReader::new(output).lines() })
    }

    pub async fn ask_owned<R: Serialize, T: DeserializeOwned>(
        &mut self,
        request: R,
    ) -> anyhow::Result<T> {
        self.ask(&request).await
    }

    async fn ask<T: DeserializeOwned>(&mut self, request: &impl Serialize) -> anyhow::Result<T> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        self.input.write_all(&line).await?;
        let line = self.output.next_line().await?.context("ended")?;
        serde_json::from_str(&line).with_context(|| line)
    }
}

fn program(kind: Kind, settings: &Settings) -> anyhow::Result<Command> {
    let own = |program: &Path, worker: &Path| {
        let mut command = Command::new(program);
        command.arg(worker);
        command
    };
    Ok(match kind {
        Kind::Emmett => own(Path::new("node"), &settings.installed.join("emmett/worker.mjs")),
        Kind::Eventsourcing => own(
            &settings.installed.join("eventsourcing/bin/python"),
            &settings.peers.join("eventsourcing/worker.py"),
        ),
        Kind::Ours | Kind::PostgresEs | Kind::Bare => {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("worker").arg(kind.name());
            command
        }
        Kind::Pgbench => {
            ensure!(false, "pgbench is started for each cell");
            unreachable!()
        }
    })
}
