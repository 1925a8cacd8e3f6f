//! What is over does not stay for ever, and weeks of what is not over cost nothing.
use std::sync::Arc;

use scheduler::timers::in_process::InProcess;
use scheduler::timers::pruning::Pruning;
use sqlx::AssertSqlSafe;

use crate::reactions::world::World;

const DAY: i64 = 24 * 60 * 60;

fn pruning(world: &World) -> Pruning {
    Pruning { db: world.db(), clock: world.clock.clone() }
}

async fn states(world: &World) -> Vec<String> {
    sqlx::query_scalar("SELECT state FROM timers WHERE kind = 'hold' ORDER BY source_position")
        .fetch_all(&world.db())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_closed_timer_goes_after_a_day_and_one_whose_end_was_not_read_stays() {
    let world = World::new().await;
    let scheduler = world.scheduler(Arc::new(InProcess::default()));
    let confirmed = world.hold(900).await;
    world.confirm(&confirmed).await;
    world.hold(10).await;
    world.follow().await;
    world.later(14);
    assert_eq!(scheduler.sweep.round(&world.shutdown).await.unwrap(), 1);
    let armed = world.hold(30 * 24 * 3_600).await;
    // Of this log the follower has not heard the sweep's expiry yet, nor the last hold.
    assert_eq!(states(&world).await, ["closed", "closed"]);
    assert_eq!(pruning(&world).round().await.unwrap(), 0, "not on the same day");

    world.later(DAY + 60);
    assert_eq!(pruning(&world).round().await.unwrap(), 1);
    assert_eq!(states(&world).await, ["closed"], "the log has not said yet that this one is over");
    world.follow().await;
    assert_eq!(pruning(&world).round().await.unwrap(), 4, "with the play it never had");
    assert_eq!(states(&world).await, ["armed"], "{armed}");

    sqlx::raw_sql("DELETE FROM checkpoints").execute(&world.db()).await.unwrap();
    world.follow().await;
    assert_eq!(states(&world).await, ["closed", "closed", "armed"], "told again, and over again");
    world.later(3 * DAY);
    assert_eq!(pruning(&world).round().await.unwrap(), 5);
}

#[tokio::test]
async fn sent_messages_go_after_a_week_in_small_batches_and_dead_ones_stay() {
    let world = World::new().await;
    let intended = "INSERT INTO outbox (intent, kind, subject_stream, source_event, source_position, payload,
            valid_until, state, ended_at, next_attempt_at)
        SELECT gen_random_uuid(), 'verify-email', 'user-1', gen_random_uuid(), n, '{}',
            now() - interval '8 days', state, CASE WHEN n % 2 = 0 THEN now() - interval '8 days' END, now()
        FROM generate_series(1, 300) AS n, unnest(ARRAY['sent', 'expired', 'dead', 'pending']) AS state;
        INSERT INTO outbox (intent, kind, subject_stream, source_event, source_position, payload,
            valid_until, state, ended_at, next_attempt_at)
        VALUES (gen_random_uuid(), 'verify-email', 'user-1', gen_random_uuid(), 1, '{}',
            now(), 'sent', now() - interval '6 days', now())";
    sqlx::raw_sql(intended).execute(&world.db()).await.unwrap();
    let rounds = [pruning(&world).round().await.unwrap(), pruning(&world).round().await.unwrap()];
    assert_eq!(rounds, [500, 100]);
    let left: Vec<(String, i64)> =
        sqlx::query_as("SELECT state, count(*) FROM outbox GROUP BY state ORDER BY state")
            .fetch_all(&world.db())
            .await
            .unwrap();
    let row = |state: &str, count| (state.to_owned(), count);
    assert_eq!(left, [row("dead", 300), row("pending", 300), row("sent", 1)]);
}

/// Every statement that a loop repeats, with parameters of its types.
const REPEATED: [(&str, &str, &str); 7] = [
    (
        "claim_overdue",
        include_str!("../../../src/timers/claim_overdue.sql"),
        "'{hold}', now(), now() + interval '5 s', now() - interval '3 s', 200",
    ),
    (
        "claim_nearly_due",
        include_str!("../../../src/timers/claim_nearly_due.sql"),
        "'{hold}', now(), now() + interval '5 s', now() - interval '3 s', now() + interval '1 s', 500",
    ),
    (
        "claim_fresh",
        include_str!("../../../src/timers/claim_fresh.sql"),
        "'{hold}', now(), now() + interval '5 s', now() - interval '1 s', '{900}', 500",
    ),
    ("overdue", include_str!("../../../src/timers/overdue.sql"), "'{hold}'"),
    ("prune", include_str!("../../../src/timers/prune.sql"), "now() - interval '1 day', 500"),
    (
        "confirm",
        include_str!("../../../src/timers/confirm.sql"),
        "'{b-1,b-2}', '{9,9}', ARRAY[now(), now()], '{reminder_day}'",
    ),
    (
        "close_ended",
        include_str!("../../../src/timers/close_ended.sql"),
        "'{b-1,b-2}', '{hold,hold}', '{9,9}'",
    ),
];

#[tokio::test]
async fn hundreds_of_thousands_of_timers_weeks_away_are_not_looked_at() {
    let world = World::new().await;
    let filled =
        "INSERT INTO timers (timer_id, kind, stream, booking, generation, armed_at, due_at, state,
            closed_at, ended_position, source_position)
        SELECT gen_random_uuid(), 'hold', 'courtday-1', 'b-' || n, 1, now() - n * interval '3 s',
            now() + n * interval '5 s', CASE WHEN n % 4 = 0 THEN 'closed' ELSE 'armed' END,
            CASE WHEN n % 4 = 0 THEN now() - n * interval '1 s' END, n, n
        FROM generate_series(1, 200000) AS n;
        ANALYZE timers";
    let mut db = world.db().acquire().await.unwrap();
    sqlx::raw_sql(filled).execute(&mut *db).await.unwrap();
    for (name, statement, parameters) in REPEATED {
        let asked = if parameters.is_empty() {
            format!("EXPLAIN {statement}")
        } else {
            let prepare = format!("PREPARE {name} AS {statement}");
            sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *db).await.unwrap();
            format!("EXPLAIN EXECUTE {name} ({parameters})")
        };
        let plan: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(asked)).fetch_all(&mut *db).await.unwrap();
        let plan = plan.join("\n");
        assert!(!plan.contains("Seq Scan on timers"), "{name}:\n{plan}");
    }
}
