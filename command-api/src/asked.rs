//! What comes with every command, whatever it asks.
use std::net::IpAddr;

use access::Caller;
use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use event_store::Metadata;
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::{Origin, RequestId};
use runtime::ids::{self, NAMESPACE};
use runtime::problem::{MALFORMED_REQUEST, Place};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::app::App;

/// A request that wants something done.
pub struct Asked {
    /// The command's `now`: taken once.
    pub at: Timestamp,
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
    /// `Idempotency-Key`, without its quotes.
    pub key: Option<String>,
    request: Uuid,
    /// `POST /v1/bookings/{id}/confirm`.
    route: String,
    /// `POST /v1/bookings/2026-11-21-7FK2-9X3M2KQD/confirm`.
    target: String,
}

/// A command with its name: sent again by the same caller under the same key, it is the same command.
pub struct Command {
    pub id: Uuid,
    pub at: Timestamp,
    pub meta: Metadata,
    pub has_key: bool,
    target: String,
}

/// What a browser sends is under 300; the rest is somebody playing.
const USER_AGENT_CHARS: usize = 512;
const KEY_CHARS: usize = 255;
static IDEMPOTENCY_KEY: &str = "Idempotency-Key";

impl Asked {
    /// The command of whoever asks.
    pub fn by(&self, caller: &Caller) -> Command {
        let mut command = self.by_principal(&caller.principal());
        command.meta = command.meta.actor(caller.actor());
        command
    }

    /// The command of somebody we know by another name.
    pub fn by_principal(&self, principal: &str) -> Command {
        let id = match &self.key {
            Some(key) => ids::derive(NAMESPACE, &[principal, &self.route, key]),
            None => ids::new(),
        };
        self.command(id, self.key.is_some())
    }

    /// A command that is a new one each time, whatever key comes with it.
    pub fn anew(&self) -> Command {
        self.command(ids::new(), false)
    }

    /// The same of somebody who is logged in. For what comes with a password: nothing of its body may be remembered.
    pub fn anew_by(&self, caller: &Caller) -> Command {
        let mut command = self.anew();
        command.meta = command.meta.actor(caller.actor());
        command
    }

    fn command(&self, id: Uuid, has_key: bool) -> Command {
        let meta = Metadata::new(id, self.at).correlation(self.request);
        Command { id, at: self.at, meta, has_key, target: self.target.clone() }
    }

    /// 400 if a key is missing where a repeated request would hurt.
    pub fn require_key(&self) -> Result<(), Problem> {
        if self.key.is_some() {
            return Ok(());
        }
        let detail = "send an Idempotency-Key: a repeated request must not act twice";
        Err(Problem::new(MALFORMED_REQUEST, detail).at(at_key(), "missing-header", detail))
    }
}

impl Command {
    /// The metadata of a command's append to one of several streams: an id of its own for each, and the same however
    /// often the command is sent. Stored with events, so the bytes it is made of stay.
    pub fn on(&self, name: &str) -> Metadata {
        self.meta.on(name)
    }

    /// The metadata of one of a command's appends, where it makes several: each has a name of its own, and the same
    /// however often the command is sent.
    pub fn step(&self, stream: &str, step: &str) -> Metadata {
        let command = ids::derive(self.id, &[stream, step]);
        Metadata { command, ..self.meta.clone() }
    }

    /// One of several commands that this one consists of: an id of its own, and the same however often this one is sent.
    pub fn part(&self, name: &str) -> Self {
        let id = ids::derive(self.id, &[name]);
        let meta = Metadata { command: id, ..self.meta.clone() };
        Self { id, at: self.at, meta, has_key: self.has_key, target: self.target.clone() }
    }

    /// Tells this request from another one under the same key.
    pub fn fingerprint(&self, body: &[u8]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.target.as_bytes());
        hash.update([0]);
        hash.update(body);
        hash.finalize().into()
    }
}

impl FromRequestParts<App> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let template =
            parts.extensions.get::<MatchedPath>().map_or(parts.uri.path(), MatchedPath::as_str);
        Ok(Self {
            at: app.clock.now(),
            address: parts.extensions.get::<Origin>().and_then(|it| it.address),
            user_agent: user_agent(&parts.headers),
            key: idempotency_key(&parts.headers)?,
            request: parts.extensions.get::<RequestId>().map_or_else(ids::new, |it| it.0),
            route: format!("{} {template}", parts.method),
            target: format!("{} {}", parts.method, parts.uri.path()),
        })
    }
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = String::from_utf8_lossy(headers.get(header::USER_AGENT)?.as_bytes());
    Some(text.chars().filter(|it| !it.is_control()).take(USER_AGENT_CHARS).collect())
}

/// Quoted (a structured field's string, as the IETF draft has it) or bare, as everybody sends it.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let malformed = || {
        let detail = "an Idempotency-Key is one value of 1 to 255 visible ASCII characters";
        Problem::new(MALFORMED_REQUEST, detail).at(at_key(), "malformed", detail)
    };
    let text = value.to_str().map_err(|_| malformed())?;
    let quoted = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let key = quoted.unwrap_or(text);
    let fits =
        (1..=KEY_CHARS).contains(&key.len()) && key.bytes().all(|it| matches!(it, b' '..=b'~'));
    if values.next().is_some() || !fits { Err(malformed()) } else { Ok(Some(key.to_owned())) }
}

fn at_key() -> Place {
    Place::Header(IDEMPOTENCY_KEY.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Result<Option<String>, Problem> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IDEMPOTENCY_KEY, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        idempotency_key(&headers)
    }

    #[test]
    fn a_key_is_the_same_quoted_and_bare() {
        assert_eq!(read(&["abc"]).unwrap().as_deref(), Some("abc"));
        assert_eq!(read(&["\"abc\""]).unwrap().as_deref(), Some("abc"));
        assert_eq!(read(&["\""]).unwrap().as_deref(), Some("\""));
        assert_eq!(read(&["one more try"]).unwrap().as_deref(), Some("one more try"));
        assert_eq!(read(&[]).unwrap(), None);
        assert_eq!(read(&["x".repeat(255).as_str()]).unwrap().map(|it| it.len()), Some(255));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for values in [&["", ""][..1], &["\"\""], &["\u{e9}"], &["a", "b"], &["a\tb"]] {
            assert!(read(values).is_err(), "{values:?}");
        }
        assert!(read(&["x".repeat(256).as_str()]).is_err());
    }
}
