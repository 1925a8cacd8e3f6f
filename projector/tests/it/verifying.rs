//! A new build is compared with the live one before it is switched to.
use std::time::Duration;

use domain::projections::{ProjectionCommand, ProjectionEvent};
use projector::status::DifferingRow;
use serde_json::json;
use testing::eventually;

use crate::given::{court_day, id};
use crate::rebuilding::{Site, Stall, UNBOUND};

const LONG: Duration = Duration::from_mins(2);

/// As an earlier version of the projection may have left them, at a time when nothing is applied.
const ODD: &str = "
    UPDATE bookings_b1.bookings SET state = 'expired', venue = 'elsewhere' WHERE id LIKE '2026-03-01-%00000007';
    INSERT INTO bookings_b1.payments VALUES ('nobody''s', 'nothing', 1);
    DELETE FROM bookings_b1.booking_history WHERE booking LIKE '2026-03-01-%00000009';
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verified_build_is_switched_to_if_it_is_as_the_live_one() {
    let site = Site::new().await;
    let running = site.start(UNBOUND);
    site.fill(1, 30).await;
    site.caught_up().await;
    let writing = site.write_until_told(2);
    let rebuild = site.verify(false).await;
    site.switched(rebuild).await;
    writing.stop().await;
    assert_eq!(site.differences(rebuild).await, Some(vec![]), "compared while people book");
    site.caught_up().await;
    assert_eq!(site.live_build().await, 2);
    assert_eq!(site.rows().await, site.expected_rows().await);

    let rebuild = site.request().await;
    site.switched(rebuild).await;
    assert_eq!(site.differences(rebuild).await, None, "not asked, not compared");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_that_differs_stands_until_that_is_accepted() {
    let site = Site::new().await;
    let running = site.start(UNBOUND);
    site.fill(1, 30).await;
    site.caught_up().await;
    site.tamper(ODD).await;
    let rebuild = site.verify(false).await;
    let differences = site.differs(rebuild).await;

    let found: Vec<_> =
        differences.iter().map(|it| (it.table.as_str(), it.live_rows, it.new_rows)).collect();
    assert_eq!(found, [("booking_history", 58, 60), ("bookings", 30, 30), ("payments", 1, 0)]);
    let row = |key, is_in: &str, columns: &[&str]| {
        let columns = columns.iter().map(|it| (*it).to_owned()).collect();
        DifferingRow { key, is_in: is_in.to_owned(), columns }
    };
    let history = |revision| json!({ "booking": id(1, "9"), "revision": revision });
    assert_eq!(
        differences[0].rows,
        [row(history(18), "new", &[]), row(history(19), "new", &[])],
        "by key, in order"
    );
    let changed = json!({ "id": id(1, "7") });
    assert_eq!(differences[1].rows, [row(changed, "both", &["state", "venue"])], "no values");
    let made_up = json!({ "booking": "nobody's", "payment_reference": "nothing" });
    assert_eq!(differences[2].rows, [row(made_up, "live", &[])]);
    let status = site.status().await;
    let standing = status.rebuild.expect("it is not over");
    assert_eq!((standing.state.as_str(), standing.differences), ("differs", Some(differences)));

    // It stands in lockstep, and nobody waits for it.
    site.fill(2, 10).await;
    site.caught_up().await;
    assert_eq!(site.live_build().await, 1);
    assert_eq!(site.checkpoints().await, [site.head().await; 2], "both are moved");

    site.command(ProjectionCommand::Accept { rebuild }, "user:42").await;
    site.switched(rebuild).await;
    site.caught_up().await;
    assert_eq!(site.live_build().await, 2);
    assert_eq!(site.rows().await, site.expected_rows().await);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn differences_that_are_expected_are_accepted_beforehand() {
    let site = Site::new().await;
    let running = site.start(UNBOUND);
    site.fill(1, 30).await;
    site.caught_up().await;
    site.tamper(ODD).await;
    let rebuild = site.verify(true).await;
    site.switched(rebuild).await;
    let tables = site.differences(rebuild).await.expect("a comparison");
    assert_eq!(tables.len(), 3, "and shown all the same: {tables:?}");
    site.caught_up().await;
    assert_eq!(site.rows().await, site.expected_rows().await);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_of_another_shape_says_which_columns() {
    let site = Site::new().await;
    let running = site.start(UNBOUND);
    site.fill(1, 3).await;
    site.caught_up().await;
    site.tamper(
        "ALTER TABLE bookings_b1.refunds ADD COLUMN odd text; CREATE TABLE bookings_b1.odd (odd text)",
    )
    .await;
    let rebuild = site.verify(false).await;
    let differences = site.differs(rebuild).await;
    let found: Vec<_> = differences.iter().map(|it| (it.table.as_str(), &it.columns)).collect();
    let odd = vec!["odd".to_owned()];
    assert_eq!(found, [("odd", &odd), ("refunds", &odd)]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_that_differs_can_be_ended_and_others_need_not_wait_for_it() {
    let site = Site::new().await;
    let running = site.start(UNBOUND);
    site.fill(1, 10).await;
    site.caught_up().await;
    site.tamper(ODD).await;
    let rebuild = site.verify(false).await;
    site.differs(rebuild).await;
    // Whoever comes next takes it as it stands.
    running.stop().await;
    let running = site.start(UNBOUND);
    site.fill(2, 2).await;
    site.caught_up().await;
    assert_eq!(site.state(rebuild).await.as_deref(), Some("differs"));

    let reason = "as it was is right".to_owned();
    site.command(ProjectionCommand::Abort { rebuild, reason }, "user:42").await;
    eventually("its tables are gone", LONG, async || site.schemas().await == ["bookings_b1"]).await;
    assert_eq!(site.state(rebuild).await.as_deref(), Some("aborted"));
    let rebuild = site.request().await;
    site.switched(rebuild).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_projector_killed_in_lockstep_leaves_it_to_the_next() {
    let site = Site::new().await;
    site.fill(1, 25).await;
    let doomed = site.start(Stall::Views);
    let rebuild = site.verify(false).await;
    doomed.stalled().await;
    doomed.kill().await;
    let running = site.start(UNBOUND);
    site.fill(2, 5).await;
    site.switched(rebuild).await;
    site.caught_up().await;
    assert_eq!(site.live_build().await, 2);
    assert_eq!(site.differences(rebuild).await, Some(vec![]));
    assert_eq!(site.rows().await, site.expected_rows().await);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standing_build_that_fails_is_ended_and_the_live_one_goes_on() {
    let site = Site::new().await;
    let running = site.start(UNBOUND);
    site.fill(1, 10).await;
    site.caught_up().await;
    site.tamper(ODD).await;
    let rebuild = site.verify(false).await;
    site.differs(rebuild).await;

    site.tamper("ALTER TABLE bookings_b2.bookings ADD CONSTRAINT odd CHECK (id < '2026-03-02')")
        .await;
    site.fill(2, 5).await;
    eventually("the rebuild fails", LONG, async || {
        site.state(rebuild).await.as_deref() == Some("failed")
    })
    .await;
    assert!(matches!(site.last_event().await, ProjectionEvent::Aborted { reason, .. }
        if reason.contains(&court_day(2)) || reason.contains("odd")));
    site.caught_up().await;
    let status = site.status().await;
    assert_eq!((status.build, status.last_error), (1, None), "the live build goes on");
    let days = site.rows().await.into_keys().filter(|it| it.starts_with("2026-03-02")).count();
    assert_eq!(days, 5);
    running.stop().await;
}
