//! Servers of a test's own, for tests that kill them.
use std::path::{Path, PathBuf};
use std::process::Command;

/// A private Postgres and RabbitMQ, stopped and deleted with the test.
pub struct Private {
    state: PathBuf,
}

impl Private {
    /// Blocks for some seconds.
    pub fn start() -> Self {
        let state = std::env::temp_dir()
            .join(format!("courtside-private-{}", uuid::Uuid::new_v4().simple()));
        let it = Self { state };
        it.services(&["start"]);
        it
    }

    /// `ops/services` with these arguments: `kill postgres`, `start rabbitmq`.
    pub fn services(&self, arguments: &[&str]) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("a workspace")
            .join("ops/services");
        let mut command = Command::new(script);
        // The test servers' own names must not be taken for those to use.
        for name in [
            "EVENT_STORE_URL",
            "READ_DATABASE_URL",
            "EDGE_DATABASE_URL",
            "VAULT_DATABASE_URL",
            "AMQP_URL",
            "TEST_POSTGRES_URL",
            "TEST_AMQP_URL",
        ] {
            command.env_remove(name);
        }
        // What a build and two servers need is asked of people; this is one small server of each.
        command.env("COURTSIDE_MIN_FREE_GB", "1");
        let output = command
            .arg("--state")
            .arg(&self.state)
            .args(arguments)
            .output()
            .expect("ops/services runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "ops/services {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Where they are, by the settings' names.
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut all = self.written();
        all.retain(|(name, _)| name.ends_with("_URL") && !name.starts_with("TEST_"));
        all
    }

    pub fn superuser_url(&self) -> String {
        let found = self.written().into_iter().find(|it| it.0 == "TEST_POSTGRES_URL");
        found.expect("ops/services names a superuser").1
    }

    fn written(&self) -> Vec<(String, String)> {
        let text =
            std::fs::read_to_string(self.state.join("env")).expect("ops/services writes env");
        let pairs = text.lines().filter_map(|it| it.split_once('='));
        let unquoted = |it: &str| it.trim_matches('\'').to_owned();
        pairs.map(|(name, value)| (name.to_owned(), unquoted(value))).collect()
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        self.services(&["reset"]);
        let _ = std::fs::remove_dir_all(&self.state);
    }
}
