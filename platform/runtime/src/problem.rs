//! Errors as clients see them: `application/problem+json` (RFC 9457).
//!
//! A handler returns a [`Problem`]; the HTTP edge writes it out, because only there are the server's URL (for
//! `type`) and the request's id (for `instance`) known.
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A kind of problem: stable, documented in `docs/problems/<name>.md`, and never reused for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    pub name: &'static str,
    pub status: StatusCode,
    pub title: &'static str,
}

impl Kind {
    /// What stands in the way may be another thing tomorrow.
    pub const fn conflict(name: &'static str, title: &'static str) -> Self {
        Self { name, status: StatusCode::CONFLICT, title }
    }
}

/// The pages of `docs/problems`: name and Markdown. A new page is there by being written.
pub fn problem_pages() -> &'static [(&'static str, &'static str)] {
    include!(concat!(env!("OUT_DIR"), "/problem_pages.rs"))
}

/// What went wrong with one request.
#[derive(Clone, Debug)]
pub struct Problem(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    kind: Kind,
    detail: String,
    errors: Vec<FieldError>,
    retry_after_seconds: Option<u32>,
}

/// Where in the request it is wrong.
#[derive(Clone, Debug, Serialize)]
pub struct FieldError {
    #[serde(flatten)]
    pub place: Place,
    /// A machine-readable reason: `off-grid`, `unknown-field`, `too-short`, …
    pub code: &'static str,
    pub detail: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A JSON pointer as a URI fragment (RFC 6901 section 6): `#/starts_at`.
    Pointer(String),
    /// Of the query or the path.
    Parameter(String),
    Header(String),
}

impl Problem {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after_seconds: None,
        }))
    }

    /// A field of the body that can never be as it is: at its top, or further in, `venues/1`.
    pub fn invalid(field: &str, code: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::new(INVALID, detail.clone()).at(Place::field(field), code, detail)
    }

    /// A parameter of the query or the path that cannot be read.
    pub fn parameter(name: &str, code: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let place = Place::Parameter(name.to_owned());
        Self::new(MALFORMED_REQUEST, format!("{name}: {detail}")).at(place, code, detail)
    }

    #[must_use]
    pub fn at(mut self, place: Place, code: &'static str, detail: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).errors.push(FieldError { place, code, detail: detail.into() });
        self
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        Arc::make_mut(&mut self.0).retry_after_seconds = Some(seconds);
        self
    }

    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    pub fn retry_after_seconds(&self) -> Option<u32> {
        self.0.retry_after_seconds
    }
}

impl Place {
    /// `field` of the body, at its top: `#/<field>`.
    pub fn field(field: &str) -> Self {
        Self::Pointer(format!("#/{field}"))
    }
}

impl IntoResponse for Problem {
    /// An empty answer that carries the problem; the edge gives it its body.
    fn into_response(self) -> Response {
        let mut response = self.0.kind.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

macro_rules! kinds {
    ($($name:ident = $text:literal, $status:ident, $title:literal;)+) => {
        $(pub const $name: Kind = Kind { name: $text, status: StatusCode::$status, title: $title };)+
        /// The kinds that any route may answer with.
        pub const COMMON: &[Kind] = &[$($name),+];
    };
}

kinds! {
    MALFORMED_REQUEST = "malformed-request", BAD_REQUEST, "The request cannot be read";
    BAD_CURSOR = "bad-cursor", BAD_REQUEST, "The cursor is not one of ours";
    UNAUTHENTICATED = "unauthenticated", UNAUTHORIZED, "Log in first";
    HTTPS_REQUIRED = "https-required", FORBIDDEN, "Only over TLS";
    FORBIDDEN = "forbidden", FORBIDDEN, "Not allowed";
    NOT_FOUND = "not-found", NOT_FOUND, "Nothing here";
    METHOD_NOT_ALLOWED = "method-not-allowed", METHOD_NOT_ALLOWED, "This resource does not do that";
    REQUEST_TIMEOUT = "request-timeout", REQUEST_TIMEOUT, "The request came too slowly";
    BODY_TOO_LARGE = "body-too-large", PAYLOAD_TOO_LARGE, "The body is too large";
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The body is not JSON";
    TOO_MANY_HEADERS = "too-many-headers", REQUEST_HEADER_FIELDS_TOO_LARGE, "The request has too many headers";
    INVALID = "invalid", UNPROCESSABLE_ENTITY, "The request can never succeed";
    QUOTA_EXCEEDED = "quota-exceeded", TOO_MANY_REQUESTS, "Too many requests";
    INTERNAL = "internal", INTERNAL_SERVER_ERROR, "Something is wrong on our side";
    UNAVAILABLE = "unavailable", SERVICE_UNAVAILABLE, "Something we need is away";
    CONTENTION = "contention", SERVICE_UNAVAILABLE, "Too many writers at once";
    OUTCOME_UNKNOWN = "outcome-unknown", SERVICE_UNAVAILABLE, "Whether it happened is not known";
    OVERLOADED = "overloaded", SERVICE_UNAVAILABLE, "Too much to do";
    PROJECTION_BEHIND = "projection-behind", SERVICE_UNAVAILABLE, "The answer is not there yet";
    PROJECTION_PARKED = "projection-parked", SERVICE_UNAVAILABLE, "What you did is put aside";
}
