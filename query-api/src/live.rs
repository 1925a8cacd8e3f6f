//! `/v1/venues/{id}/days/{date}/events`: what changes on a venue's courts, as it does (server-sent events). Nothing in it
//! says who has a court. How it is told: docs/live.md.
mod hub;
mod mark;
mod measures;
mod rows;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use axum::response::sse::{Event as Message, KeepAlive, Sse};
use domain::ids::VenueId;
use domain::policies::{self, ServiceDate};
use futures::stream;
use jiff::civil::Date;
use runtime::http::{Origin, Parameters, ParsedPair};
use runtime::problem::{NOT_FOUND, PROJECTION_BEHIND};
use runtime::{Problem, ids};
use serde::Serialize;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::App;
use crate::snapshot::{MinPosition, Seen, away};
use crate::venues;

pub use hub::Hub;
use hub::{Heard, Seat};
use mark::Mark;
pub use measures::Measures;
pub use rows::Change;
use rows::{Day, PROJECTIONS, Told};

/// How often something is sent, so that nobody between us takes the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often a listener to whom nothing happens is told how far that is.
const BOOKMARK: Duration = Duration::from_mins(1);
/// Told one by one to who resumes; after more, the day is less.
const MOST_MISSED: usize = 500;
/// When to come back after the connection broke: not everybody at once.
const RETRY_MILLIS: u64 = 1_000;
const RETRY_SPREAD_MILLIS: u64 = 2_000;
/// How soon a day that cannot be read is tried again.
const AGAIN: Duration = Duration::from_secs(1);

static LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Proxies of that kind pass on what comes as it comes.
static X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What is taken of a venue's service day: it takes the place of everything said before.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LiveSnapshot {
    pub venue: String,
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// Court by court, in the order of time. What is not in it is not taken.
    pub items: Vec<Change>,
}

/// Tells what changes on a venue's service day, as server-sent events, until one side ends it.
///
/// `event: snapshot` (`LiveSnapshot`) shows all that is taken, and comes first. `event: change` (`LiveChange`) is one change,
/// one for each event of the log. Send the last `id` as `Last-Event-ID` and nothing is missed: what came in between is
/// told, or, if that is no longer known, the day is shown anew. A message of an `id` alone only moves it.
///
/// It tells of courts' time alone. Hours, prices, and courts that are new are in the grid.
#[utoipa::path(get, path = "/v1/venues/{id}/days/{date}/events", operation_id = "listen_to_venue_day", tag = "availability",
    params(("id" = String, Path), ("date" = String, Path, description = "Service date, YYYY-MM-DD"),
        ("Last-Event-ID" = Option<String>, Header, description = "The last `id` that was heard; one that is not known counts as none")),
    responses((status = 200, content_type = "text/event-stream", body = String),
        (status = 429, description = "`quota-exceeded`: too many listen from this address"),
        (status = 503, description = "`overloaded`: too many listen to this process; `projection-behind`"),
        (status = "default", description = "A problem (RFC 9457)")))]
pub async fn listen(
    State(app): State<App>,
    min: MinPosition,
    ParsedPair(id, ServiceDate(date)): ParsedPair<VenueId, ServiceDate>,
    origin: Origin,
    headers: HeaderMap,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.done()?;
    let mut snapshot = app.snapshot(&min, &PROJECTIONS).await?;
    let facts = venues::find(&mut snapshot.tx, &id).await?;
    let facts = facts.ok_or_else(|| Problem::new(NOT_FOUND, format!("there is no venue {id}")))?;
    drop(snapshot);
    let (from, to) = policies::service_day(&facts.facts(), date);
    let day = Day { venue: id, from, to };
    // First the seat, then the look: what the one does not show, the other hears.
    let seat = app.live.join(day.clone(), origin.address).await?;
    let last = heard(&headers);
    let mut bookmark = interval(BOOKMARK);
    bookmark.set_missed_tick_behavior(MissedTickBehavior::Delay);
    bookmark.reset();
    let mut listener =
        Listener { app, day, date, seat, bookmark, ready: VecDeque::new(), mark: None };
    let seen = listener.catch_up(&min, last).await?;
    let stream = stream::unfold(listener, |mut listener| async {
        listener.next().await.map(|it| (Ok::<_, Infallible>(it), listener))
    });
    let events = Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    let mut response = seen.on(events);
    response.headers_mut().insert(&X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

/// What a client says it has heard.
fn heard(headers: &HeaderMap) -> Option<Mark> {
    let mut values = headers.get_all(&LAST_EVENT_ID).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    Mark::read(value.to_str().ok()?)
}

/// Somebody who listens.
struct Listener {
    app: App,
    day: Day,
    date: Date,
    seat: Seat,
    bookmark: Interval,
    /// To be sent before anything else.
    ready: VecDeque<Message>,
    /// Everything up to here is sent, or ready.
    mark: Option<Mark>,
}

impl Listener {
    /// The next message; `None` at the end.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            tokio::select! {
                biased;
                () = self.app.live.shutdown().cancelled() => return None,
                heard = self.seat.heard.recv() => match heard? {
                    Heard::Change(told) if self.is_news(&told) => self.tell(&told),
                    Heard::Change(_) => {}
                    Heard::Again => self.show_again().await?,
                },
                _ = self.bookmark.tick() => self.bookmark(),
            }
        }
    }

    /// What another telling says is in the snapshot that follows, or was in the one before.
    fn is_news(&self, told: &Told) -> bool {
        self.mark
            .is_some_and(|it| it.telling == told.mark.telling && it.position < told.mark.position)
    }

    fn tell(&mut self, told: &Told) {
        self.mark = Some(told.mark);
        self.ready.push_back(message("change", told.mark, &told.change));
        self.app.live.measures().messages.inc();
    }

    /// Moves the client's `Last-Event-ID`, so that it resumes without a snapshot even if its day is a quiet one.
    fn bookmark(&mut self) {
        // In this order: what was told up to there has been heard by then.
        let Some(told) = self.app.live.told() else { return };
        let moves =
            self.mark.is_some_and(|it| it.telling == told.telling && it.position < told.position);
        if moves && self.seat.heard.is_empty() {
            self.mark = Some(told);
            self.ready.push_back(Message::default().id(told.to_string()));
        }
    }

    /// Shows the day anew; `None` at shutdown. Meanwhile the connection is kept by heartbeats.
    async fn show_again(&mut self) -> Option<()> {
        let app = self.app.clone();
        loop {
            let turn = app.live.turn().await?;
            let shown = self.catch_up(&MinPosition::default(), None).await;
            drop(turn);
            let Err(problem) = shown else { return Some(()) };
            tracing::debug!(why = problem.detail(), "a listener waits for its day");
            tokio::select! {
                () = tokio::time::sleep(AGAIN) => {}
                () = app.live.shutdown().cancelled() => return None,
            }
        }
    }

    /// Makes ready what came after `last`, or the whole day.
    async fn catch_up(&mut self, min: &MinPosition, last: Option<Mark>) -> Result<Seen, Problem> {
        let mut snapshot = self.app.snapshot(min, &PROJECTIONS).await?;
        let now = rows::standing(&mut snapshot.tx, self.app.log).await.map_err(away)?;
        let now = now.ok_or_else(being_built)?;
        let retry = Duration::from_millis(
            RETRY_MILLIS + u64::from(ids::new().as_bytes()[15]) * RETRY_SPREAD_MILLIS / 256,
        );
        let begin = Message::default().id(last.unwrap_or(now).to_string()).retry(retry);
        let tx = &mut snapshot.tx;
        let known = match last {
            Some(it) if it.telling == now.telling && it.position <= now.position => {
                it == now || rows::is_kept(tx, it).await.map_err(away)?
            }
            _ => false,
        };
        let missed = match last.filter(|_| known) {
            Some(it) => rows::between(tx, it, now.position, Some(&self.day), MOST_MISSED)
                .await
                .map_err(away)?,
            None => None,
        };
        self.ready.clear();
        if let Some(missed) = missed {
            self.ready.push_back(begin);
            for it in &missed {
                self.tell(it);
            }
        } else {
            let items = rows::taken(tx, &self.day, self.app.clock.now()).await.map_err(away)?;
            let venue = self.day.venue.to_string();
            let shown = LiveSnapshot { venue, date: self.date, items };
            self.ready.push_back(message("snapshot", now, &shown).retry(retry));
            self.app.live.measures().snapshots.inc();
        }
        self.mark = Some(now);
        Ok(snapshot.seen)
    }
}

fn message(name: &str, mark: Mark, data: &impl Serialize) -> Message {
    let event = Message::default().event(name).id(mark.to_string());
    event.json_data(data).unwrap_or_default()
}

fn being_built() -> Problem {
    Problem::new(PROJECTION_BEHIND, "the read models are being built").retry_after(2)
}
