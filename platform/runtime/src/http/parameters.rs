//! Parameters of query and path, read strictly.
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::Problem;
use crate::problem::{MALFORMED_REQUEST, Place};

/// The query string. Take each parameter, then call [`Parameters::done`]: what is left over is unknown.
#[derive(Debug)]
pub struct Parameters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut parameters = Vec::<(String, String)>::new();
        for (name, value) in pairs(parts.uri.query().unwrap_or_default()) {
            let name = decode(name).ok_or_else(|| undecodable(name))?;
            let value = decode(value).ok_or_else(|| undecodable(&name))?;
            if parameters.iter().any(|it| it.0 == name) {
                return Err(Problem::parameter(
                    &name,
                    "repeated-parameter",
                    "given more than once",
                ));
            }
            parameters.push((name, value));
        }
        Ok(Self(parameters))
    }
}

impl Parameters {
    pub fn required<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Result<T, Problem> {
        self.optional(name)?
            .ok_or_else(|| Problem::parameter(name, "missing-parameter", "is required"))
    }

    pub fn optional<T: FromStr<Err: Display>>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, Problem> {
        let Some(index) = self.0.iter().position(|it| it.0 == name) else { return Ok(None) };
        let (_, value) = self.0.swap_remove(index);
        parse(name, &value).map(Some)
    }

    /// One of these words.
    pub fn one_of(
        &mut self,
        name: &'static str,
        words: &[&'static str],
    ) -> Result<Option<&'static str>, Problem> {
        let Some(value) = self.optional::<String>(name)? else { return Ok(None) };
        let known = words.iter().find(|it| **it == value).copied();
        let unknown = || {
            Problem::parameter(
                name,
                "unknown-value",
                format!("one of {}, please", words.join(", ")),
            )
        };
        known.map(Some).ok_or_else(unknown)
    }

    pub fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            return Ok(());
        }
        let names = self.0.iter().map(|it| it.0.as_str()).collect::<Vec<_>>().join(", ");
        let problem = Problem::new(MALFORMED_REQUEST, format!("this route does not know: {names}"));
        Err(self.0.iter().fold(problem, |problem, (name, _)| {
            problem.at(Place::Parameter(name.clone()), "unknown-parameter", "is not known here")
        }))
    }
}

/// The route's one path parameter, parsed: 400 with `{parameter}` when it is malformed.
#[derive(Debug)]
pub struct Parsed<T>(pub T);

impl<T: FromStr<Err: Display>, S: Send + Sync> FromRequestParts<S> for Parsed<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match path(parts, state).await?.as_slice() {
            [(name, value)] => Ok(Self(parse(name, value)?)),
            other => Err(not_so_many(other.len(), 1)),
        }
    }
}

/// Two path parameters, in the route's order.
#[derive(Debug)]
pub struct ParsedPair<A, B>(pub A, pub B);

impl<A, B, S> FromRequestParts<S> for ParsedPair<A, B>
where
    A: FromStr<Err: Display>,
    B: FromStr<Err: Display>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match path(parts, state).await?.as_slice() {
            [(one, first), (other, second)] => Ok(Self(parse(one, first)?, parse(other, second)?)),
            other => Err(not_so_many(other.len(), 2)),
        }
    }
}

async fn path<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
) -> Result<Vec<(String, String)>, Problem> {
    let parameters = RawPathParams::from_request_parts(parts, state).await.map_err(|_| {
        Problem::new(MALFORMED_REQUEST, "the path is not UTF-8 after its %-escapes are undone")
    })?;
    Ok(parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// A route and its handler that do not agree are ours to mend.
fn not_so_many(found: usize, expected: usize) -> Problem {
    tracing::error!(
        found,
        expected,
        "a route has another number of parameters than its handler takes"
    );
    Problem::new(crate::problem::INTERNAL, "a bug; report the instance")
}

fn parse<T: FromStr<Err: Display>>(name: &str, value: &str) -> Result<T, Problem> {
    if value.contains('\0') {
        return Err(Problem::parameter(name, "malformed", "text without U+0000 is expected"));
    }
    value.parse().map_err(|error: T::Err| Problem::parameter(name, "malformed", error.to_string()))
}

fn undecodable(name: &str) -> Problem {
    Problem::parameter(
        name,
        "malformed",
        "a % is followed by two hexadecimal digits, and all of it is UTF-8",
    )
}

/// The body of a form, pair by pair in the order it came. `None` for a broken escape, and for what is not UTF-8.
pub fn form(body: &[u8]) -> Option<Vec<(String, String)>> {
    let text = std::str::from_utf8(body).ok()?;
    pairs(text).map(|(name, value)| Some((decode(name)?, decode(value)?))).collect()
}

/// Names and values as they are written, in a query or in a form.
fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = text.split('&').filter(|it| !it.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// As forms are encoded: `+` is a space. `None` for a broken escape, where others guess.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |it: Option<u8>| {
                    char::from(it?).to_digit(16).and_then(|it| u8::try_from(it).ok())
                };
                16 * digit(rest.next())? + digit(rest.next())?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}
