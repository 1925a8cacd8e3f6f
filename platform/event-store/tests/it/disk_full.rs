//! A disk that is full is told by its name, leaves nothing half written, and is over when there is room again.
use event_store::hostile::Dice;
use event_store::postgres::{MIGRATOR, PostgresStore};
use event_store::{AppendError, Appended, EventStore, Expected, Hindrance};
use sqlx::{Connection, PgConnection};
use testing::server::Server;

use crate::support::made_by;

/// Room for the server's own files and for some events; not a whole number of pages, so that the end comes within one,
/// and the system answers with a write that is too short, as it does on a full disk.
const FILE_BYTES: u64 = 20 * 1024 * 1024 + 4096;

/// More than fit into that.
const TRIES: u64 = 150;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_takes_nothing_and_loses_nothing() {
    let server = Server::start().await;
    let mut db = PgConnection::connect(&server.url).await.unwrap();
    MIGRATOR.run(&mut db).await.unwrap();
    db.close().await.unwrap();
    server.restart_with_files_up_to(FILE_BYTES).await;

    let store = PostgresStore::connect(&server.url, 2).unwrap();
    let written = fill(&store).await;
    assert!((10..TRIES).contains(&written), "{written} appends");
    assert_eq!(store.head().await.unwrap(), 2 * written, "each whole, and nothing of the last");
    let last = store.read_all(2 * written - 2, 9).await.unwrap();
    assert_eq!(last.len(), 2, "reading goes on");

    server.restart().await;
    let again = append(&store, written).await.unwrap();
    assert_eq!(again, Appended { revision: 1, position: 2 * written + 2 }, "without a hole");
}

/// Appends until the disk is full; returns how often.
async fn fill(store: &PostgresStore) -> u64 {
    for n in 0..TRIES {
        match append(store, n).await {
            Ok(appended) => assert_eq!(appended.position, 2 * n + 2),
            Err(AppendError::Hindered { hindrance: Hindrance::DiskFull, .. }) => return n,
            Err(error) => panic!("{error:?}"),
        }
    }
    TRIES
}

/// A small event, and one of 200 kB that no compression makes smaller.
async fn append(store: &PostgresStore, n: u64) -> Result<Appended, AppendError> {
    let stream = format!("s-{n}");
    let mut events = made_by(n.into(), &stream, 0, 2);
    let mut dice = Dice::new(n);
    let letter = |_| {
        char::from(
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                [usize::try_from(dice.below(64)).unwrap()],
        )
    };
    let text: String = (0..200_000).map(letter).collect();
    events[1].data = format!("\"{text}\"").into_bytes();
    store.append(&stream, Expected::NoStream, events).await
}
