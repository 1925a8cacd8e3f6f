//! A whole list in one answer, however long: oldest first, page by page, in the memory of one page.
//!
//! Each page is a transaction of its own, read when the client has taken the one before. A client that reads slowly keeps
//! no connection, no snapshot, and no rebuild from its switch; one that goes away ends the reading. Where the list ends was
//! fixed at the beginning, by the position in the answer's head, so that all pages are of one history.
//!
//! **Invariant:** what cannot be finished is broken off, never ended: the transfer fails, and no client takes it for whole.
use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream;
use runtime::Problem;
use runtime::problem::UNAVAILABLE;
use serde::Serialize;
use tokio::time::timeout;

use crate::App;
use crate::audit_list::List;
use crate::csv;
use crate::format::Format;
use crate::snapshot::{Seen, Snapshot};

/// Rows read at once: tens of kilobytes.
pub const PAGE: i64 = 500;
/// How long a page may take in the middle of an answer, for which there is no other limit.
const PATIENCE: Duration = Duration::from_secs(10);

/// A row of such a list.
pub trait Row: Serialize + Send + 'static {
    /// Of the table, in the order of [`Self::cells`].
    const COLUMNS: &'static [&'static str];

    fn cells(&self) -> Vec<String>;

    /// Where it goes on.
    fn position(&self) -> i64;
}

/// Answers with the whole list. What goes wrong with its first page is still a problem.
pub async fn answer<L: List>(
    app: App,
    list: L,
    format: Format,
    mut snapshot: Snapshot,
) -> Result<Response, Problem> {
    let seen = snapshot.seen;
    let first = list.page(&mut snapshot.tx, 0, seen.position()).await?;
    drop(snapshot);
    let body = body(Snapshots { app, list, seen }, format, &first)?;
    Ok(match format {
        Format::Csv => csv::answer(L::NAME, body),
        Format::Json | Format::Ndjson => {
            ([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response()
        }
    })
}

/// Where the pages after the first come from.
trait Pages: Send + Sync + 'static {
    type Row: Row;

    fn page(&self, after: i64) -> impl Future<Output = Result<Vec<Self::Row>, Problem>> + Send;
}

/// Each from a snapshot of its own.
struct Snapshots<L> {
    app: App,
    list: L,
    seen: Seen,
}

impl<L: List> Pages for Snapshots<L> {
    type Row = L::Row;

    async fn page(&self, after: i64) -> Result<Vec<L::Row>, Problem> {
        let mut tx = self.app.snapshot_like(self.seen, L::PROJECTIONS).await?;
        self.list.page(&mut tx, after, self.seen.position()).await
    }
}

fn body<P: Pages>(pages: P, format: Format, first: &[P::Row]) -> Result<Body, Problem> {
    let mut replay = Replay { pages, format, ready: None, after: None };
    if format == Format::Csv {
        let mut head = String::new();
        csv::line(&mut head, P::Row::COLUMNS.iter().map(|&it| it.to_owned()));
        replay.write(head, first)?;
    } else {
        replay.write(String::new(), first)?;
    }
    Ok(Body::from_stream(stream::try_unfold(replay, |mut replay| async {
        replay.next().await.map(|chunk| chunk.map(|it| (it, replay)))
    })))
}

struct Replay<P> {
    pages: P,
    format: Format,
    /// Written, and not sent.
    ready: Option<Bytes>,
    /// The last row written; `None` at the end of the list.
    after: Option<i64>,
}

impl<P: Pages> Replay<P> {
    async fn next(&mut self) -> Result<Option<Bytes>, BoxError> {
        loop {
            if let Some(ready) = self.ready.take() {
                return Ok(Some(ready));
            }
            let Some(after) = self.after else { return Ok(None) };
            if let Err(problem) = self.read_on(after).await {
                tracing::warn!(after, why = problem.detail(), "a replay is broken off");
                return Err("the rest of the list cannot be read".into());
            }
        }
    }

    async fn read_on(&mut self, after: i64) -> Result<(), Problem> {
        let late = |_| Err(Problem::new(UNAVAILABLE, "the read models do not answer"));
        let rows = timeout(PATIENCE, self.pages.page(after)).await.unwrap_or_else(late)?;
        self.write(String::new(), &rows)
    }

    fn write(&mut self, mut text: String, rows: &[P::Row]) -> Result<(), Problem> {
        for row in rows {
            if self.format == Format::Csv {
                csv::line(&mut text, row.cells());
                continue;
            }
            let json = serde_json::to_string(row);
            text.push_str(&json.map_err(|it| Problem::new(UNAVAILABLE, it.to_string()))?);
            text.push('\n');
        }
        let is_last = i64::try_from(rows.len()).is_ok_and(|it| it < PAGE);
        self.after = rows.last().map(Row::position).filter(|_| !is_last);
        self.ready = Some(text.into()).filter(|it: &Bytes| !it.is_empty());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
