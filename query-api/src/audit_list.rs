//! Lists for auditors: a page of one, newest first; or with `?format=` or `Accept` all of it, oldest first.
use access::{Caller, Permission};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use runtime::Problem;
use runtime::http::Parameters;
use sqlx::PgTransaction;

use crate::App;
use crate::format::Format;
use crate::pages::Paging;
use crate::readings::Reading;
use crate::replay::{self, Row};
use crate::snapshot::MinPosition;

/// A list with whatever it was narrowed to.
pub trait List: Sized + Send + Sync + 'static {
    type Row: Row;
    /// A file of it is called that.
    const NAME: &'static str;
    const PROJECTIONS: &'static [&'static str];

    /// The filters that were given.
    fn take(parameters: &mut Parameters) -> Result<Self, Problem>;

    /// What is recorded of the question, but for its format.
    fn reading(&self) -> Reading;

    /// At most `limit` rows before `before`, by their position, newest first.
    fn newest(
        &self,
        tx: &mut PgTransaction<'static>,
        before: Option<i64>,
        limit: i64,
    ) -> impl Future<Output = Result<Vec<Self::Row>, Problem>> + Send;

    /// At most [`replay::PAGE`] rows behind `after`, and none behind `until`, oldest first.
    fn page(
        &self,
        tx: &mut PgTransaction<'static>,
        after: i64,
        until: i64,
    ) -> impl Future<Output = Result<Vec<Self::Row>, Problem>> + Send;
}

const FORMATS: [Format; 3] = [Format::Json, Format::Csv, Format::Ndjson];

/// Answers an auditor's question. That it was asked is recorded before anything is shown.
pub async fn answer<L: List>(
    app: App,
    caller: &Caller,
    wanted: &MinPosition,
    uri: &Uri,
    headers: &HeaderMap,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    caller.may(Permission::Audit)?;
    let format = Format::take(&mut parameters, headers, &FORMATS)?;
    let list = L::take(&mut parameters)?;
    let paging = match format {
        Format::Json => Some(Paging::<i64>::take(&mut parameters)?),
        Format::Csv | Format::Ndjson => Paging::<i64>::refuse(&mut parameters).map(|()| None)?,
    };
    parameters.done()?;
    let mut snapshot = app.snapshot(wanted, L::PROJECTIONS).await?;
    let reading = list.reading().by("format", format.unless_paged());
    app.access.record_reading(caller, reading.said()).await?;
    let seen = snapshot.seen;
    let mut response = match paging {
        Some(paging) => {
            let rows = list.newest(&mut snapshot.tx, paging.after, paging.fetch()).await?;
            paging.page(uri, rows, Row::position).into_response()
        }
        None => replay::answer(app, list, format, snapshot).await?,
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    Ok(seen.on(response))
}
