//! `courtside audit replay`: the history folded again, and held against what the read models show.
mod history;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use event_store::{Position, Recorded, log_id};
use futures::TryStreamExt;
use jiff::Timestamp;
use runtime::{Settings, postgres};
use sqlx::{PgPool, PgTransaction};
use tokio::time::Instant;

use self::history::{History, Login, Session};
use crate::events::log::Log;
use crate::events::show;
use crate::events::walk::{Step, Walk};

/// How long read models are waited for that have not come as far as the log had when this began.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Events read at once on the last steps.
const PAGE: usize = 500;

/// A snapshot of the read models, and the position that each part of it reflects.
struct Shown {
    tx: PgTransaction<'static>,
    logins: Position,
    sessions: Position,
}

pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    let log = Log::connect(&settings.event_store_url, "EVENT_STORE_URL").await?;
    let name = "READ_DATABASE_URL";
    let db = postgres::pool(&settings.read_database_url, 2)
        .with_context(|| format!("{name} is not the URL of a Postgres database"))?;
    postgres::reachable(&db, name).await?;
    let mut walk = Walk::begin(&log.store, 0, "replaying").await?;
    let mut history = History::default();
    loop {
        let steps = walk.next().await.context("the log cannot be read")?;
        if steps.is_empty() {
            break;
        }
        for step in steps {
            match step {
                Step::Event(event) => {
                    history.add_login(&event)?;
                    history.add_session(&event)?;
                }
                Step::Unreadable { position, why, .. } => {
                    bail!("the event at {position} cannot be read: {why}");
                }
            }
        }
    }
    let mut shown = shown(&db, &log, walk.until()).await?;
    catch_up(&log, &mut history, walk.until(), &shown).await?;
    logins(&log, &history, &mut shown).await?;
    sessions(&history, &mut shown).await?;
    let (logins, sessions) = (history.logins.len(), history.sessions.len());
    let locks = history.locks;
    show::say(format_args!(
        "{logins} lines of the login history, {locks} of them locks, and {sessions} sessions: the read models show what \
         follows from the log up to {}",
        shown.logins.min(shown.sessions)
    ))?;
    Ok(())
}

/// Opens a snapshot in which the read models have come at least as far as `until`. It is held for the comparison alone.
async fn shown(db: &PgPool, log: &Log, until: Position) -> anyhow::Result<Shown> {
    let id = log_id(&log.store).await.context("the log cannot be read")?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut tx = db.begin_with(begin).await.context("the read models cannot be read")?;
        let rows: Vec<(String, i64, uuid::Uuid)> =
            sqlx::query_as(include_str!("replay/positions.sql")).fetch_all(&mut *tx).await?;
        let [(_, logins, of), (_, sessions, of_sessions)] = &rows[..] else {
            bail!("the read models are not there yet: is a projector running?");
        };
        ensure!(
            id.is_some_and(|it| it.0 == *of && it.0 == *of_sessions),
            "the read models are of another log: see courtside projections list"
        );
        let (logins, sessions) = (logins.cast_unsigned(), sessions.cast_unsigned());
        if until <= logins.min(sessions) {
            return Ok(Shown { tx, logins, sessions });
        }
        tx.rollback().await?;
        ensure!(
            Instant::now() < deadline,
            "the read models have come to {}, and the log to {until}: is a projector running?",
            logins.min(sessions)
        );
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Folds on to exactly where each part of the snapshot is.
async fn catch_up(
    log: &Log,
    history: &mut History,
    from: Position,
    shown: &Shown,
) -> anyhow::Result<()> {
    let mut after = from;
    let until = shown.logins.max(shown.sessions);
    while after < until {
        let page = log.store.read_all(after, PAGE).await.context("the log cannot be read")?;
        let Some(last) = page.last() else {
            bail!("the read models have come to {until}, and the log ends at {after}");
        };
        after = last.position;
        for event in page {
            if event.position <= shown.logins {
                history.add_login(&event)?;
            }
            if event.position <= shown.sessions {
                history.add_session(&event)?;
            }
        }
    }
    Ok(())
}

async fn logins(log: &Log, history: &History, shown: &mut Shown) -> anyhow::Result<()> {
    let mut expected = history.logins.iter();
    let mut rows =
        sqlx::query_as::<_, Login>(include_str!("replay/logins.sql")).fetch(&mut *shown.tx);
    while let Some(row) = rows.try_next().await.context("the read models cannot be read")? {
        let here = expected.next();
        if here == Some(&(row.position, row.digest())) {
            continue;
        }
        match here {
            Some((position, _)) if *position == row.position => {
                let event = event_at(log, *position).await?;
                let login = Login::of(&event)?.context("it was one when it was read first")?;
                bail!(
                    "logins differ at {position}: the history says {login:?}, the read model {row:?}"
                );
            }
            Some((position, _)) if *position < row.position => {
                bail!("the login at {position} is not in the read model");
            }
            _ => bail!("the read model shows {row:?}, which never happened"),
        }
    }
    match expected.next() {
        Some((position, _)) => bail!("the login at {position} is not in the read model"),
        None => Ok(()),
    }
}

async fn event_at(log: &Log, position: i64) -> anyhow::Result<Recorded> {
    let before = position.cast_unsigned().saturating_sub(1);
    let event = log.store.read_all(before, 1).await.context("the log cannot be read")?;
    event.into_iter().next().context("the log has become shorter meanwhile")
}

async fn sessions(history: &History, shown: &mut Shown) -> anyhow::Result<()> {
    let mut left: BTreeMap<_, &Session> = history.sessions.iter().collect();
    let sql = include_str!("replay/sessions.sql");
    let mut rows = sqlx::query_as::<_, Session>(sql).fetch(&mut *shown.tx);
    while let Some(row) = rows.try_next().await.context("the read models cannot be read")? {
        match left.remove(&row.id) {
            Some(session) if *session == row => {}
            Some(session) => {
                bail!("session {} differs: {}", row.id, difference(session, &row));
            }
            None => bail!("the read model shows session {}, which never began", row.id),
        }
    }
    match left.keys().next() {
        Some(id) => bail!("session {id} is not in the read model"),
        None => Ok(()),
    }
}

/// The first field in which they differ.
fn difference(expected: &Session, row: &Session) -> String {
    let time = |it: Option<i64>| {
        let at = it.and_then(|it| Timestamp::from_microsecond(it).ok());
        at.map_or_else(|| "never".to_owned(), |it| it.to_string())
    };
    let fields = |it: &Session| {
        [
            ("user", it.user_id.to_string()),
            ("started_at", time(Some(it.started_at))),
            ("refreshed_at", time(it.refreshed_at)),
            ("refresh_until", time(Some(it.refresh_until))),
            ("ends_at", time(Some(it.ends_at))),
            ("revoked_at", time(it.revoked_at)),
        ]
    };
    let pairs = fields(expected).into_iter().zip(fields(row));
    let first = pairs.into_iter().find(|(expected, row)| expected != row);
    first.map_or_else(String::new, |((name, expected), (_, row))| {
        format!("{name} is {expected} by the history, and {row} in the read model")
    })
}
