//! What a command that ends has to tell Prometheus: a file for node_exporter's textfile collector.
use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use runtime::files;

#[derive(Args)]
pub struct Metrics {
    /// Written when it went well, for node_exporter's textfile collector.
    #[arg(long = "metrics", value_name = "FILE", env = "BACKUP_METRICS_FILE")]
    file: Option<PathBuf>,
}

impl Metrics {
    /// Each with its name, what it is, and its value.
    pub fn write(&self, gauges: &[(&str, &str, i64)]) -> anyhow::Result<()> {
        let Some(path) = &self.file else { return Ok(()) };
        let written = files::replace(path, |to| {
            // Whoever reads it is somebody else, whatever the umask; none of it is secret.
            to.set_permissions(Permissions::from_mode(0o644))?;
            gauges.iter().try_for_each(|(name, help, value)| {
                writeln!(to, "# HELP {name} {help}.\n# TYPE {name} gauge\n{name} {value}")
            })
        });
        written.with_context(|| format!("it went well, but {} cannot be written", path.display()))
    }
}
