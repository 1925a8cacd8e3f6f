//! An auditor takes the login audit away and checks it; what they were shown is in the next one.
use std::path::{Path, PathBuf};
use std::time::Duration;

use acceptance::{Client, PASSWORD, Process, Stack};
use audit::tiles::Tile;
use testing::eventually;

const SOON: Duration = Duration::from_secs(45);

/// A file as anybody gets it over HTTP: its status, its caching and its bytes.
async fn fetch(client: &Client, path: &str) -> (u16, String, Vec<u8>) {
    let answer = client.get_request(path).send().await.expect("an answer");
    let kept = answer.headers().get("cache-control").and_then(|it| it.to_str().ok());
    let (status, kept) = (answer.status().as_u16(), kept.unwrap_or_default().to_owned());
    (status, kept, answer.bytes().await.expect("a body").to_vec())
}

/// How many records the served checkpoint signs; 0 while there is none.
async fn size(client: &Client, prefix: &str) -> u64 {
    let (status, _, bytes) = fetch(client, &format!("{prefix}/checkpoint")).await;
    let text = String::from_utf8(bytes).expect("text");
    if status == 200 { text.lines().nth(1).and_then(|it| it.parse().ok()).expect(&text) } else { 0 }
}

/// Mirrors the log as any client of the format does.
async fn mirror(client: &Client, prefix: &str, to: &Path) -> u64 {
    let (_, _, note) = fetch(client, &format!("{prefix}/checkpoint")).await;
    let text = String::from_utf8(note.clone()).expect("text");
    let size = text.lines().nth(1).and_then(|it| it.parse().ok()).expect("a size");
    for tile in Tile::all(size) {
        let (status, _, bytes) = fetch(client, &format!("{prefix}/{}", tile.path())).await;
        assert_eq!(status, 200, "{}", tile.path());
        let file = to.join(tile.path());
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, bytes).expect("a file");
    }
    std::fs::write(to.join("checkpoint"), note).expect("a file");
    size
}

fn directory(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("courtside-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    path
}

#[tokio::test]
async fn an_auditor_mirrors_the_log_checks_it_and_is_recorded() {
    let stack = Stack::demo().await;
    let client = stack.client();
    let auditor = client.login("auditor", PASSWORD).await;
    let environment = &stack.servers.environment;
    let (well, vkey) = Process::run(&["audit", "vkey"], environment).await;
    assert!(well, "{vkey}");
    // The key's name is the log's, and ends in the year.
    let vkey = vkey.trim();
    let origin = vkey.split('+').next().unwrap_or_default();
    let year = origin.rsplit('/').next().unwrap_or_default();
    let prefix = format!("/v1/audit/log/{year}");
    eventually("a checkpoint is served", SOON, async || 0 < size(&client, &prefix).await).await;

    // Hashes are for everybody, records for auditors.
    let player = client.newcomer("audited").await;
    for (who, path, expected) in [
        (&client, "tile/0/000.p/1", 200),
        (&client, "tile/entries/000.p/1", 401),
        (&player, "tile/entries/000.p/1", 403),
        (&auditor, "tile/entries/000.p/1", 200),
        (&auditor, "tile/entries/999", 404),
        (&client, "tile/0/999", 404),
        (&client, "tile/0/1", 404),
        (&client, "tile/9/000", 404),
    ] {
        assert_eq!(fetch(who, &format!("{prefix}/{path}")).await.0, expected, "{path}");
    }
    assert_eq!(fetch(&client, "/v1/audit/log/1999/checkpoint").await.0, 404);
    assert_eq!(fetch(&client, "/v1/audit/log/nineteen/checkpoint").await.0, 404);
    assert_eq!(fetch(&client, &format!("{prefix}/tile/0/000.p/1")).await.1, "no-cache");

    let first = directory("audit-first");
    let before = mirror(&auditor, &prefix, &first).await;
    let verify = async |arguments: &[&str]| {
        // No settings at all, as on the auditor's own machine.
        let (well, said) = Process::run(&[&["audit", "verify"], arguments].concat(), &[]).await;
        (well, said)
    };
    let (well, said) = verify(&[&first.display().to_string(), "--vkey", vkey]).await;
    assert!(well && said.contains(&format!("{before} records")), "{said}");

    // That they were shown records is a record of its own, and the log has only grown.
    eventually("it grows", SOON, async || before < size(&client, &prefix).await).await;
    let second = directory("audit-second");
    let to = second.display().to_string();
    let (well, said) = Process::run(&["audit", "export", "--to", &to], environment).await;
    assert!(well, "{said}");
    let since = first.join("checkpoint").display().to_string();
    let (well, said) = verify(&[&to, "--vkey", vkey, "--since", &since]).await;
    assert!(well && said.contains(&format!("The first {before} records")), "{said}");
    let mut records = String::new();
    for file in std::fs::read_dir(second.join("tile/entries")).expect("entries") {
        let path = file.expect("a file").path();
        let path = if path.is_dir() {
            std::fs::read_dir(path).expect("widths").next().expect("one").expect("a file").path()
        } else {
            path
        };
        records.push_str(&String::from_utf8_lossy(&std::fs::read(path).expect("records")));
    }
    assert!(records.contains("\"type\":\"audit.read.v1\""), "{records}");

    let (well, said) = verify(&[
        &first.display().to_string(),
        "--vkey",
        vkey,
        "--since",
        &format!("{to}/checkpoint"),
    ])
    .await;
    assert!(!well && said.contains("taken back"), "{said}");
    for it in [first, second] {
        let _ = std::fs::remove_dir_all(it);
    }
}
