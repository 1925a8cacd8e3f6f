//! `/v1/audit/logins`: who tried to log in, from where, and what came of it.
use std::net::IpAddr;

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

/// One attempt, or what it led to.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Login {
    pub event_id: uuid::Uuid,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Nobody's, if the identifier is unknown.
    pub user: Option<uuid::Uuid>,
    /// The username where there is one, else the keyed hash of what was typed.
    pub identifier: Option<String>,
    /// `succeeded`, `failed`, `locked`, `refused`, `unlocked`, `reauthenticated` (the password given again by somebody
    /// logged in), `code_requested` and `code_refused` (a mail with a code); more may come.
    pub outcome: String,
    pub reason: Option<String>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub session: Option<uuid::Uuid>,
    /// The end of a lock, or of a code's time.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    #[serde(skip)]
    position: i64,
}

const OUTCOMES: [&str; 8] = [
    "succeeded",
    "failed",
    "locked",
    "refused",
    "unlocked",
    "reauthenticated",
    "code_requested",
    "code_refused",
];

/// What the history was narrowed to.
struct Filter {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    user: Option<uuid::Uuid>,
    outcome: Option<&'static str>,
    ip: Option<IpAddr>,
}

/// A row of `logins_v1`, with the name of whose it is.
struct Row {
    position: i64,
    event_id: uuid::Uuid,
    at: jiff_sqlx::Timestamp,
    user_id: Option<uuid::Uuid>,
    identifier: Option<String>,
    username: Option<String>,
    outcome: String,
    reason: Option<String>,
    ip: Option<String>,
    user_agent: Option<String>,
    session: Option<uuid::Uuid>,
    until: Option<jiff_sqlx::Timestamp>,
}

/// Shows the login history: a page of it, newest first; or with `?format=` or `Accept` all of it, oldest first, as CSV or
/// NDJSON. It is streamed, and ends at the answer's `Courtside-Position`; a transfer that fails is not the whole of it.
///
/// That it was read is recorded before it is shown.
#[utoipa::path(get, path = "/v1/audit/logins", operation_id = "list_logins", tag = "audit", security(("bearer" = [])),
    params(("from" = Option<String>, Query, description = "RFC 3339, inclusive"),
        ("to" = Option<String>, Query, description = "RFC 3339, exclusive"),
        ("user" = Option<uuid::Uuid>, Query), ("outcome" = Option<String>, Query), ("ip" = Option<String>, Query),
        ("format" = Option<String>, Query, description = "`json`, `csv` or `ndjson`; wins over `Accept`"),
        ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, content((Page<Login> = "application/json"), (String = "text/csv"),
            (Login = "application/x-ndjson"))),
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
    type Row = Login;
    const NAME: &'static str = "logins";
    const PROJECTIONS: &'static [&'static str] = &["logins", "users"];

    fn take(parameters: &mut Parameters) -> Result<Self, Problem> {
        Ok(Self {
            from: parameters.optional("from")?,
            to: parameters.optional("to")?,
            user: parameters.optional("user")?,
            outcome: parameters.one_of("outcome", &OUTCOMES)?,
            ip: parameters.optional("ip")?,
        })
    }

    fn reading(&self) -> Reading {
        Reading::of("/v1/audit/logins")
            .by("from", self.from)
            .by("to", self.to)
            .by("user", self.user)
            .by("outcome", self.outcome)
            .by_hidden("ip", self.ip)
    }

    async fn newest(
        &self,
        tx: &mut PgTransaction<'static>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Login>, Problem> {
        let rows = sqlx::query_file_as!(
            Row,
            "src/logins/list.sql",
            self.from.map(jiff_sqlx::Timestamp::from) as _,
            self.to.map(jiff_sqlx::Timestamp::from) as _,
            self.user,
            self.outcome,
            self.ip.map(|it| it.to_string()),
            before,
            limit
        )
        .fetch_all(&mut **tx)
        .await
        .map_err(away)?;
        Ok(rows.into_iter().map(Login::from).collect())
    }

    async fn page(
        &self,
        tx: &mut PgTransaction<'static>,
        after: i64,
        until: i64,
    ) -> Result<Vec<Login>, Problem> {
        let rows = sqlx::query_file_as!(
            Row,
            "src/logins/replay.sql",
            self.from.map(jiff_sqlx::Timestamp::from) as _,
            self.to.map(jiff_sqlx::Timestamp::from) as _,
            self.user,
            self.outcome,
            self.ip.map(|it| it.to_string()),
            after,
            until,
            PAGE
        )
        .fetch_all(&mut **tx)
        .await
        .map_err(away)?;
        Ok(rows.into_iter().map(Login::from).collect())
    }
}

impl From<Row> for Login {
    fn from(it: Row) -> Self {
        Self {
            event_id: it.event_id,
            at: it.at.to_jiff(),
            user: it.user_id,
            identifier: it.username.or(it.identifier),
            outcome: it.outcome,
            reason: it.reason,
            ip: it.ip,
            user_agent: it.user_agent,
            session: it.session,
            until: it.until.map(jiff_sqlx::Timestamp::to_jiff),
            position: it.position,
        }
    }
}

impl replay::Row for Login {
    const COLUMNS: &'static [&'static str] = &[
        "event_id",
        "at",
        "user",
        "identifier",
        "outcome",
        "reason",
        "ip",
        "user_agent",
        "session",
        "until",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.event_id.to_string(),
            self.at.to_string(),
            csv::said(self.user.as_ref()),
            csv::said(self.identifier.as_ref()),
            self.outcome.clone(),
            csv::said(self.reason.as_ref()),
            csv::said(self.ip.as_ref()),
            csv::said(self.user_agent.as_ref()),
            csv::said(self.session.as_ref()),
            csv::said(self.until.as_ref()),
        ]
    }

    fn position(&self) -> i64 {
        self.position
    }
}
