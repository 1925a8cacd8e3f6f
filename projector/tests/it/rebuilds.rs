//! A projection is made anew while it serves: nobody notices, whoever is killed when.
use std::time::Duration;

use domain::projections::{ProjectionCommand, ProjectionEvent};
use serde_json::json;
use testing::eventually;

use crate::given::{append, append_kind, confirmed, court_day, held};
use crate::rebuilding::{Site, Stall, UNBOUND};

const LONG: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_notice_nothing_of_a_rebuild_under_load() {
    let site = Site::new().await;
    let running = site.start(UNBOUND);
    site.fill(1, 300).await;
    site.caught_up().await;

    let rebuild = site.request().await;
    let writing = site.write_until_told(2);
    let mut seen = 0;
    let mut answers = 0;
    while site.state(rebuild).await.as_deref() != Some("switched") {
        // Panics when a query fails, goes back, or shows less than the position it answers with.
        seen = site.read_consistently(seen).await;
        answers += 1;
    }
    for _ in 0..20 {
        seen = site.read_consistently(seen).await;
    }
    writing.stop().await;
    assert!(10 < answers, "only {answers} queries ran during the rebuild");

    site.caught_up().await;
    assert_eq!(site.live_build().await, 2);
    assert_eq!(
        site.rows().await,
        site.expected_rows().await,
        "the new build has what the log says"
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_began_before_lockstep_never_meets_the_new_build() {
    let site = Site::new().await;
    let running = site.start(UNBOUND);
    site.fill(1, 50).await;
    site.caught_up().await;

    let mut query = site.query().await;
    let position = query.position().await;
    let rebuild = site.request().await;
    eventually("lockstep", LONG, async || {
        site.state(rebuild).await.as_deref() == Some("switching")
    })
    .await;
    site.fill(2, 10).await;
    site.caught_up().await;
    let rows = query.history_rows().await;
    assert_eq!(rows, site.history_at(position).await, "rows of the position it answers with");
    assert_eq!(site.live_build().await, 1, "not switched while the query runs");
    query.end().await;

    site.switched(rebuild).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_projector_killed_at_any_step_costs_a_chunk_and_no_more() {
    // 25 bookings of two events each, 20 events to a chunk: at least three chunks, then lockstep and the switch.
    let site = Site::new().await;
    site.fill(1, 25).await;
    let mut live = 1;
    for stall in (1..=3).flat_map(|n| [Stall::Before(n), Stall::After(n)]).chain([Stall::Views]) {
        let doomed = site.start(stall);
        let rebuild = site.request().await;
        doomed.stalled().await;
        doomed.kill().await;

        let running = site.start(UNBOUND);
        live += 1;
        site.fill(u8::try_from(live).expect("a day"), 5).await;
        site.switched(rebuild).await;
        site.caught_up().await;
        assert_eq!(site.live_build().await, live, "{stall:?}: the build goes on where it was");
        assert_eq!(site.rows().await, site.expected_rows().await, "{stall:?}");
        assert!(
            site.counted(rebuild).await <= site.head().await,
            "{stall:?}: nothing is replayed twice"
        );
        running.stop().await;
    }
    assert_eq!(live, 8);
}

/// Eight court-days shared by three: each chunk of 20 events has several shares, of which one is stalled at any step.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_at_any_step_costs_a_share_and_no_more() {
    let site = Site::new().await;
    site.fill_days(1..=8, 4).await;
    let mut live = 1;
    let steps = (1..=6).flat_map(|n| [Stall::Before(n), Stall::After(n)]);
    for stall in steps.chain([Stall::Indexes, Stall::Views]) {
        let doomed = site.start(stall);
        let rebuild = site.request_by(3).await;
        doomed.stalled().await;
        doomed.kill().await;

        let running = site.start(UNBOUND);
        live += 1;
        site.switched(rebuild).await;
        site.caught_up().await;
        assert_eq!(site.live_build().await, live, "{stall:?}: the build goes on where it was");
        assert_eq!(site.rows().await, site.expected_rows().await, "{stall:?}");
        assert!(
            site.counted(rebuild).await <= site.head().await,
            "{stall:?}: nothing is replayed twice"
        );
        assert_eq!(site.workers().await, 0, "{stall:?}: their places are the build's own");
        assert_eq!(site.indexes(live).await, site.indexes(live - 1).await, "{stall:?}");
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shares_end_at_the_first_event_that_cannot_be_applied() {
    let site = Site::new().await;
    site.fill_days(1..=8, 2).await;
    let running = site.start(UNBOUND);
    site.caught_up().await;
    // Each of another key, and the first of them not in the first share.
    for (day, revision) in [(6, 1), (3, 1), (8, 0), (2, 2)] {
        site.refuse(&court_day(day), revision);
    }
    let first = site.positions(&court_day(3), 1).await[0];
    for workers in [1, 3, 8] {
        let rebuild = site.request_by(workers).await;
        eventually("the rebuild fails", LONG, async || {
            site.state(rebuild).await.as_deref() == Some("failed")
        })
        .await;
        let parked = site.parked().await;
        let parked: Vec<u64> = parked.iter().map(|it| it.position).collect();
        assert_eq!(parked, [first], "by {workers}");
    }
    assert_eq!(site.live_build().await, 1, "the live build was not touched");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_projector_that_was_frozen_and_wakes_changes_nothing() {
    let site = Site::new().await;
    site.fill(1, 50).await;
    let frozen = site.start(Stall::Freeze(2));
    let (thaw, thawed) = std::sync::mpsc::channel::<()>();
    let ice = std::sync::Arc::clone(&frozen.ice);
    let cold = std::thread::spawn(move || {
        let _ice = ice.lock();
        thawed.recv()
    });
    let rebuild = site.request().await;
    frozen.stalled().await;
    let running = site.start(UNBOUND);
    eventually("somebody else takes it", LONG, async || site.epoch(rebuild).await == 2).await;
    thaw.send(()).expect("ice");
    let _ = cold.join().expect("ice");
    site.switched(rebuild).await;
    site.caught_up().await;
    assert_eq!(site.live_build().await, 2);
    assert_eq!(site.rows().await, site.expected_rows().await);
    assert!(site.counted(rebuild).await <= site.head().await, "nothing is counted twice");
    running.stop().await;
    frozen.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_projectors_do_the_work_once() {
    let site = Site::new().await;
    let (one, other) = (site.start(UNBOUND), site.start(UNBOUND));
    site.fill(1, 30).await;
    let rebuild = site.request().await;
    site.fill(2, 30).await;
    site.switched(rebuild).await;
    site.caught_up().await;
    assert_eq!(site.live_build().await, 2, "one build was made");
    assert_eq!(site.rows().await, site.expected_rows().await);

    one.stop().await;
    site.fill(3, 10).await;
    site.caught_up().await;
    assert_eq!(site.rows().await, site.expected_rows().await, "either goes on alone");
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_projector_follows_a_switch_it_did_not_make() {
    let site = Site::new().await;
    let running = site.start(UNBOUND);
    site.fill(1, 5).await;
    site.caught_up().await;
    running.stop().await;

    let gate = site.close_gate().await;
    let maker = site.start(Stall::Gate);
    let rebuild = site.request().await;
    eventually("lockstep", LONG, async || {
        site.state(rebuild).await.as_deref() == Some("switching")
    })
    .await;
    let other = site.start(UNBOUND);
    site.fill(2, 5).await;
    site.caught_up().await;
    assert_eq!(site.live_build().await, 1);

    gate.open().await;
    site.switched(rebuild).await;
    maker.stop().await;
    site.fill(3, 5).await;
    site.caught_up().await;
    assert_eq!(site.live_build().await, 2);
    assert_eq!(site.rows().await, site.expected_rows().await);
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aborted_rebuild_leaves_no_trace_but_its_row() {
    let site = Site::new().await;
    let running = site.start(Stall::Before(2));
    site.fill(1, 25).await;
    let rebuild = site.request().await;
    running.stalled().await;
    site.command(ProjectionCommand::Abort { rebuild, reason: "never mind".to_owned() }, "user:42")
        .await;
    eventually("the end of the row", LONG, async || {
        site.state(rebuild).await.as_deref() == Some("aborted")
    })
    .await;
    eventually("its tables are gone", LONG, async || site.schemas().await == ["bookings_b1"]).await;
    site.fill(2, 5).await;
    site.caught_up().await;
    assert_eq!(site.live_build().await, 1);
    assert_eq!(site.rows().await, site.expected_rows().await);
    running.kill().await;
}

/// The end of one rebuild and the request for the next may be read at one moment, just after the worker has tidied up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_that_follows_an_ended_one_at_once_does_not_stumble_over_its_build() {
    let site = Site::new().await;
    site.tamper(
        "CREATE FUNCTION left_behind() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             INSERT INTO builds (projection, build, state) VALUES (NEW.projection, 2, 'building');
             RETURN NEW;
         END $$;
         CREATE TRIGGER left_behind AFTER UPDATE ON rebuilds
         FOR EACH ROW WHEN (OLD.epoch = 0 AND NEW.epoch = 1)
         EXECUTE FUNCTION left_behind()",
    )
    .await;
    let running = site.start(UNBOUND);
    site.fill(1, 5).await;
    let rebuild = site.request().await;
    site.switched(rebuild).await;
    assert_eq!(site.live_build().await, 3);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_cannot_be_applied_holds_up_one_projection_and_says_so() {
    let site = Site::new().await;
    let running = site.start(UNBOUND);
    site.fill(1, 5).await;
    let culprit =
        append_kind(&site.store, &court_day(1), 0, "booking.unheard-of.v1", b"{}".to_vec()).await;
    site.fill(2, 5).await;

    eventually("it waits", LONG, async || {
        site.status_if_any()
            .await
            .is_some_and(|it| it.state == "waiting" && it.position == culprit - 1)
    })
    .await;
    let status = site.status().await;
    let why = status.last_error.expect("a reason");
    assert!(why.contains("booking.unheard-of.v1"), "{why}");

    let rebuild = site.request().await;
    eventually("the rebuild fails", LONG, async || {
        site.state(rebuild).await.as_deref() == Some("failed")
    })
    .await;
    let end = site.last_event().await;
    assert!(
        matches!(end, ProjectionEvent::Aborted { reason, .. } if reason.contains("booking.unheard-of.v1"))
    );
    eventually("its tables are gone", LONG, async || site.schemas().await == ["bookings_b1"]).await;
    assert_eq!(site.live_build().await, 1, "the live build was not touched");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_old_build_is_kept_and_no_older_one() {
    let site = Site::new().await;
    let running = site.start(UNBOUND);
    site.fill(1, 5).await;
    for _ in 0..3 {
        let rebuild = site.request().await;
        site.switched(rebuild).await;
    }
    eventually("older builds are gone", LONG, async || {
        site.schemas().await == ["bookings_b3", "bookings_b4"]
    })
    .await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_projection_of_another_log_can_be_rebuilt() {
    let mut site = Site::new().await;
    let running = site.start(UNBOUND);
    site.fill(1, 20).await;
    site.caught_up().await;
    running.stop().await;

    site.exchange_log();
    site.fill(2, 3).await;
    let running = site.start(UNBOUND);
    let rebuild = site.request().await;
    site.switched(rebuild).await;
    site.caught_up().await;
    assert_eq!(site.rows().await, site.expected_rows().await, "nothing of the other log is left");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_read_database_is_built_anew_and_old_requests_stay_old() {
    let mut site = Site::new().await;
    let running = site.start(UNBOUND);
    site.fill(1, 5).await;
    let rebuild = site.request().await;
    site.switched(rebuild).await;
    running.stop().await;

    site.lose_read_database().await;
    let running = site.start(UNBOUND);
    append(&site.store, &court_day(3), 0, &held(3, "Z", 120)).await;
    append(&site.store, &court_day(3), 1, &confirmed(3, "Z")).await;
    site.caught_up().await;
    eventually("the old request is read", LONG, async || {
        site.state(rebuild).await.as_deref() == Some("switched")
    })
    .await;
    assert_eq!(site.live_build().await, 1, "and not worked off again");
    assert_eq!(site.rows().await, site.expected_rows().await);
    assert_eq!(site.rebuild_row(rebuild).await, json!({ "build": null, "done": 0 }));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_paused_neither_follows_nor_is_rebuilt_and_then_goes_on() {
    let site = Site::new().await;
    let running = site.start(UNBOUND);
    site.fill(1, 5).await;
    site.caught_up().await;
    let reason = "a busy evening".to_owned();
    site.command(ProjectionCommand::Pause { reason }, "user:42").await;
    eventually("it is paused", LONG, async || site.status().await.state == "paused").await;
    site.fill(2, 30).await;
    let rebuild = site.request().await;
    eventually("the request is read", LONG, async || site.state(rebuild).await.is_some()).await;
    let rows = site.rows().await;
    assert!(rows.keys().all(|it| it.starts_with("2026-03-01")), "{rows:?}");
    assert_eq!(site.state(rebuild).await.as_deref(), Some("requested"));

    site.command(ProjectionCommand::Resume, "user:42").await;
    site.switched(rebuild).await;
    site.caught_up().await;
    assert_eq!(site.status().await.state, "live");
    assert_eq!(site.rows().await, site.expected_rows().await);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_that_is_paused_wherever_it_is_goes_on_from_there() {
    let site = Site::new().await;
    site.fill(1, 300).await;
    let running = site.start(UNBOUND);
    let rebuild = site.request().await;
    eventually("it is begun", LONG, async || site.counted_if_any(rebuild).await != 0).await;
    let reason = "a busy evening".to_owned();
    site.command(ProjectionCommand::Pause { reason }, "user:42").await;
    eventually("it is paused", LONG, async || site.status().await.state == "paused").await;
    site.command(ProjectionCommand::Resume, "user:42").await;
    site.switched(rebuild).await;
    site.caught_up().await;
    assert_eq!(site.live_build().await, 2, "of the same build");
    assert!(site.counted(rebuild).await <= site.head().await, "nothing is counted twice");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_build_that_was_live_before_goes_when_an_operator_says_so() {
    let site = Site::new().await;
    let running = site.start(UNBOUND);
    site.fill(1, 5).await;
    let rebuild = site.request().await;
    site.switched(rebuild).await;
    assert_eq!(site.schemas().await, ["bookings_b1", "bookings_b2"]);
    site.command_now(ProjectionCommand::DropOld).await;
    eventually("it is gone", LONG, async || site.schemas().await == ["bookings_b2"]).await;
    site.caught_up().await;
    assert_eq!(site.rows().await, site.expected_rows().await);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_there_is_no_room_a_rebuild_waits_says_so_and_goes_on() {
    let site = Site::new().await;
    let running = site.start(Stall::Full);
    site.refuse("until it is mended", 0);
    site.fill(1, 30).await;
    let rebuild = site.request().await;
    eventually("it says why it waits", LONG, async || {
        let rebuild = site.status_if_any().await.and_then(|it| it.rebuild);
        rebuild.and_then(|it| it.error).is_some_and(|it| it.contains("No space left on device"))
    })
    .await;
    site.fill(2, 5).await;
    site.caught_up().await;
    let status = site.status().await;
    assert_eq!((status.build, status.last_error), (1, None), "the live build goes on");
    assert_eq!(site.rows().await, site.expected_rows().await);

    site.mend();
    site.switched(rebuild).await;
    site.caught_up().await;
    assert_eq!(site.live_build().await, 2, "with the same build");
    assert_eq!(site.rows().await, site.expected_rows().await);
    assert!(site.counted(rebuild).await <= site.head().await, "nothing is counted twice");
    running.stop().await;
}
