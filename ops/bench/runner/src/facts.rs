//! What was measured on: figures without their machine mean nothing.
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde::Serialize;

use crate::Settings;
use crate::server::Server;

#[derive(Serialize)]
pub struct Facts {
    pub machine: BTreeMap<&'static str, String>,
    pub postgres: BTreeMap<String, String>,
    pub versions: BTreeMap<&'static str, String>,
}

impl Facts {
    /// Of the machine, the server, and whatever else took part.
    pub async fn gather(
        server: &Server,
        disk: &Path,
        others: BTreeMap<&'static str, String>,
    ) -> anyhow::Result<Self> {
        let machine = [
            ("cpu", from_proc("cpuinfo", "model name")),
            ("cores", std::thread::available_parallelism().ok().map(|it| it.to_string())),
            ("memory", from_proc("meminfo", "MemTotal")),
            ("kernel", read("/proc/sys/kernel/osrelease")),
            ("filesystem", filesystem(disk)),
            ("load when it began", load()),
        ];
        let mut versions = others;
        versions.extend(known([("courtside", said("git", &["describe", "--always", "--dirty"]))]));
        Ok(Self { machine: known(machine), postgres: server.settings().await?, versions })
    }
}

/// The versions of what the log is compared with.
pub fn peers(settings: &Settings) -> BTreeMap<&'static str, String> {
    let emmett = settings.installed.join("emmett/package.json");
    let python = settings.installed.join("eventsourcing/bin/python");
    let shown = said(&python.to_string_lossy(), &["-m", "pip", "show", "eventsourcing"]);
    known([
        ("postgres-es", Some("0.5.0".to_owned())),
        ("emmett-postgresql", read(&emmett.to_string_lossy()).and_then(|it| version(&it))),
        ("node", said("node", &["--version"])),
        ("eventsourcing", shown.and_then(|it| field(&it, "Version"))),
        ("python", said(&python.to_string_lossy(), &["--version"])),
    ])
}

/// The version of Redis, where it can be asked.
pub fn redis() -> BTreeMap<&'static str, String> {
    known([("Redis", said("redis-server", &["--version"]))])
}

/// The version of the broker, where its package can be asked.
pub fn broker() -> BTreeMap<&'static str, String> {
    known([("RabbitMQ", said("dpkg-query", &["-W", "-f", "${Version}", "rabbitmq-server"]))])
}

fn known<const N: usize>(
    facts: [(&'static str, Option<String>); N],
) -> BTreeMap<&'static str, String> {
    facts.into_iter().map(|(name, it)| (name, it.unwrap_or_else(|| "unknown".to_owned()))).collect()
}

pub fn load() -> Option<String> {
    let text = read("/proc/loadavg")?;
    text.split(' ').next().map(str::to_owned)
}

/// How long the disk takes to make a page durable, in microseconds: nothing that commits can be faster.
pub fn flush_us(folder: &Path) -> anyhow::Result<Vec<u64>> {
    const FLUSHES: usize = 100;
    let path = folder.join("flush");
    let mut file = File::create(&path)?;
    // At its full size first, as a segment of the write-ahead log is.
    file.write_all(&vec![0; 1 << 20])?;
    file.sync_all()?;
    let mut took = Vec::with_capacity(FLUSHES);
    for number in 0..FLUSHES {
        file.seek(SeekFrom::Start((number as u64 * 8192) % (1 << 20)))?;
        let begin = Instant::now();
        file.write_all(&[1; 8192])?;
        file.sync_data()?;
        took.push(u64::try_from(begin.elapsed().as_micros())?);
    }
    std::fs::remove_file(&path)?;
    Ok(took)
}

/// The type and the device of the mount that a folder lies on.
fn filesystem(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = read("/proc/mounts")?;
    let mounts = mounts.lines().map(|it| it.split(' ').collect::<Vec<_>>());
    let mount = mounts
        .filter(|it| 3 <= it.len() && folder.starts_with(it[1]))
        .max_by_key(|it| it[1].len())?;
    Some(format!("{} on {}", mount[2], mount[0]))
}

fn from_proc(file: &str, name: &str) -> Option<String> {
    field(&read(&format!("/proc/{file}"))?, name)
}

fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|it| it.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok().map(|it| it.trim().to_owned())
}

fn version(package: &str) -> Option<String> {
    let package: serde_json::Value = serde_json::from_str(package).ok()?;
    package["dependencies"]["@event-driven-io/emmett-postgresql"].as_str().map(str::to_owned)
}

fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
