//! A rebuild on a disk that is really full waits and says so; what is there is read, and with room it goes on.
use std::time::Duration;

use domain::stored::StoredEvent;
use event_store::hostile::Dice;
use event_store::{Expected, Metadata, NewEvent};
use runtime::migrations;
use testing::server::Server;
use testing::{Scratch, eventually};

use crate::given::{court_day, held, t};
use crate::rebuilding::{Site, UNBOUND};

const LONG: Duration = Duration::from_mins(1);

/// Room for the server's own files and for a part of what a rebuild writes; not a whole number of pages, so that the end
/// comes within one, and the system answers with a write that is too short, as it does on a full disk.
const FILE_BYTES: u64 = 20 * 1024 * 1024 + 4096;

/// Of 200 kB each, in the histories of bookings.
const EVENTS: u64 = 150;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_waits_for_room_and_goes_on() {
    let server = Server::start().await;
    let read = Scratch::of(server.named("READ_DATABASE_URL"), &migrations::READ).await;
    let site = Site::on(read).await;
    let running = site.start(UNBOUND);
    for n in 0..EVENTS {
        hold(&site, n).await;
    }
    site.caught_up().await;
    running.stop().await;

    server.restart_with_files_up_to(FILE_BYTES).await;
    let running = site.start(UNBOUND);
    let rebuild = site.request_by(2).await;
    eventually("it says why it waits", LONG, async || {
        let rebuild = site.status_if_any().await.and_then(|it| it.rebuild);
        rebuild.and_then(|it| it.error).is_some_and(|it| it.contains("could not extend file"))
    })
    .await;
    assert_eq!(site.live_build().await, 1);
    assert_eq!(site.rows().await, site.expected_rows().await, "what is there is read");
    running.stop().await;

    server.restart().await;
    let running = site.start(UNBOUND);
    site.switched(rebuild).await;
    site.caught_up().await;
    assert_eq!(site.live_build().await, 2, "the same build");
    assert_eq!(site.rows().await, site.expected_rows().await);
    assert!(site.counted(rebuild).await <= site.head().await, "nothing is counted twice");
    running.stop().await;
}

/// By an actor whose name no compression makes smaller.
async fn hold(site: &Site, n: u64) {
    let mut dice = Dice::new(n);
    let letter = |_| char::from(b'0' + u8::try_from(dice.below(64)).expect("few"));
    let actor: String = (0..200_000).map(letter).collect();
    let day = u8::try_from(n % 28 + 1).expect("a day");
    let (kind, data) = held(day, &n.to_string(), 120).write().expect("an event");
    let id = runtime::ids::new();
    let meta = Metadata::new(id, t(0)).actor(actor);
    let expected = (n / 28).checked_sub(1).map_or(Expected::NoStream, Expected::Exact);
    let event = NewEvent { id, kind, data, meta };
    site.store.append(&court_day(day), expected, vec![event]).await.expect("it is taken");
}
