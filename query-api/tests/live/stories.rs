use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::projections::ProjectionCommand;
use testing::eventually;

use crate::ear::{Message, Picture};
use crate::world::{
    COURT, DAY, ELSEWHERE, LONG, OTHER_COURT, World, ask, blocked, cancelled, confirmed, expired,
    held, released, unblocked,
};

/// A day on which everything happens, and the positions of it.
async fn a_day(world: &World) -> Vec<u64> {
    let mut positions = vec![];
    for (court, event) in [
        (COURT, held(COURT, 1, 60)),
        (COURT, confirmed(COURT, 1)),
        (OTHER_COURT, held(OTHER_COURT, 2, 60)),
        (OTHER_COURT, expired(OTHER_COURT, 2)),
        (COURT, cancelled(COURT, 1)),
        (COURT, blocked(1, 60, 180)),
        (COURT, blocked(2, 120, 240)),
        (COURT, unblocked(1)),
        (OTHER_COURT, held(OTHER_COURT, 3, 60)),
    ] {
        positions.push(world.on(court, &event).await);
    }
    positions
}

const SAID: [(&str, &str); 9] = [
    (COURT, "held"),
    (COURT, "booked"),
    (OTHER_COURT, "held"),
    (OTHER_COURT, "free"),
    (COURT, "free"),
    (COURT, "blocked"),
    (COURT, "blocked"),
    (COURT, "free"),
    (OTHER_COURT, "held"),
];

/// What somebody sees who begins now.
async fn seen(world: &World) -> Picture {
    Picture::of(&[world.listen(DAY).await.snapshot().await])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_listener_hears_every_change_of_its_day_and_nothing_else() {
    let (world, _projector) = World::running().await;
    let (mut one, mut two) = (world.listen(DAY).await, world.listen(DAY).await);
    let mut elsewhere = world.listen("/v1/venues/harbour/days/2026-03-02/events").await;
    let mut tomorrow = world.listen("/v1/venues/riverside/days/2026-03-03/events").await;
    for ear in [&mut one, &mut two, &mut elsewhere, &mut tomorrow] {
        assert_eq!(ear.snapshot().await.data["items"], serde_json::json!([]));
    }
    let positions = a_day(&world).await;
    let last = world.on(ELSEWHERE, &held(ELSEWHERE, 9, 0)).await;
    // Past midnight, and so of the day before as well: this one is said on both.
    let late = world.on(COURT, &blocked(3, 18 * 60, 21 * 60)).await;

    let heard = one.until(late).await;
    assert_eq!(heard.iter().map(Message::said).collect::<Vec<_>>()[..9], SAID);
    let of_day: Vec<u64> = positions.into_iter().chain([late]).collect();
    assert_eq!(heard.iter().map(Message::position).collect::<Vec<_>>(), of_day);
    assert_eq!(two.until(late).await, heard);
    assert_eq!(elsewhere.change().await.position(), last);
    assert_eq!(tomorrow.change().await.position(), late);

    let first = &heard[0].data;
    assert_eq!(
        *first,
        serde_json::json!({
            "court": COURT, "starts_at": "2026-03-02T09:00:00Z", "ends_at": "2026-03-02T10:00:00Z",
            "state": "held", "held_until": "2026-03-03T08:00:00Z", "block": null, "cause": null,
        })
    );
    assert_eq!(Picture::of(&heard), seen(&world).await, "as whoever comes now is shown it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missed_over_a_reconnect_wherever_it_was_cut() {
    let (world, _projector) = World::running().await;
    let mut ear = world.listen(DAY).await;
    let mut all = vec![ear.snapshot().await];
    let last = *a_day(&world).await.last().expect("events");
    all.extend(ear.until(last).await);
    // Also at another process, which has heard nothing of it so far.
    let other = world.another_process().await;
    for cut in 1..all.len() {
        let id = &all[cut].id;
        let mut again = world.resume(DAY, id).await;
        let mut there = crate::ear::Ear::of(ask(&other, DAY, &[id.as_bytes()]).await);
        let rest = &all[cut + 1..];
        for message in rest {
            assert_eq!(again.change().await, *message, "after {id}");
            assert_eq!(there.change().await, *message, "after {id}");
        }
    }
    // What comes next is heard by all of them, whenever they began.
    let mut again = world.resume(DAY, &all[3].id).await;
    let next = world.on(OTHER_COURT, &released(OTHER_COURT, 3)).await;
    let heard: Vec<Message> = all[..4].iter().cloned().chain(again.until(next).await).collect();
    assert_eq!(Picture::of(&heard), seen(&world).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missed_while_projectors_are_killed_and_listeners_come_and_go() {
    let (world, mut projector) = World::running().await;
    let mut ear = world.listen(DAY).await;
    let mut heard = vec![ear.snapshot().await];
    let mut positions = vec![];
    for round in 0..6 {
        for n in 0..40 {
            let n = round * 40 + n;
            positions.push(world.on(COURT, &held(COURT, n, 60)).await);
            positions.push(world.on(COURT, &released(COURT, n)).await);
        }
        if round % 2 == 1 {
            heard.extend(ear.until(positions[positions.len() - 20]).await);
            let id = &heard.last().expect("a message").id;
            ear = world.resume(DAY, id).await;
        }
        // In the middle of it, or before, or after: what counts is what is heard in the end.
        projector.kill().await;
        projector = world.project();
    }
    heard.extend(ear.until(*positions.last().expect("events")).await);
    let told: Vec<u64> = heard[1..].iter().map(Message::position).collect();
    assert_eq!(told, positions, "each once, in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_switch_of_builds_shows_the_day_anew_to_who_listens_and_to_who_resumes() {
    let (world, _projector) = World::running().await;
    let world = Arc::new(world);
    let mut ear = world.listen(DAY).await;
    let mut picture = Picture::of(&[ear.snapshot().await]);
    world.on(COURT, &held(COURT, 1_000, 300)).await;
    let before = ear.change().await;
    picture.hear(&before);

    // Somebody books all the while.
    let over = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn({
        let (world, over) = (Arc::clone(&world), Arc::clone(&over));
        async move {
            let mut n = 0;
            // Nobody reads meanwhile: fewer than what may wait for a listener.
            while !over.load(Ordering::Relaxed) && n < 400 {
                world.on(OTHER_COURT, &held(OTHER_COURT, n, 60)).await;
                world.on(OTHER_COURT, &released(OTHER_COURT, n)).await;
                n += 1;
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            n
        }
    });
    world.rebuild().await;
    over.store(true, Ordering::Relaxed);
    let n = writing.await.expect("the writer writes");
    // However slow the rebuild was and however early the writer had written its share: this is after the switch.
    let last = world.on(OTHER_COURT, &held(OTHER_COURT, n, 120)).await;

    let heard = ear.until(last).await;
    let tellings: Vec<&str> = heard.iter().map(Message::telling).collect();
    let switched = tellings.iter().position(|it| *it != before.telling());
    let switched = switched.expect("another telling");
    assert_eq!(heard[switched].event, "snapshot", "it begins with the day");
    assert!(heard[..switched].iter().all(|it| it.event == "change"));
    let mut positions: Vec<u64> =
        heard.iter().filter(|it| it.event == "change").map(Message::position).collect();
    let said = positions.len();
    positions.dedup();
    assert_eq!(positions.len(), said, "nothing twice");
    assert!(positions.is_sorted());
    for message in &heard {
        picture.hear(message);
    }
    assert_eq!(picture, seen(&world).await);

    let resumed = world.resume(DAY, &before.id).await.snapshot().await;
    assert_eq!(resumed.telling(), heard[switched].telling());
    assert_eq!(Picture::of(&[resumed]), picture);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_are_applied_late_show_the_day_anew() {
    let (world, _projector) = World::running().await;
    let mut ear = world.listen(DAY).await;
    ear.snapshot().await;
    let day = format!("courtday-{COURT}-2026-03-02");
    world.append_kind(&day, "booking.released.v1", b"{}".to_vec()).await;
    let behind = world.on(COURT, &held(COURT, 1, 60)).await;
    let other = world.on(OTHER_COURT, &held(OTHER_COURT, 2, 60)).await;
    let heard = ear.change().await;
    assert_eq!(heard.position(), other, "what waits behind a parked event is not told");

    let parked = sqlx::query_scalar("SELECT event FROM parked WHERE error IS NOT NULL");
    let event = parked.fetch_one(&world.read.pool).await.expect("it is parked");
    let reason = "broken".to_owned();
    world.command(ProjectionCommand::Skip { event, reason, is_parked: true }).await;
    let shown = ear.snapshot().await;
    assert_ne!(shown.telling(), heard.telling());
    assert!(behind < shown.position());
    let items = shown.data["items"].as_array().expect("items");
    assert_eq!(items.len(), 2, "with what was late: {items:?}");
    let resumed = world.resume(DAY, &heard.id).await;
    assert_eq!({ resumed }.snapshot().await, shown, "and to who was away");
    let next = world.on(COURT, &confirmed(COURT, 1)).await;
    assert_eq!(ear.change().await.position(), next);
}

/// Changes are told to whoever listens to the court's venue: while the court's own event is parked, that is nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_court_that_is_known_late_shows_the_day_anew() {
    let (world, _projector) = World::running().await;
    let mut ear = world.listen(DAY).await;
    ear.snapshot().await;
    world.append_kind("court-9GK2", "court.priced.v1", b"{}".to_vec()).await;
    world.add_court("9GK2", "riverside").await;
    let on_it = world.on("9GK2", &held("9GK2", 1, 60)).await;
    let other = world.on(OTHER_COURT, &held(OTHER_COURT, 2, 60)).await;
    let heard = ear.change().await;
    assert_eq!(heard.position(), other, "what is on it is not told");

    let parked = "SELECT event FROM parked WHERE projection = 'courts' AND error IS NOT NULL";
    let event = sqlx::query_scalar(parked).fetch_one(&world.read.pool).await.expect("a row");
    let skip = ProjectionCommand::Skip { event, reason: "broken".to_owned(), is_parked: true };
    world.command_of("courts", skip).await;
    let shown = ear.snapshot().await;
    assert_ne!(shown.telling(), heard.telling());
    assert!(on_it < shown.position());
    let items = shown.data["items"].as_array().expect("items");
    assert_eq!(items.len(), 2, "with what is on the late court: {items:?}");
    let next = world.on("9GK2", &confirmed("9GK2", 1)).await;
    assert_eq!(ear.change().await.position(), next);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_away_for_longer_than_is_kept_is_shown_the_day() {
    let (world, _projector) = World::running().await;
    let first = world.on(COURT, &held(COURT, 1, 60)).await;
    world.caught_up().await;
    let mut ear = world.listen(DAY).await;
    assert_eq!(ear.snapshot().await.position(), first);
    let second = world.on(COURT, &confirmed(COURT, 1)).await;
    let old = ear.change().await;
    assert_eq!(old.position(), second);
    drop(ear);

    for n in 0..5_200 {
        world.on(ELSEWHERE, &held(ELSEWHERE, n, 60)).await;
        world.on(ELSEWHERE, &released(ELSEWHERE, n)).await;
    }
    world.caught_up().await;
    let kept = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM live_changes");
    let kept = kept.fetch_one(&world.read.pool).await.expect("a count");
    assert!((5_000..=10_000).contains(&kept), "{kept}");
    let mut resumed = world.resume(DAY, &old.id).await;
    assert_eq!(Picture::of(&[resumed.snapshot().await]).0.len(), 1);
    let recent = sqlx::query_scalar::<_, i64>("SELECT min(position) FROM live_changes");
    let recent = recent.fetch_one(&world.read.pool).await.expect("a position");
    let mut resumed = world.resume(DAY, &format!("{}-{recent}", old.telling())).await;
    let next = world.on(COURT, &cancelled(COURT, 1)).await;
    assert_eq!(resumed.change().await.position(), next, "the oldest that is kept will do");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_id_of_ours_is_shown_the_day() {
    let (world, _projector) = World::running().await;
    world.on(COURT, &held(COURT, 1, 60)).await;
    world.caught_up().await;
    let shown = world.listen(DAY).await.snapshot().await;
    let known = shown.id.clone();
    let long = "9".repeat(8_000);
    let beyond = format!("{}-9223372036854775807", shown.telling());
    let hostile: [&[&[u8]]; 9] = [
        &[b""],
        &[b"latest"],
        &[b"7.7-7"],
        &[b"1.0--1"],
        &[b"'; DROP TABLE live_changes; --"],
        &[b"\xff\xfe\x80"],
        &[long.as_bytes()],
        &[beyond.as_bytes()],
        &[known.as_bytes(), known.as_bytes()],
    ];
    for last in hostile {
        let mut ear = crate::ear::Ear::of(world.ask(DAY, last).await);
        assert_eq!(ear.snapshot().await, shown, "{last:?}");
    }
    eventually("nobody listens any more", LONG, async || {
        world.measures().contains("live_listeners 0")
    })
    .await;
}
