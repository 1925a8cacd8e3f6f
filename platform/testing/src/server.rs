//! A Postgres of one's own, for tests that kill it or take its disk away.
use std::path::{Path, PathBuf};
use std::process::Command;

use uuid::Uuid;

pub struct Server {
    state: PathBuf,
    /// The log's database there, empty.
    pub url: String,
}

impl Server {
    pub async fn start() -> Self {
        let name = format!("courtside-log-{}", Uuid::new_v4().simple());
        let mut server = Self { state: std::env::temp_dir().join(name), url: String::new() };
        server.services("start", None).await;
        server.url = server.named("EVENT_STORE_URL");
        server
    }

    /// What `ops/services` calls one of its databases by.
    pub fn named(&self, name: &str) -> String {
        let names = std::fs::read_to_string(self.state.join("env")).expect("ops/services wrote it");
        let is_it = |line: &str| Some(line.strip_prefix(name)?.strip_prefix('=')?.to_owned());
        let url = names.lines().find_map(is_it).expect("it is one of them");
        url.trim_matches('\'').to_owned()
    }

    /// Stops, and starts with a disk on which no file can be longer than this. The system says so in the middle of a
    /// write, as it does of a full disk.
    pub async fn restart_with_files_up_to(&self, bytes: u64) {
        self.services("stop", None).await;
        self.services("start", Some(bytes)).await;
    }

    pub async fn restart(&self) {
        self.services("stop", None).await;
        self.services("start", None).await;
    }

    /// As a power cut would: no process of it gets to say a last word.
    pub async fn kill_and_start(&self) {
        self.services("kill", None).await;
        self.services("start", None).await;
    }

    async fn services(&self, verb: &'static str, file_bytes: Option<u64>) {
        let state = self.state.clone();
        let run = move || services(&state, verb, file_bytes);
        tokio::task::spawn_blocking(run).await.expect("it does not panic");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        services(&self.state, "reset", None);
        let _ = std::fs::remove_dir_all(&self.state);
    }
}

fn services(state: &Path, verb: &str, file_bytes: Option<u64>) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ops/services");
    // The shell counts in blocks of 512 bytes.
    let limit = file_bytes.map_or(String::new(), |it| format!("ulimit -f {};", it / 512));
    let mut command = Command::new("sh");
    command.args(["-c", &format!(r#"{limit} exec "$@""#), "sh"]).arg(script).arg(verb);
    if verb != "reset" {
        command.arg("postgres");
    }
    // The test servers' own names must not be taken for those to use.
    for name in ["EVENT_STORE_URL", "READ_DATABASE_URL", "EDGE_DATABASE_URL", "VAULT_DATABASE_URL"]
    {
        command.env_remove(name);
    }
    // What a build and two servers need is asked of people; this is one small server.
    command.env("COURTSIDE_MIN_FREE_GB", "1").arg("--state").arg(state);
    let output = command.output().expect("ops/services runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ops/services {verb}: {said}");
}
