//! Processes that serve, each with its log in a file, ended with us at the latest.
use std::collections::BTreeMap;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::process::{Child, Command};

use super::http::{Connection, get};

pub struct Process {
    child: Child,
    /// Where clients go.
    pub address: SocketAddr,
    /// Where operators go.
    pub operations: SocketAddr,
}

/// A start reads what the log holds; nothing here needs longer.
const PATIENCE: Duration = Duration::from_mins(1);

impl Process {
    /// Starts a program on free ports and waits until it answers at its health.
    pub async fn start(
        name: &str,
        program: &Path,
        arguments: &[&str],
        environment: &BTreeMap<String, String>,
        logs: &Path,
    ) -> anyhow::Result<Self> {
        let (address, operations) = (free_address()?, free_address()?);
        std::fs::create_dir_all(logs)?;
        let log = logs.join(format!("{name}.log"));
        let file = File::create(&log).with_context(|| log.display().to_string())?;
        let child = Command::new(program)
            .args(arguments)
            .envs(environment)
            .env("SERVER_PORT", address.port().to_string())
            .env("METRICS_PORT", operations.port().to_string())
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} does not start", program.display()))?;
        let mut it = Self { child, address, operations };
        it.ready(name, &log).await?;
        Ok(it)
    }

    async fn ready(&mut self, name: &str, log: &PathBuf) -> anyhow::Result<()> {
        let end = Instant::now() + PATIENCE;
        // The references have no second port.
        while !(is_ready(self.operations).await || is_ready(self.address).await) {
            if let Some(status) = self.child.try_wait()? {
                bail!("{name} ended with {status}: {}", std::fs::read_to_string(log)?);
            }
            ensure!(Instant::now() < end, "{name} is not ready; see {}", log.display());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Asks it to end, and waits.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        if let Some(pid) = self.child.id() {
            Command::new("kill").args(["-TERM", &pid.to_string()]).status().await?;
        }
        self.child.wait().await?;
        Ok(())
    }
}

async fn is_ready(address: SocketAddr) -> bool {
    let asked = async {
        let mut connection = Connection::open(address).await?;
        let (status, _) = connection.send(&get("/health/ready", 0)).await?;
        anyhow::Ok(status == 200)
    };
    asked.await.unwrap_or(false)
}

fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
