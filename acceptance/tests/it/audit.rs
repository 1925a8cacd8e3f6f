//! An auditor takes the login audit away and checks it; what they were shown is in the next one.
use std::path::{Path, PathBuf};
use std::time::Duration;

use acceptance::{Client, PASSWORD, Process, Stack};
use audit::tiles::Tile;
use serde_json::json;
use testing::eventually;

const SOON: Duration = Duration::from_mins(1);

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

    receipts_are_proved(&stack, &auditor, vkey).await;
    full_tiles_never_change(&stack, &auditor, &prefix).await;

    // That they were shown records is a record of its own, and the log has only grown.
    eventually("it grows", SOON, async || before < size(&client, &prefix).await).await;
    let second = directory("audit-second");
    let to = second.display().to_string();
    let (well, said) = Process::run(&["audit", "export", &to], environment).await;
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

/// A list as it comes whole: its media type and its text.
async fn whole(client: &Client, path: &str, accept: &str) -> (String, String) {
    let answer = client.get_request(path).header("accept", accept).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    let type_ = answer.headers().get("content-type").and_then(|it| it.to_str().ok());
    let type_ = type_.unwrap_or_default().to_owned();
    (type_, answer.text().await.expect("a whole body"))
}

fn lines(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|it| serde_json::from_str(it).expect(it)).collect()
}

#[tokio::test]
async fn an_auditor_replays_who_came_and_what_was_done_as_tables() {
    let stack = Stack::demo().await;
    let client = stack.client();
    let admin = client.login("admin", PASSWORD).await;
    let wrong = json!({ "identifier": "dora", "password": "not her password" });
    client.post("/v1/sessions", wrong).await.expect(401);
    let because = json!({ "reason": "=HYPERLINK(\"http://x\")" });
    let closed = admin.put("/v1/venues/riverside/closures/2031-05-01", because).await;
    assert!(closed.status.is_success(), "{}", closed.body);
    let auditor = client.login_answer("auditor", PASSWORD).await.expect(201);
    let seen = auditor.position();
    let auditor = client.with_token(&auditor.text("access_token"));
    for path in ["/v1/audit/actions", "/v1/audit/logins"] {
        auditor.get_after(path, &seen).await.expect(200);
    }

    // Every format says the same; the pages the newest first, a replay in the order of the log.
    let (type_, replay) = whole(&auditor, "/v1/audit/logins", "application/x-ndjson").await;
    assert_eq!(type_, "application/x-ndjson");
    let replay = lines(&replay);
    let mut pages = Vec::new();
    let mut next = Some("/v1/audit/logins?limit=3".to_owned());
    while let Some(path) = next {
        let page = auditor.get(&path).await.expect(200);
        pages.extend(page.body["items"].as_array().expect("items").clone());
        next = page.body["next"].as_str().map(ToOwned::to_owned);
    }
    pages.reverse();
    assert_eq!(replay, pages);
    assert!(replay.iter().any(|it| it["identifier"] == "dora" && it["outcome"] == "failed"));
    let (type_, table) = whole(&auditor, "/v1/audit/logins?outcome=failed", "text/csv").await;
    assert_eq!(type_, "text/csv; charset=utf-8; header=present");
    assert!(table.starts_with("event_id,at,user,identifier,outcome,reason,ip,"), "{table}");
    let failed = replay.iter().filter(|it| it["outcome"] == "failed").count();
    assert_eq!(table.lines().count(), 1 + failed, "{table}");

    let (_, actions) =
        whole(&auditor, "/v1/audit/actions?kind=venue.closed-on&format=ndjson", "*/*").await;
    let [action] = &lines(&actions)[..] else { panic!("{actions}") };
    assert_eq!(
        (&action["username"], &action["role"], &action["about"], &action["details"]["date"]),
        (&json!("admin"), &json!("admin"), &json!("riverside"), &json!("2031-05-01"))
    );
    let (_, table) = whole(&auditor, "/v1/audit/actions?kind=venue.closed-on", "text/csv").await;
    assert!(table.contains(",\"'=HYPERLINK(\"\"http://x\"\")\","), "no cell is a formula: {table}");

    // That it was read is on record, without the address that was asked for.
    let last = auditor.get("/v1/audit/logins?ip=192.0.2.77&limit=1").await.expect(200);
    assert_eq!(last.body["items"], json!([]));
    let read = std::cell::RefCell::new(Vec::new());
    eventually("the readings are actions", SOON, async || {
        let found = auditor.get("/v1/audit/actions?kind=audit&limit=50").await.expect(200);
        let items = found.body["items"].as_array().expect("items").clone();
        let whats = items.iter().map(|it| it["details"]["what"].as_str().unwrap_or_default());
        read.replace(whats.map(ToOwned::to_owned).collect::<Vec<_>>());
        read.borrow().iter().any(|it| it == "/v1/audit/logins?ip=*")
    })
    .await;
    assert!(read.borrow().iter().any(|it| it == "/v1/audit/logins?format=ndjson"), "{read:?}");

    for (path, problem) in [
        ("/v1/audit/logins?format=csv&limit=3", "malformed-request"),
        ("/v1/audit/logins?format=xml", "malformed-request"),
        ("/v1/audit/actions?kind=Booking", "malformed-request"),
        ("/v1/audit/actions?about=a%20b", "malformed-request"),
        ("/v1/audit/actions?by=me", "malformed-request"),
        ("/v1/audit/actions?after=x", "bad-cursor"),
    ] {
        let refused = auditor.get(path).await.expect(400);
        assert_eq!(refused.problem(), problem, "{path}");
        assert!(refused.body["errors"][0]["parameter"].is_string(), "{path}: {}", refused.body);
    }
    let player = client.login("player", PASSWORD).await;
    assert_eq!(player.get("/v1/audit/actions").await.expect(403).problem(), "forbidden");
    assert_eq!(client.get("/v1/audit/actions").await.expect(401).problem(), "unauthenticated");
}

/// Whoever logged in can show that it is in the log, to anybody who has the key; and nobody else can.
async fn receipts_are_proved(stack: &Stack, auditor: &Client, vkey: &str) {
    let client = stack.client();
    let login = client.login_answer("amir", PASSWORD).await.expect(201);
    let amir = client.with_token(&login.text("access_token"));
    let event = login.header("audit-event").expect("a login says which event it is");
    let path = format!("/v1/audit/proofs/{event}");
    let first = amir.get_after(&path, &login.position()).await;
    if first.status != 200 {
        assert_eq!(first.expect(409).problem(), "not-yet-signed");
    }
    eventually("it is signed", SOON, async || amir.get(&path).await.status == 200).await;
    let proof = amir.get(&path).await.expect(200).body.as_str().expect("text").to_owned();

    let file = std::env::temp_dir().join(format!("courtside-{event}.tlog-proof"));
    let name = file.display().to_string();
    std::fs::write(&file, &proof).expect("a file");
    let (well, said) = Process::run(&["audit", "verify-proof", &name, "--vkey", vkey], &[]).await;
    assert!(well && said.contains(&event) && said.contains("login.succeeded."), "{said}");
    std::fs::write(&file, proof.replacen("index ", "index 1", 1)).expect("a file");
    let (well, said) = Process::run(&["audit", "verify-proof", &name, "--vkey", vkey], &[]).await;
    assert!(!well && said.contains("proves nothing"), "{said}");
    let _ = std::fs::remove_file(&file);

    // Whoever was turned away has a receipt too: of an account's for its owner, of nobody's for auditors.
    for (name, owner) in [("amir", Some(&amir)), ("nobody-at-all", None)] {
        let refused = client.login_answer(name, "a wrong guess").await.expect(401);
        let event = refused.header("audit-event").expect("a refusal says which event it is");
        let path = format!("/v1/audit/proofs/{event}");
        eventually("it is signed", SOON, async || auditor.get(&path).await.status == 200).await;
        amir.get(&path).await.expect(if owner.is_some() { 200 } else { 404 });
    }

    // Somebody else's looks like one that is not there.
    let bea = client.login("bea", PASSWORD).await;
    let others = bea.get(&path).await.expect(404);
    let nobodys = bea.get(&format!("/v1/audit/proofs/{}", uuid::Uuid::nil())).await.expect(404);
    assert_eq!(others.body["detail"], nobodys.body["detail"]);
    client.get(&path).await.expect(401);
    // The record is the same, whichever checkpoint is the last by now.
    let shown = auditor.get(&path).await.expect(200);
    let record = proof.lines().nth(1).expect("a record");
    assert_eq!(shown.body.as_str().and_then(|it| it.lines().nth(1)), Some(record));

    let refreshed = client
        .post("/v1/sessions/refresh", json!({ "refresh_token": login.text("refresh_token") }));
    let refreshed = refreshed.await.expect(200).header("audit-event").expect("an event");
    let ended = amir.delete("/v1/sessions/current").await.expect(204);
    let ended = ended.header("audit-event").expect("an event");
    for it in [refreshed, ended] {
        let path = format!("/v1/audit/proofs/{it}");
        eventually("it is signed", SOON, async || auditor.get(&path).await.status == 200).await;
    }
}

/// Read models are made anew, and the log that they serve is the same; what is full can be kept for ever.
async fn full_tiles_never_change(stack: &Stack, auditor: &Client, prefix: &str) {
    let client = stack.client();
    let mut tokens = client.login_answer("dora", PASSWORD).await.expect(201);
    for _ in 0..256 {
        let refresh = json!({ "refresh_token": tokens.text("refresh_token") });
        tokens = client.post("/v1/sessions/refresh", refresh).await.expect(200);
    }
    eventually("a tile is full", SOON, async || 256 < size(&client, prefix).await).await;
    let tile = async || {
        let (status, kept, hashes) = fetch(&client, &format!("{prefix}/tile/0/000")).await;
        assert_eq!((status, &*kept), (200, "public, max-age=31536000, immutable"));
        let (status, kept, records) = fetch(auditor, &format!("{prefix}/tile/entries/000")).await;
        assert_eq!((status, &*kept), (200, "private, max-age=31536000, immutable"));
        (hashes, records)
    };
    let before = tile().await;
    let operator = client.login("operator", PASSWORD).await;
    // All of them, since none may be what the log is made from.
    let all = operator.get("/v1/projections").await.expect(200);
    let names = all.body["items"].as_array().expect("a list").iter().map(|it| it["name"].as_str());
    let names: Vec<&str> = names.map(|it| it.expect("a name")).collect();
    assert!(names.contains(&"audit") && names.contains(&"receipts"), "{names:?}");
    let mut monitors = Vec::new();
    for projection in names {
        let path = format!("/v1/projections/{projection}/rebuilds");
        let asked = operator.post(&path, json!({})).await.expect(202);
        monitors.push(asked.header("location").expect("a rebuild has a monitor"));
    }
    for monitor in monitors {
        eventually("it is made anew", SOON, async || {
            operator.get(&monitor).await.body["state"] == "switched"
        })
        .await;
    }
    assert!(before == tile().await, "the log is what it was");
}
