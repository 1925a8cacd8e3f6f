//! `courtside events stat`.
use std::collections::BTreeMap;

use anyhow::{Context, bail};
use domain::features::prefix;
use event_store::{Position, log_id};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::log::Log;
use super::show;
use super::walk::{Step, Walk};

#[derive(Serialize)]
struct Stat {
    /// `null` if no role has opened the log yet.
    log: Option<Uuid>,
    store: &'static str,
    head: Position,
    streams: u64,
    events: u64,
    /// By the events' own `at`; the first and the last in the order of the log.
    first_at: Option<Timestamp>,
    last_at: Option<Timestamp>,
    /// Table and indexes, where that can be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<i64>,
    kinds: BTreeMap<String, Kind>,
}

/// Streams whose names begin alike.
#[derive(Default, Serialize)]
struct Kind {
    streams: u64,
    events: u64,
}

pub async fn run(log: &Log, json: bool) -> anyhow::Result<()> {
    let stat = count(log).await?;
    if json {
        show::say(serde_json::to_string_pretty(&stat)?)?;
        return Ok(());
    }
    let text = |it: Option<String>| it.unwrap_or_else(|| "-".to_owned());
    let mut table = show::table([]);
    for (name, value) in [
        ("log", text(stat.log.map(|it| it.to_string()))),
        ("store", stat.store.to_owned()),
        ("head", stat.head.to_string()),
        ("streams", stat.streams.to_string()),
        ("events", stat.events.to_string()),
        ("first at", text(stat.first_at.map(|it| it.to_string()))),
        ("last at", text(stat.last_at.map(|it| it.to_string()))),
        ("bytes", text(stat.bytes.map(|it| it.to_string()))),
    ] {
        show::row(&mut table, [name.to_owned(), value]);
    }
    show::say(format_args!("{table}\n"))?;
    let mut table = show::table(["STREAMS OF", "STREAMS", "EVENTS"]);
    for (prefix, it) in stat.kinds {
        show::row(&mut table, [prefix, it.streams.to_string(), it.events.to_string()]);
    }
    show::align_right(&mut table, [1, 2]);
    show::say(table)?;
    Ok(())
}

async fn count(log: &Log) -> anyhow::Result<Stat> {
    let id = log_id(&log.store).await.context("the log cannot be read")?;
    let mut walk =
        Walk::begin(&log.store, 0, "counting").await.context("the log cannot be read")?;
    let mut stat = Stat {
        log: id.map(|it| it.0),
        store: log.kind(),
        head: walk.until(),
        streams: 0,
        events: 0,
        first_at: None,
        last_at: None,
        bytes: bytes(log).await?,
        kinds: BTreeMap::new(),
    };
    loop {
        let steps = walk.next().await.context("the log cannot be read")?;
        if steps.is_empty() {
            return Ok(stat);
        }
        for step in steps {
            let Step::Event(it) = step else {
                bail!("an event cannot be read: `courtside events verify` says which");
            };
            // A stream is counted at its first event, so that nothing grows here with the log.
            let begins = u64::from(it.revision == 0);
            stat.events += 1;
            stat.streams += begins;
            stat.first_at.get_or_insert(it.meta.at);
            stat.last_at = Some(it.meta.at);
            let kind = stat.kinds.entry(prefix(&it.stream).to_owned()).or_default();
            kind.events += 1;
            kind.streams += begins;
        }
    }
}

async fn bytes(log: &Log) -> anyhow::Result<Option<i64>> {
    let Some(db) = &log.postgres else { return Ok(None) };
    let bytes = sqlx::query_scalar(include_str!("size.sql")).fetch_one(db).await;
    Ok(Some(bytes.context("the size of the log cannot be asked")?))
}
