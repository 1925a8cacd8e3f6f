//! What cannot be applied is put aside, and nothing else waits for it, whoever is killed when.
mod erasures;

use std::time::Duration;

use domain::projections::ProjectionEvent;
use testing::eventually;
use uuid::Uuid;

use crate::given::{append_kind, court_day};
use crate::rebuilding::{Site, Stall, UNBOUND};

const LONG: Duration = Duration::from_mins(2);

/// Waits until so many events are parked, and the projection has gone on to the end.
async fn parks(site: &Site, count: usize) {
    eventually("it is parked", LONG, async || site.parked().await.len() == count).await;
    site.caught_up().await;
}

/// The parked event, which is the only one.
async fn culprit(site: &Site) -> Uuid {
    let parked = site.parked().await;
    assert_eq!(parked.len(), 1, "{parked:?}");
    parked[0].event
}

async fn revisions(site: &Site) -> Vec<i64> {
    site.rows().await.into_values().map(|it| it.1).collect()
}

async fn is_mended(site: &Site) {
    eventually("nothing is parked", LONG, async || site.parked().await.is_empty()).await;
    site.caught_up().await;
    assert_eq!(site.rows().await, site.expected_rows().await, "as if nothing had been");
    assert_eq!(site.status().await.state, "live");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_waits_behind_its_parked_event_and_all_else_goes_on() {
    let site = Site::new().await;
    site.refuse(&court_day(1), 5);
    site.fill(1, 5).await;
    site.fill(2, 5).await;
    let running = site.start(UNBOUND);
    parks(&site, 1).await;
    site.fill(1, 2).await;
    site.fill(3, 2).await;
    site.caught_up().await;

    let parked = site.parked().await;
    let positions = site.positions(&court_day(1), 5).await;
    assert_eq!(parked[0].position, positions[0], "the culprit alone");
    assert_eq!((parked[0].key.clone(), parked[0].is_live), (court_day(1), true));
    assert!(parked[0].error.contains("division by zero"), "{}", parked[0].error);
    assert_eq!(site.behind(&parked[0]).await, positions[1..], "each with its position");
    let status = site.status().await;
    assert_eq!((status.state.as_str(), status.parked), ("parked", 1));
    assert_eq!(status.behind, i64::try_from(positions.len() - 1).expect("few"));
    assert_eq!(status.last_error, None, "it does not wait");

    let (rows, mut expected) = (site.rows().await, site.expected_rows().await);
    expected.retain(|id, row| !id.starts_with("2026-03-01") || row.1 < 5);
    let held = rows.iter().filter(|(id, _)| id.starts_with("2026-03-01")).count();
    assert_eq!(held, 3, "what came before it on its day is there");
    assert!(expected.iter().all(|(id, row)| rows.get(id) == Some(row)), "{rows:?}");

    let event = culprit(&site).await;
    site.retry(event).await;
    site.caught_up().await;
    assert_eq!(culprit(&site).await, event, "what fails again is parked again, at once");
    assert_eq!(site.behind(&site.parked().await[0]).await, positions[1..], "and nothing is lost");

    site.mend();
    site.retry(event).await;
    is_mended(&site).await;
    site.fill(1, 1).await;
    is_mended(&site).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn culprits_are_parked_one_by_one_wherever_they_are_in_a_batch() {
    let site = Site::new().await;
    for day in 1..=4 {
        site.fill(day, 4).await;
    }
    // Of a key of its own each, and two of one key: the second is met only when the first is out of the way.
    for (day, revision) in [(1, 0), (2, 7), (3, 3), (3, 4)] {
        site.refuse(&court_day(day), revision);
    }
    let running = site.start(UNBOUND);
    parks(&site, 3).await;
    let keys: Vec<String> = site.parked().await.into_iter().map(|it| it.key).collect();
    assert_eq!(keys, [court_day(1), court_day(2), court_day(3)]);

    let first = site.parked().await[2].clone();
    site.skip(first.event).await;
    eventually("the next of its key", LONG, async || {
        let parked = site.parked().await;
        parked.len() == 3 && parked[2].key == first.key && first.position < parked[2].position
    })
    .await;

    site.mend();
    for it in site.parked().await {
        site.retry(it.event).await;
    }
    eventually("nothing is parked", LONG, async || site.parked().await.is_empty()).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_given_up_is_left_out_of_this_build_and_of_every_later_one() {
    let mut site = Site::new().await;
    let running = site.start(UNBOUND);
    site.fill(1, 2).await;
    // A name that is known, and nothing in it.
    append_kind(&site.store, &court_day(1), 0, "booking.confirmed.v1", b"{}".to_vec()).await;
    site.fill(1, 2).await;
    parks(&site, 1).await;
    let event = culprit(&site).await;

    let rebuild = site.request().await;
    eventually("the rebuild fails", LONG, async || {
        site.state(rebuild).await.as_deref() == Some("failed")
    })
    .await;
    let ProjectionEvent::Aborted { reason, .. } = site.last_event().await else {
        panic!("it says why");
    };
    assert!(reason.contains(&event.to_string()), "{reason}");
    let builds: Vec<bool> = site.parked().await.into_iter().map(|it| it.is_live).collect();
    assert_eq!(builds, [true, false], "operators see both, and may give it up from either");

    site.skip(event).await;
    eventually("the live build goes on", LONG, async || {
        site.parked().await.iter().all(|it| !it.is_live)
    })
    .await;
    let rebuild = site.request().await;
    site.switched(rebuild).await;
    site.caught_up().await;
    assert_eq!(site.parked().await, [], "nothing of earlier builds is left");
    assert_eq!(site.status().await.state, "live");
    assert_eq!(revisions(&site).await, [6, 8], "what waited behind it was applied");

    // Everything made anew from the first event passes over it too.
    running.stop().await;
    site.lose_read_database().await;
    let running = site.start(UNBOUND);
    site.caught_up().await;
    assert_eq!(site.parked().await, []);
    assert_eq!(revisions(&site).await, [6, 8]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_projector_killed_while_it_parks_loses_nothing_and_parks_once() {
    let site = Site::new().await;
    site.refuse(&court_day(1), 3);
    site.fill(1, 4).await;
    site.fill(2, 4).await;
    // It fails whole, then in halves, then alone; the last of these is the attempt after which it would be parked.
    for refusal in [1, 2, 3, 5, 6, 9, 13, 21] {
        let doomed = site.start(Stall::Refusal(refusal));
        doomed.stalled().await;
        doomed.kill().await;
    }
    let (one, other) = (site.start(UNBOUND), site.start(UNBOUND));
    parks(&site, 1).await;
    let event = culprit(&site).await;
    let behind = site.positions(&court_day(1), 4).await;
    assert_eq!(site.behind(&site.parked().await[0]).await, behind);
    one.stop().await;
    other.stop().await;

    // In the middle of what an operator asked for.
    site.retry(event).await;
    for _ in 0..2 {
        let doomed = site.start(Stall::Refusal(1));
        doomed.stalled().await;
        doomed.kill().await;
        assert_eq!(culprit(&site).await, event);
    }
    site.mend();
    let running = site.start(UNBOUND);
    is_mended(&site).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_operator_asked_for_is_done_in_a_batch_that_fails_at_something_else() {
    let site = Site::new().await;
    site.refuse(&court_day(1), 3);
    site.fill(1, 3).await;
    let running = site.start(UNBOUND);
    parks(&site, 1).await;
    let event = culprit(&site).await;
    running.stop().await;

    site.mend();
    site.refuse(&court_day(2), 1);
    site.retry(event).await;
    site.fill(2, 3).await;
    let running = site.start(UNBOUND);
    eventually("the other is parked in its place", LONG, async || {
        let parked = site.parked().await;
        parked.len() == 1 && parked[0].key == court_day(2)
    })
    .await;
    site.caught_up().await;
    let (rows, mut expected) = (site.rows().await, site.expected_rows().await);
    expected.retain(|id, _| id.starts_with("2026-03-01"));
    assert!(expected.iter().all(|(id, row)| rows.get(id) == Some(row)), "{rows:?}");
    let status = site.status().await;
    assert_eq!((status.state.as_str(), status.last_error), ("parked", None));

    site.mend();
    site.retry(culprit(&site).await).await;
    is_mended(&site).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_everything_depends_on_everything_nothing_is_parked() {
    let site = Site::new().await;
    site.refuse(&court_day(1), 3);
    site.fill(1, 3).await;
    let running = site.start(Stall::Keyless);
    let before = site.positions(&court_day(1), 0).await[2];
    eventually("it waits", LONG, async || {
        site.status_if_any().await.is_some_and(|it| it.state == "waiting" && it.position == before)
    })
    .await;
    site.mend();
    is_mended(&site).await;
    running.stop().await;
}
