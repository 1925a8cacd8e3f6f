//! `/v1/audit/actions`: what staff, auditors, operators and admins did, and what was done at the command line.
use std::str::FromStr;

use access::Caller;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::Parameters;
use serde::Serialize;
use sqlx::PgTransaction;

use crate::App;
use crate::audit_list::{self, List};
use crate::csv;
use crate::pages::Page;
use crate::readings::Reading;
use crate::replay::{self, PAGE};
use crate::snapshot::{MinPosition, away};

/// One thing that was done.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Action {
    pub event_id: uuid::Uuid,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `user`, `service`: a program with a key of its own, or `cli`: at the command line, where nobody is logged in.
    pub by: String,
    /// The person, or the service account.
    pub actor: Option<uuid::Uuid>,
    /// The person's username as it is now.
    pub username: Option<String>,
    /// The person's role as it was then.
    pub role: Option<String>,
    /// The event's name: `booking.cancelled`, `courtday.blocked`, `user.role-changed`, `audit.read`; more may come.
    pub kind: String,
    /// The booking, court-day, venue, court, account or projection it was done to.
    pub about: Option<String>,
    /// Why, in the actor's words; `[erased]` where they can be read no more.
    pub reason: Option<String>,
    /// What else the event says and that may be shown; more may come.
    #[schema(value_type = Object)]
    pub details: serde_json::Value,
    #[serde(skip)]
    position: i64,
}

/// What the list was narrowed to.
struct Filter {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    actor: Option<uuid::Uuid>,
    by: Option<&'static str>,
    kind: Option<Kind>,
    about: Option<About>,
}

/// A row of `actions_v1`, with the name of whoever did it.
struct Row {
    position: i64,
    event_id: uuid::Uuid,
    at: jiff_sqlx::Timestamp,
    by: String,
    actor: Option<uuid::Uuid>,
    username: Option<String>,
    role: Option<String>,
    kind: String,
    about: Option<String>,
    reason: Option<String>,
    details: serde_json::Value,
}

/// `booking.cancelled`, or `booking`: all of them.
struct Kind(String);

/// The name of something here, as a link has it.
struct About(String);

/// Lists what was done, newest first; or with `?format=` or `Accept` all of it, oldest first, as CSV or NDJSON. It is
/// streamed, and ends at the answer's `Courtside-Position`; a transfer that fails is not the whole of it.
///
/// An action is whatever somebody with another role than a player's brings about, for themselves too, whatever a service account
/// does, and whatever is done at the command line. Logins are in their own list. That it was read is recorded before it is shown.
#[utoipa::path(get, path = "/v1/audit/actions", operation_id = "list_actions", tag = "audit", security(("bearer" = [])),
    params(("from" = Option<String>, Query, description = "RFC 3339, inclusive"),
        ("to" = Option<String>, Query, description = "RFC 3339, exclusive"),
        ("actor" = Option<uuid::Uuid>, Query),
        ("by" = Option<String>, Query, description = "`user`, `service` or `cli`"),
        ("kind" = Option<String>, Query, description = "`booking.cancelled`, or `booking` for all of them"),
        ("about" = Option<String>, Query, description = "What it was done to, as `about` says it"),
        ("format" = Option<String>, Query, description = "`json`, `csv` or `ndjson`; wins over `Accept`"),
        ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, content((Page<Action> = "application/json"), (String = "text/csv"),
            (Action = "application/x-ndjson"))),
        (status = "default", description = "A problem (RFC 9457)")))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    uri: Uri,
    headers: HeaderMap,
    parameters: Parameters,
) -> Result<Response, Problem> {
    audit_list::answer::<Filter>(app, &caller, &wanted, &uri, &headers, parameters).await
}

impl List for Filter {
    type Row = Action;
    const NAME: &'static str = "actions";
    const PROJECTIONS: &'static [&'static str] = &["actions", "users"];

    fn take(parameters: &mut Parameters) -> Result<Self, Problem> {
        Ok(Self {
            from: parameters.optional("from")?,
            to: parameters.optional("to")?,
            actor: parameters.optional("actor")?,
            by: parameters.one_of("by", &["user", "service", "cli"])?,
            kind: parameters.optional("kind")?,
            about: parameters.optional("about")?,
        })
    }

    fn reading(&self) -> Reading {
        Reading::of("/v1/audit/actions")
            .by("from", self.from)
            .by("to", self.to)
            .by("actor", self.actor)
            .by("by", self.by)
            .by("kind", self.kind.as_ref().map(|it| &it.0))
            .by("about", self.about.as_ref().map(|it| &it.0))
    }

    async fn newest(
        &self,
        tx: &mut PgTransaction<'static>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Action>, Problem> {
        let rows = sqlx::query_file_as!(
            Row,
            "src/actions/list.sql",
            self.from.map(jiff_sqlx::Timestamp::from) as _,
            self.to.map(jiff_sqlx::Timestamp::from) as _,
            self.actor,
            self.by,
            self.kind.as_ref().map(|it| &*it.0),
            self.about.as_ref().map(|it| &*it.0),
            before,
            limit
        )
        .fetch_all(&mut **tx)
        .await
        .map_err(away)?;
        Ok(rows.into_iter().map(Action::from).collect())
    }

    async fn page(
        &self,
        tx: &mut PgTransaction<'static>,
        after: i64,
        until: i64,
    ) -> Result<Vec<Action>, Problem> {
        let rows = sqlx::query_file_as!(
            Row,
            "src/actions/replay.sql",
            self.from.map(jiff_sqlx::Timestamp::from) as _,
            self.to.map(jiff_sqlx::Timestamp::from) as _,
            self.actor,
            self.by,
            self.kind.as_ref().map(|it| &*it.0),
            self.about.as_ref().map(|it| &*it.0),
            after,
            until,
            PAGE
        )
        .fetch_all(&mut **tx)
        .await
        .map_err(away)?;
        Ok(rows.into_iter().map(Action::from).collect())
    }
}

impl From<Row> for Action {
    fn from(it: Row) -> Self {
        Self {
            event_id: it.event_id,
            at: it.at.to_jiff(),
            by: it.by,
            actor: it.actor,
            username: it.username,
            role: it.role,
            kind: it.kind,
            about: it.about,
            reason: it.reason,
            details: it.details,
            position: it.position,
        }
    }
}

impl replay::Row for Action {
    const COLUMNS: &'static [&'static str] = &[
        "event_id", "at", "by", "actor", "username", "role", "kind", "about", "reason", "details",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.event_id.to_string(),
            self.at.to_string(),
            self.by.clone(),
            csv::said(self.actor.as_ref()),
            csv::said(self.username.as_ref()),
            csv::said(self.role.as_ref()),
            self.kind.clone(),
            csv::said(self.about.as_ref()),
            csv::said(self.reason.as_ref()),
            self.details.to_string(),
        ]
    }

    fn position(&self) -> i64 {
        self.position
    }
}

impl FromStr for Kind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_kind = |it: char| it.is_ascii_lowercase() || matches!(it, '.' | '-');
        let known = (1..=60).contains(&text.len()) && text.chars().all(is_kind);
        known.then(|| Self(text.to_owned())).ok_or("a name like booking.cancelled or booking")
    }
}

impl FromStr for About {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_');
        let known = (1..=100).contains(&text.len()) && text.chars().all(is_name);
        known.then(|| Self(text.to_owned())).ok_or("an id, a code or a name of something here")
    }
}
