//! The log, in Postgres or in EventStoreDB.
use event_store::eventstoredb::EventStoreDb;
use event_store::{EventStore, ReadError};
use runtime::{Settings, causes, migrations, settings};
use secrecy::ExposeSecret;

use super::database::Database;
use super::finding::Finding;

const WHAT: &str = "log";
const SETTING: &str = "EVENT_STORE_URL";

/// The first EventStoreDB that says its version, and that its client has everything in.
const OLDEST: [usize; 2] = [21, 10];

pub async fn examine(settings: &Settings) -> Vec<Finding> {
    if settings::is_eventstoredb(&settings.event_store_url) {
        return examine_eventstoredb(settings).await;
    }
    let opened = Database::open(WHAT, SETTING, &settings.event_store_url, settings).await;
    let (database, mut findings) = match opened {
        Ok(opened) => opened,
        Err(away) => return vec![away],
    };
    findings.push(rights(&database).await);
    findings.push(database.migrated(&migrations::LOG).await);
    findings
}

async fn rights(database: &Database<'_>) -> Finding {
    let asked = sqlx::query_as::<_, (bool, bool)>(include_str!("log_rights.sql"));
    let (reads, appends) = match asked.fetch_one(&database.db).await {
        Ok(rights) => rights,
        Err(error) => return database.unanswered("rights", error),
    };
    let next = "Grant the role what docs/rights.md lists; a new log is made by courtside migrate.";
    match (reads, appends) {
        (true, true) => Finding::ok(WHAT, "rights", "may read and append"),
        (true, false) => {
            let says = "may read and not append: enough for query-api alone";
            Finding::warn(WHAT, "rights", says, next)
        }
        (false, true) => Finding::fail(WHAT, "rights", "may append and not read", next),
        (false, false) => Finding::fail(WHAT, "rights", "may neither read nor append", next),
    }
}

async fn examine_eventstoredb(settings: &Settings) -> Vec<Finding> {
    let store = match EventStoreDb::connect(settings.event_store_url.expose_secret()) {
        Ok(store) => store,
        Err(error) => {
            return vec![Finding::fail(
                WHAT,
                "reachable",
                causes(&error),
                "Correct EVENT_STORE_URL.",
            )];
        }
    };
    let head = match store.head().await {
        Ok(head) => head,
        Err(error) => return vec![unread("reachable", &error)],
    };
    let says = format!("{SETTING} answers; its end is {head}");
    vec![Finding::ok(WHAT, "reachable", says), version(&store).await]
}

async fn version(store: &EventStoreDb) -> Finding {
    let [major, minor] = OLDEST;
    let next = format!("Move the server of {SETTING} to EventStoreDB {major}.{minor} or later.");
    match store.version().await {
        Ok(Some(version)) => {
            let says = format!("EventStoreDB {}", version.map(|it| it.to_string()).join("."));
            if version[..2] < OLDEST[..] {
                return Finding::warn(WHAT, "version", says, next);
            }
            Finding::ok(WHAT, "version", says)
        }
        Ok(None) => Finding::warn(
            WHAT,
            "version",
            format!("it does not say: older than {major}.{minor}"),
            next,
        ),
        Err(error) => unread("version", &error),
    }
}

fn unread(check: &'static str, error: &ReadError) -> Finding {
    let next = match error {
        ReadError::Hindered { hindrance, .. } => hindrance.next_step(),
        _ => "Start the server that EVENT_STORE_URL names, or correct it.",
    };
    Finding::fail(WHAT, check, causes(error), next)
}
