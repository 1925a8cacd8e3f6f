//! Bodies and parameters, read strictly: what is wrong is said with its place.
use std::str::FromStr;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::Problem;

/// A JSON body. Unknown fields, wrong types, duplicate keys, another media type, too many bytes: each its problem.
/// `raw` is what came, for the fingerprint of an idempotency key.
pub struct Body<T> {
    pub value: T,
    pub raw: bytes::Bytes,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let _ = (request, state);
        unimplemented!("runtime helper")
    }
}

/// The query string. Take each parameter, then call [`Parameters::done`]: what is left over is unknown.
pub struct Parameters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let _ = parts;
        unimplemented!("runtime helper")
    }
}

impl Parameters {
    pub fn required<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        name: &'static str,
    ) -> Result<T, Problem> {
        let _ = (name, &self.0);
        unimplemented!("runtime helper")
    }

    pub fn optional<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, Problem> {
        let _ = name;
        unimplemented!("runtime helper")
    }

    pub fn done(self) -> Result<(), Problem> {
        unimplemented!("runtime helper")
    }
}

/// One path parameter, parsed: `Path(Parsed<BookingId>)` gives 400 with `{parameter}` when it is malformed.
pub struct Parsed<T>(pub T);

impl<T: FromStr<Err: std::fmt::Display>, S: Send + Sync> FromRequestParts<S> for Parsed<T> {
    type Rejection = Problem;

    /// Reads the route's one path parameter.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let _ = parts;
        unimplemented!("runtime helper")
    }
}
