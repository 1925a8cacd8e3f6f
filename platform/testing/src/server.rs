//! Servers of a test's own, for tests that kill them or take their disk away.
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use uuid::Uuid;

/// What `ops/services` starts in a folder of its own; stopped and deleted with the test.
pub struct Services {
    state: PathBuf,
}

/// Those of the servers that all tests share. They must not be taken for the ones to use.
const NAMES: [&str; 7] = [
    "EVENT_STORE_URL",
    "READ_DATABASE_URL",
    "EDGE_DATABASE_URL",
    "VAULT_DATABASE_URL",
    "AMQP_URL",
    "TEST_POSTGRES_URL",
    "TEST_AMQP_URL",
];

impl Services {
    /// Starts these, or all there are. Blocks for some seconds.
    pub fn start(these: &[&str]) -> Self {
        let name = format!("courtside-private-{}", Uuid::new_v4().simple());
        let it = Self { state: std::env::temp_dir().join(name) };
        it.run(&[&["start"], these].concat());
        it
    }

    /// `ops/services` with these arguments (`kill postgres`, `start rabbitmq`), and what it says.
    pub fn run(&self, arguments: &[&str]) -> String {
        self.run_after("", arguments)
    }

    fn run_after(&self, prelude: &str, arguments: &[&str]) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ops/services");
        let mut command = Command::new("sh");
        command.args(["-c", &format!(r#"{prelude} exec "$@""#), "sh"]).arg(script);
        command.arg("--state").arg(&self.state).args(arguments);
        for name in NAMES {
            command.env_remove(name);
        }
        // What a build and two servers need is asked of people; this is one small server of each.
        command.env("COURTSIDE_MIN_FREE_GB", "1");
        let output = command.output().expect("ops/services runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "ops/services {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What the settings name, and where it is.
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut all = self.written();
        all.retain(|(name, _)| name.ends_with("_URL") && !name.starts_with("TEST_"));
        all
    }

    /// One of them, or what tests have beside: `TEST_POSTGRES_URL` is the superuser's.
    pub fn named(&self, name: &str) -> String {
        let found = self.written().into_iter().find(|it| it.0 == name);
        found.unwrap_or_else(|| panic!("ops/services names no {name}")).1
    }

    fn written(&self) -> Vec<(String, String)> {
        let text =
            std::fs::read_to_string(self.state.join("env")).expect("ops/services writes env");
        let pairs = text.lines().filter_map(|it| it.split_once('='));
        let unquoted = |it: &str| it.trim_matches('\'').to_owned();
        pairs.map(|(name, value)| (name.to_owned(), unquoted(value))).collect()
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.run(&["reset"]);
        let _ = std::fs::remove_dir_all(&self.state);
    }
}

/// A Postgres alone.
pub struct Server {
    services: Arc<Services>,
    /// The log's database there, empty.
    pub url: String,
}

impl Server {
    pub async fn start() -> Self {
        let start = || Services::start(&["postgres"]);
        let services = tokio::task::spawn_blocking(start).await.expect("it does not panic");
        let url = services.named("EVENT_STORE_URL");
        Self { services: Arc::new(services), url }
    }

    /// Another database there.
    pub fn named(&self, name: &str) -> String {
        self.services.named(name)
    }

    /// Stops, and starts with a disk on which no file can be longer than this. The system says so in the middle of a
    /// write, as it does of a full disk.
    pub async fn restart_with_files_up_to(&self, bytes: u64) {
        self.run("", "stop").await;
        // The shell counts in blocks of 512 bytes.
        self.run(format!("ulimit -f {};", bytes / 512), "start").await;
    }

    pub async fn restart(&self) {
        self.run("", "stop").await;
        self.run("", "start").await;
    }

    /// As a power cut would: no process of it gets to say a last word.
    pub async fn kill_and_start(&self) {
        self.run("", "kill").await;
        self.run("", "start").await;
    }

    async fn run(&self, prelude: impl Into<String>, verb: &'static str) {
        let (services, prelude) = (Arc::clone(&self.services), prelude.into());
        let run = move || services.run_after(&prelude, &[verb, "postgres"]);
        tokio::task::spawn_blocking(run).await.expect("it does not panic");
    }
}
