//! What `stat`, `read` and `tail` show.
use std::time::Duration;

use serde_json::{Value, json};
use testing::eventually;
use tokio::io::{AsyncBufReadExt, BufReader};
use uuid::Uuid;

use crate::events::world::{Told, append, command, courtside, log, opened};

const RELEASED: &[u8] = b"{\"user\":\n \"00000000-0000-0000-0000-000000000001\"}";

/// Position 1 opens the log; `claim-a` has three events, `claim-b` two.
async fn claims() -> (testing::Scratch, event_store::Store) {
    let (scratch, store) = opened().await;
    for (stream, revision) in
        [("claim-a", 0), ("claim-a", 1), ("claim-b", 0), ("claim-a", 2), ("claim-b", 1)]
    {
        append(&store, stream, revision, "claim.released.v1", RELEASED).await;
    }
    (scratch, store)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stat_counts_streams_and_events() {
    let (scratch, _store) = claims().await;
    let told = courtside(&scratch.url, &["events", "stat", "--json"]).await;
    let mut stat: Value = serde_json::from_str(&told.out).expect("JSON");
    let bytes = stat["bytes"].take();
    assert!(0 < bytes.as_u64().expect("a size"));
    let expected = json!({
        "log": "00000000-0000-0000-0000-000000000007", "store": "Postgres", "head": 6,
        "streams": 3, "events": 6, "bytes": null,
        "first_at": "1970-01-01T00:00:00Z", "last_at": "1970-01-01T00:01:00Z",
        "kinds": { "claim": { "streams": 2, "events": 5 }, "log": { "streams": 1, "events": 1 } },
    });
    assert_eq!(stat, expected);
    let told = courtside(&scratch.url, &["events", "stat"]).await;
    assert!(told.out.contains("00000000-0000-0000-0000-000000000007"), "{}", told.out);
    let row: Vec<&str> = told
        .out
        .lines()
        .find(|it| it.contains("claim"))
        .expect("a row")
        .split_whitespace()
        .collect();
    assert_eq!(row, ["claim", "2", "5"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_writes_nothing() {
    let (scratch, store) = log().await;
    let told = courtside(&scratch.url, &["events", "stat", "--json"]).await;
    let stat: Value = serde_json::from_str(&told.out).expect("JSON");
    assert_eq!((&stat["log"], &stat["head"]), (&Value::Null, &json!(0)));
    assert_eq!(store.head().await.expect("a head"), 0);
}

fn revisions(told: &Told) -> Vec<u64> {
    told.json().iter().map(|it| it["revision"].as_u64().expect("a revision")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_read_both_ways() {
    let (scratch, _store) = claims().await;
    #[rustfmt::skip]
    let cases: [(&[&str], &[u64], &str); 7] = [
        (&[],                                         &[0, 1, 2], ""),
        (&["--from", "1"],                            &[1, 2],    ""),
        (&["--from", "2"],                            &[2],       ""),
        (&["--limit", "2"],                           &[0, 1],    "1 more: --from 2\n"),
        (&["--backwards"],                            &[2, 1, 0], ""),
        (&["--backwards", "--from", "1"],             &[1, 0],    ""),
        (&["--backwards", "--limit", "2"],            &[2, 1],    "1 more: --from 0\n"),
    ];
    for (arguments, expected, more) in cases {
        let all = [&["events", "read", "claim-a", "--json"], arguments].concat();
        let told = courtside(&scratch.url, &all).await;
        assert_eq!(revisions(&told), expected, "{arguments:?}");
        assert_eq!(told.err, more, "{arguments:?}");
    }
    let told =
        courtside(&scratch.url, &["events", "read", "claim-a", "--json", "--limit", "1"]).await;
    let id = event_store::event_id("claim-a", 0, Uuid::from_u128(1));
    let expected = json!({
        "stream": "claim-a", "revision": 0, "id": id, "type": "claim.released.v1",
        "data": { "user": "00000000-0000-0000-0000-000000000001" },
        "meta": {
            "at": "1970-01-01T00:01:00Z", "command": Uuid::from_u128(1),
            "$correlationId": Uuid::from_u128(1), "actor": "user:1",
        },
    });
    assert_eq!(told.json(), [expected], "the data as it is, on one line");
    let told = courtside(&scratch.url, &["events", "read", "claim-b"]).await;
    let lines: Vec<_> = told.out.lines().collect();
    assert_eq!(lines.len(), 3, "{}", told.out);
    assert!(
        lines[0].contains("REVISION") && lines[2].contains("claim.released.v1"),
        "{}",
        told.out
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_said_in_one_sentence() {
    let (scratch, _store) = claims().await;
    let elsewhere = format!("{}-3", "0".repeat(32));
    #[rustfmt::skip]
    let cases: [(&[&str], &str); 5] = [
        (&["read", "two words"],                  "\"two words\" is no stream's name, which is 1 to 200 visible ASCII characters"),
        (&["read", "claim-c"],                    "there is no stream claim-c in this log"),
        (&["read", "claim-a", "--from", "3"],     "claim-a ends at revision 2: there is no revision 3"),
        (&["read", "claim-a", "--backwards", "--from", "18446744073709551615"],
                                                  "claim-a ends at revision 2: there is no revision 18446744073709551615"),
        (&["tail", "--after", &elsewhere],        &format!("{elsewhere} is a position of another log")),
    ];
    for (arguments, said) in cases {
        let told = courtside(&scratch.url, &[&["events"], arguments].concat()).await;
        assert_eq!(
            (told.code, told.err),
            (Some(1), format!("courtside: {said}\n")),
            "{arguments:?}"
        );
    }
    let told = courtside(&scratch.url, &["events", "tail", "--after", "soon"]).await;
    assert_eq!(told.code, Some(2));
    assert!(told.err.contains("a position is a number or a token"), "{}", told.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_in_a_url_is_never_shown() {
    for url in
        ["mysql://me:secret@127.0.0.1/log", "postgres://me:secret@[::/log", "esdb://me:secret@?x"]
    {
        let told = courtside(url, &["events", "stat"]).await;
        assert_eq!(told.code, Some(3), "{url}");
        assert!(!told.err.contains("secret"), "{}", told.err);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tail_is_shown_and_followed() {
    let (scratch, store) = claims().await;
    let positions = |told: &Told| -> Vec<u64> {
        told.json().iter().map(|it| it["position"].as_u64().expect("a position")).collect()
    };
    let token = format!("{}-4", Uuid::from_u128(7).simple());
    #[rustfmt::skip]
    let cases: [(&[&str], &[u64]); 5] = [
        (&[],                                &[1, 2, 3, 4, 5, 6]),
        (&["--limit", "2"],                  &[5, 6]),
        (&["--after", "2", "--limit", "2"],  &[3, 4]),
        (&["--after", "6"],                  &[]),
        (&["--after", &token],               &[5, 6]),
    ];
    for (arguments, expected) in cases {
        let told =
            courtside(&scratch.url, &[&["events", "tail", "--json"], arguments].concat()).await;
        assert_eq!(positions(&told), expected, "{arguments:?}: {}", told.err);
    }

    let arguments = ["events", "tail", "--follow", "--json", "--limit", "1"];
    let mut child = command(&scratch.url, &arguments).spawn().expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("an output")).lines();
    let mut next = async || {
        let line = tokio::time::timeout(Duration::from_secs(30), lines.next_line()).await;
        let line = line.expect("a line in time").expect("text").expect("a line");
        serde_json::from_str::<Value>(&line).expect("JSON")["position"].as_u64()
    };
    assert_eq!(next().await, Some(6));
    append(&store, "claim-c", 0, "claim.released.v1", RELEASED).await;
    assert_eq!(next().await, Some(7), "what comes is shown");
    append(&store, "claim-c", 1, "claim.released.v1", RELEASED).await;
    assert_eq!(next().await, Some(8));

    let pid = child.id().expect("a process").to_string();
    let told = tokio::process::Command::new("kill").args(["-INT", &pid]).status().await;
    assert!(told.expect("kill runs").success());
    let child = std::cell::RefCell::new(child);
    eventually("Ctrl-C ends it", Duration::from_secs(30), async || {
        child.borrow_mut().try_wait().expect("a child").is_some_and(|it| it.success())
    })
    .await;
}
