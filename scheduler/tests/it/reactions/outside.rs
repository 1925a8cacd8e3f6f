//! The copy outside: what is signed reaches a directory and a real server, whatever is wrong with them, and a log that was
//! taken back does not get past it.
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use audit::edge::Edge;
use audit::tlog::{self, Checkpoint, Signer};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use domain::audit::{AuditEvent, checkpoint_stream};
use event_store::memory::MemoryStore;
use event_store::{Executor, Expected, Metadata, Store};
use jiff::Timestamp;
use runtime::{Shutdown, ids};
use scheduler::audit::health::Standings;
use scheduler::audit::metrics::AuditMetrics;
use scheduler::audit::outside::directory::Directory;
use scheduler::audit::outside::webhook::Webhook;
use scheduler::audit::outside::{CopyError, Newest, Outside, SignedCheckpoint, copy};
use testing::eventually;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

const SOON: Duration = Duration::from_secs(30);
const YEAR: i16 = 2026;
const KEY: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

/// What is signed over so many records, each of which says `word`.
fn checkpoint(size: u64, word: &str) -> SignedCheckpoint {
    let mut edge = Edge::default();
    for _ in 0..size {
        edge.push(tlog::leaf(word.as_bytes()));
    }
    let origin = format!("nord.example/audit/{YEAR}");
    let signer = Signer::new(&origin, KEY).unwrap();
    let note = signer.sign(&Checkpoint { origin, size, root: edge.root() }).unwrap();
    SignedCheckpoint { year: YEAR, size, note }
}

/// A log in which these were signed.
async fn log(signed: &[&SignedCheckpoint]) -> Store {
    let executor = Executor::new(Arc::new(MemoryStore::default()));
    let mut expected = Expected::NoStream;
    for it in signed {
        let event =
            AuditEvent::CheckpointSigned { size: it.size, note: it.note.clone(), edge: vec![] };
        let meta = Metadata::new(ids::new(), Timestamp::UNIX_EPOCH);
        let stream = checkpoint_stream(YEAR);
        let appended = executor.append_behind(&stream, expected, &[(event, meta)]).await.unwrap();
        expected = Expected::Exact(appended.revision);
    }
    Arc::clone(executor.store())
}

/// A directory of its own, removed with this value.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("courtside-outside-{}", ids::new()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("2026.checkpoint")
    }

    fn read(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap()
    }

    fn names(&self) -> usize {
        std::fs::read_dir(&self.0).unwrap().count()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn the_newest_checkpoint_is_in_the_directory_and_nothing_beside_it() {
    let place = Place::new();
    let [one, two, three] = [1, 2, 3].map(|it| checkpoint(it, "a"));
    let store = log(&[&one, &two, &three]).await;
    let mut directory = Directory::new(place.0.clone(), Arc::clone(&store));
    for it in [&one, &one, &three] {
        directory.keep(it).await.unwrap();
        assert_eq!((place.read(), place.names()), (it.note.clone(), 1));
    }
    // A scheduler that has not seen the last one yet takes nothing back.
    Directory::new(place.0.clone(), store).keep(&two).await.unwrap();
    assert_eq!(place.read(), three.note);
}

#[tokio::test]
async fn a_log_that_was_taken_back_or_exchanged_does_not_get_past_the_copy() {
    let place = Place::new();
    let [one, three] = [1, 3].map(|it| checkpoint(it, "a"));
    let store = log(&[&one, &three]).await;
    Directory::new(place.0.clone(), store).keep(&three).await.unwrap();
    // Restored to before it, then grown to as much and beyond, with other records.
    let others = [3, 4].map(|it| checkpoint(it, "b"));
    for (signed, newest) in [
        (vec![&one], &one),
        (vec![&one, &others[0]], &others[0]),
        (vec![&one, &others[1]], &others[1]),
    ] {
        let refused = Directory::new(place.0.clone(), log(&signed).await).keep(newest).await;
        let Err(CopyError::TakenBack { size, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!((size, place.read()), (3, three.note.clone()));
    }
    std::fs::write(place.file(), "something else").unwrap();
    let refused = Directory::new(place.0.clone(), log(&[&one]).await).keep(&one).await;
    assert!(matches!(refused, Err(CopyError::Foreign { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_said_and_nothing_is_lost() {
    let place = Place::new();
    let one = checkpoint(1, "a");
    let mut directory = Directory::new(place.0.join("mounted"), log(&[&one]).await);
    assert!(matches!(directory.keep(&one).await, Err(CopyError::File { .. })));
    std::fs::create_dir(place.0.join("mounted")).unwrap();
    directory.keep(&one).await.unwrap();
}

/// Somebody else's server, which answers as it is told and keeps what it is sent.
struct Receiver {
    url: String,
    status: Arc<AtomicU16>,
    came: mpsc::UnboundedReceiver<String>,
}

#[derive(Clone)]
struct Desk(Arc<AtomicU16>, mpsc::UnboundedSender<String>);

impl Receiver {
    async fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/checkpoints?of=nord", listener.local_addr().unwrap());
        let (sender, came) = mpsc::unbounded_channel();
        let status = Arc::new(AtomicU16::new(200));
        let take = async |State(Desk(status, sender)): State<Desk>, note: String| {
            let status = StatusCode::from_u16(status.load(Ordering::Relaxed)).unwrap();
            let _ = sender.send(note);
            status
        };
        let router = Router::new()
            .route("/checkpoints", post(take))
            .with_state(Desk(Arc::clone(&status), sender));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, status, came }
    }

    fn webhook(&self) -> Webhook {
        Webhook::new(self.url.parse().unwrap()).unwrap().patient_for(Duration::from_secs(5))
    }
}

#[tokio::test]
async fn a_server_gets_the_note_again_until_it_takes_it_and_then_the_newest() {
    let mut receiver = Receiver::new().await;
    receiver.status.store(503, Ordering::Relaxed);
    let (newest, watched) = watch::channel(Newest::new());
    let (standings, shutdown) = (Standings::begin(Timestamp::UNIX_EPOCH), Shutdown::new());
    let copying = tokio::spawn(copy(
        Box::new(receiver.webhook()),
        watched,
        standings.clone(),
        AuditMetrics::default(),
        shutdown.clone(),
    ));
    let sign = |size| {
        let signed = Arc::new(checkpoint(size, "a"));
        newest.send_replace(BTreeMap::from([(YEAR, Arc::clone(&signed))]));
        signed.note.clone()
    };
    let first = sign(1);
    assert_eq!(receiver.came.recv().await, Some(first.clone()));
    assert_eq!(receiver.came.recv().await, Some(first.clone()), "it is refused, and sent again");
    assert!(standings.outside.borrow()["webhook"].contains("503"));
    // Meanwhile others are signed. The last of them is what it gets, once it takes any.
    let [_, last] = [sign(2), sign(3)];
    receiver.status.store(204, Ordering::Relaxed);
    eventually("all is well", SOON, async || standings.outside.borrow().is_empty()).await;
    let mut came = Vec::new();
    while let Ok(it) = receiver.came.try_recv() {
        came.push(it);
    }
    assert_eq!(came.last(), Some(&last), "newest wins");
    let next = sign(4);
    assert_eq!(receiver.came.recv().await, Some(next));
    shutdown.cancel();
    copying.await.unwrap();
}

#[tokio::test]
async fn a_server_that_never_answers_holds_up_nobody() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let webhook = Webhook::new(url.parse().unwrap()).unwrap();
    let mut webhook = webhook.patient_for(Duration::from_millis(50));
    let kept = webhook.keep(&checkpoint(1, "a")).await;
    assert!(matches!(kept, Err(CopyError::Unreachable(_))), "{kept:?}");
    // Not even the end of the process waits for it.
    let (newest, watched) = watch::channel(Newest::new());
    let (standings, shutdown) = (Standings::begin(Timestamp::UNIX_EPOCH), Shutdown::new());
    let patient = Webhook::new(url.parse().unwrap()).unwrap().patient_for(Duration::from_hours(1));
    let outside = Box::new(patient);
    let metrics = AuditMetrics::default();
    let copying = tokio::spawn(copy(outside, watched, standings, metrics, shutdown.clone()));
    newest.send_replace(BTreeMap::from([(YEAR, Arc::new(checkpoint(1, "a")))]));
    let _accepted = (listener.accept().await.unwrap(), listener.accept().await.unwrap());
    shutdown.cancel();
    copying.await.unwrap();
}
