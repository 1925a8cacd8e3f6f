//! The log's file and level, changed under a running process.
#![expect(clippy::disallowed_methods, reason = "a folder of its own")]
use std::path::{Path, PathBuf};
use std::time::Duration;

use acceptance::{Client, Process, Servers};
use testing::eventually;

const SOON: Duration = Duration::from_secs(30);

/// Deleted with its test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("courtside-logs-{}", uuid::Uuid::new_v4().simple());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn at(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[tokio::test]
async fn the_log_goes_on_in_a_new_file_and_at_another_level() {
    let folder = Folder::new();
    let (log, rotated, level) = (folder.at("api.log"), folder.at("api.log.1"), folder.at("level"));
    std::fs::write(&level, "info\n").unwrap();
    let servers = Servers::scratch().await.with("LOG_FILE", &log).with("LOG_LEVEL_FILE", &level);
    let mut process = Process::start(&["query-api"], &servers.environment);
    process.ready().await;
    let client = Client::new(process.port, process.port);
    // A line is written before its answer goes.
    let told = async || {
        let before = read(&log).matches("/v1/me/address").count();
        client.get("/v1/me/address").await.expect(200);
        before < read(&log).matches("/v1/me/address").count()
    };
    assert!(told().await, "{}", read(&log));

    std::fs::rename(&log, &rotated).unwrap();
    process.hang_up();
    eventually("there is a new file", SOON, async || Path::new(&log).exists()).await;
    let old = read(&rotated);
    eventually("lines go to it", SOON, told).await;
    assert!(read(&rotated).len() < old.len() + 1000, "and not to the old one any more");
    assert!(old.lines().chain(read(&log).lines()).all(|it| it.starts_with('{')), "each is whole");

    let says = async |what: &str| read(&log).contains(what);
    std::fs::write(&level, "a=b=c").unwrap();
    process.hang_up();
    eventually("it is refused", SOON, async || says("another log level is refused").await).await;
    assert!(says("LOG_LEVEL_FILE is \\\"a=b=c\\\": expected a level").await, "{}", read(&log));
    assert!(told().await, "the old one goes on");

    std::fs::write(&level, "warn").unwrap();
    process.hang_up();
    eventually("it is taken", SOON, async || says("another log level is in use").await).await;
    eventually("requests are told no more", SOON, async || !told().await).await;
    // Nobody has to be told: a mounted file comes by itself.
    std::fs::write(&level, "debug").unwrap();
    eventually("requests are told again", SOON, told).await;
    assert!(process.log().is_empty(), "nothing goes to standard error: {}", process.log());
    assert!(process.terminate().await);
}
