//! Lists: `{items, next}`, fifty at a time.
use axum::Json;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use runtime::Problem;
use runtime::http::Parameters;
use runtime::problem::{MALFORMED_REQUEST, Place};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cursor;

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 200;

/// One page of a list.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The relative URL of the page after this one, if there is one.
    pub next: Option<String>,
}

/// `limit` and `after`.
pub struct Paging<K> {
    pub limit: usize,
    pub after: Option<K>,
}

impl<K: DeserializeOwned + Serialize> Paging<K> {
    pub fn take(parameters: &mut Parameters) -> Result<Self, Problem> {
        let limit = parameters.optional::<usize>("limit")?.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            let detail = format!("limit is 1 to {MAX_LIMIT}");
            let place = Place::Parameter("limit".to_owned());
            return Err(Problem::new(MALFORMED_REQUEST, detail.clone()).at(
                place,
                "out-of-range",
                detail,
            ));
        }
        let after =
            parameters.optional::<String>("after")?.map(|it| cursor::read(&it)).transpose()?;
        Ok(Self { limit, after })
    }

    /// Refuses both: what is asked for comes whole.
    pub fn refuse(parameters: &mut Parameters) -> Result<(), Problem> {
        for name in ["limit", "after"] {
            if parameters.optional::<String>(name)?.is_some() {
                let detail = "CSV and NDJSON hold the whole list, which has no pages then";
                return Err(Problem::parameter(name, "without-pages", detail));
            }
        }
        Ok(())
    }

    /// One more than a page holds: whether there is a next page is then seen.
    pub fn fetch(&self) -> i64 {
        i64::try_from(self.limit + 1).unwrap_or(i64::MAX)
    }

    /// Cuts the row too many off and makes `next` from the last that stays.
    pub fn page<T>(&self, uri: &Uri, mut items: Vec<T>, key: impl Fn(&T) -> K) -> Page<T> {
        let more = self.limit < items.len();
        items.truncate(self.limit);
        let next = items.last().filter(|_| more).map(|last| next(uri, &cursor::write(&key(last))));
        Page { items, next }
    }
}

/// The same request, going on after `cursor`.
fn next(uri: &Uri, cursor: &str) -> String {
    let rest = uri.query().unwrap_or_default().split('&');
    let kept: Vec<&str> = rest.filter(|it| !it.is_empty() && !it.starts_with("after=")).collect();
    let mut url = format!("{}?", uri.path());
    for pair in kept {
        url.push_str(pair);
        url.push('&');
    }
    format!("{url}after={cursor}")
}

impl<T: Serialize> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        let link = self
            .next
            .as_ref()
            .and_then(|it| HeaderValue::from_str(&format!("<{it}>; rel=\"next\"")).ok());
        let mut response = Json(self).into_response();
        if let Some(link) = link {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }
}
