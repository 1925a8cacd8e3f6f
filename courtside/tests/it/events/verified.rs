//! What `verify` finds in logs that were damaged behind the store's back.
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool};

use crate::events::world::{append, courtside, every_event, log, opened};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_of_every_event_there_ever_was_has_no_fault() {
    let (scratch, store) = opened().await;
    let events = every_event(&store).await + 1;
    let told = courtside(&scratch.url, &["events", "verify"]).await;
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""));
    assert!(told.out.starts_with(&format!("{events} events in ")), "{}", told.out);
    assert!(told.out.ends_with(&format!("up to position {events}: no fault\n")), "{}", told.out);
}

#[tokio::test]
async fn an_empty_log_has_no_fault() {
    let (scratch, _store) = log().await;
    let told = courtside(&scratch.url, &["events", "verify"]).await;
    assert_eq!(told.out, "0 events in 0 streams up to position 0: no fault\n");
}

/// Position 1 opens the log; `claim-a` has positions 2, 3 and 5, `claim-b` 4 and 6.
async fn claims() -> testing::Scratch {
    let (scratch, store) = opened().await;
    let claimed =
        br#"{"user": "00000000-0000-0000-0000-000000000001", "until": "2026-11-21T10:00:00Z"}"#;
    for (stream, revision) in
        [("claim-a", 0), ("claim-a", 1), ("claim-b", 0), ("claim-a", 2), ("claim-b", 1)]
    {
        append(&store, stream, revision, "claim.claimed.v1", claimed).await;
    }
    let prepare = "ALTER TABLE events DISABLE TRIGGER USER;
                   ALTER TABLE events DROP CONSTRAINT events_stream_revision;
                   CREATE TABLE undamaged AS TABLE events";
    sqlx::raw_sql(prepare).execute(&scratch.pool).await.unwrap();
    scratch
}

async fn mend(db: &PgPool) {
    let mend = "TRUNCATE events; INSERT INTO events SELECT * FROM undamaged";
    sqlx::raw_sql(mend).execute(db).await.unwrap();
}

/// Damage, and what is found: position, kind of fault, and a part of what is said.
type Case = (&'static str, &'static [(u64, &'static str, &'static str)]);

#[rustfmt::skip]
const DAMAGE: &[Case] = &[
    ("DELETE FROM events WHERE position = 4",
        &[(5, "position", "position 4 is missing"), (6, "revision", "revision 0 is missing")]),
    ("DELETE FROM events WHERE position IN (3, 4)",
        &[(5, "position", "positions 3 to 4 are missing"), (5, "revision", "revision 1 is missing"), (6, "revision", "revision 0 is missing")]),
    ("UPDATE events SET revision = 4 WHERE position = 5",
        &[(5, "revision", "revisions 2 to 3 are missing"), (5, "id", "stream, revision and command make")]),
    ("UPDATE events SET revision = 1 WHERE position = 5",
        &[(5, "revision", "revision 1 comes after 1"), (5, "id", "stream, revision and command make")]),
    ("UPDATE events SET position = -position WHERE position IN (2, 3); UPDATE events SET position = 5 + position WHERE position < 0",
        &[(2, "revision", "revision 0 is missing"), (3, "revision", "revision 0 comes after 1")]),
    ("UPDATE events SET event_id = '00000000-0000-0000-0000-000000000001' WHERE position = 3",
        &[(3, "id", "the id is 00000000-0000-0000-0000-000000000001")]),
    ("UPDATE events SET event_id = (SELECT event_id FROM events WHERE position = 2) WHERE position = 3",
        &[(3, "id", "stream, revision and command make")]),
    ("UPDATE events SET data = '{}' WHERE position = 3",
        &[(3, "data", "missing field")]),
    ("UPDATE events SET data = '\\xff' WHERE position = 3",
        &[(3, "data", "claim.claimed.v1 cannot be read")]),
    ("UPDATE events SET type = 'claim.eaten.v1' WHERE position = 3",
        &[(3, "data", "unknown variant `claim.eaten.v1`")]),
    ("UPDATE events SET type = 'booking.released.v1' WHERE position = 3",
        &[(3, "data", "unknown variant `booking.released.v1`")]),
    ("UPDATE events SET stream_id = 'pony-a' WHERE position = 6",
        &[(6, "revision", "revision 0 is missing"), (6, "id", "stream, revision and command make"), (6, "data", "no such kind of stream")]),
    ("UPDATE events SET stream_id = 'log' WHERE position = 6",
        &[(6, "id", "stream, revision and command make"), (6, "data", "does not belong in the stream log")]),
    ("UPDATE events SET meta = '{}' WHERE position = 3",
        &[(3, "metadata", "missing field `at`")]),
    ("UPDATE events SET meta = 'nothing' WHERE position IN (2, 3, 6)",
        &[(2, "metadata", "expected"), (3, "metadata", "expected"), (6, "metadata", "expected")]),
    ("UPDATE events SET meta = replace(convert_from(meta, 'UTF8'), '000000000002', '00000000000f')::bytea WHERE position = 3",
        &[(3, "id", "stream, revision and command make")]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_damage_is_found_where_it_is() {
    let scratch = claims().await;
    for (damage, expected) in DAMAGE {
        mend(&scratch.pool).await;
        sqlx::raw_sql(AssertSqlSafe(*damage)).execute(&scratch.pool).await.expect(damage);
        let told = courtside(&scratch.url, &["events", "verify", "--json"]).await;
        assert_eq!(told.code, Some(1), "{damage}");
        let mut lines = told.json();
        let summary = lines.pop().expect("a summary");
        assert_eq!(summary["faults"], expected.len(), "{damage}");
        let found: Vec<_> = lines.iter().map(place).collect();
        let places: Vec<_> = expected.iter().map(|it| (it.0, it.1)).collect();
        assert_eq!(found, places, "{damage}: {lines:#?}");
        for (line, (_, _, said)) in lines.iter().zip(*expected) {
            let detail = line["detail"].as_str().expect("a sentence");
            assert!(detail.contains(said), "{damage}: {detail}");
        }
    }
}

fn place(line: &Value) -> (u64, &str) {
    (line["position"].as_u64().expect("a position"), line["fault"].as_str().expect("a kind"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_faults_are_shown_and_the_others_counted() {
    let scratch = claims().await;
    let damage = "INSERT INTO events (position, stream_id, revision, event_id, type, data, meta)
                  SELECT n, 'pony-' || n, 0, gen_random_uuid(), 'pony.fed.v1', '{}', meta
                  FROM generate_series(7, 31) n, undamaged WHERE position = 1";
    sqlx::raw_sql(damage).execute(&scratch.pool).await.unwrap();
    let told = courtside(&scratch.url, &["events", "verify"]).await;
    assert_eq!(told.code, Some(1));
    // Each of the 25 has a wrong id and data that nobody knows.
    assert_eq!(told.out.lines().count(), 1 + 20 + 1, "{}", told.out);
    assert!(told.out.ends_with("and 30 more\n"), "{}", told.out);
    assert_eq!(told.err, "courtside: the log has 50 faults\n");
    let first = told.out.lines().nth(1).expect("a fault");
    assert!(first.contains('7') && first.contains("pony-7"), "{first}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lies_before_the_position_to_begin_with_is_taken_on_trust() {
    let scratch = claims().await;
    let damage = "UPDATE events SET data = '{}' WHERE position = 3";
    sqlx::raw_sql(damage).execute(&scratch.pool).await.unwrap();
    for (from, code) in [("0", 1), ("1", 1), ("3", 1), ("4", 0), ("6", 0), ("7", 0), ("99", 0)] {
        let told = courtside(&scratch.url, &["events", "verify", "--from", from]).await;
        assert_eq!(told.code, Some(code), "from {from}: {}{}", told.out, told.err);
    }
}
