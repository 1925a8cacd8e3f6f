//! `If-Match`: a change is made to what the client has seen, or not at all (RFC 9110, section 13.1.1).
//!
//! The tag of a resource is its stream's revision. It is compared where the command is decided, at the revision that is
//! appended at: nothing can come in between.
use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use domain::decider::Decider;
use domain::stored::StoredDecider;
use event_store::{ExecuteError, Metadata};
use runtime::Problem;
use runtime::problem::{Kind, MALFORMED_REQUEST, Place};

use crate::answer::Answer;
use crate::app::App;
use crate::refused::{Explain, Refused, broken, failed};

pub const STALE: Kind = Kind {
    name: "stale",
    status: StatusCode::PRECONDITION_FAILED,
    title: "It has changed since you saw it",
};
pub const IF_MATCH_REQUIRED: Kind = Kind {
    name: "if-match-required",
    status: StatusCode::PRECONDITION_REQUIRED,
    title: "Say which version you have seen",
};

/// What the client says of the version it has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    Missing,
    /// `*`: whichever it is, as long as it is there.
    Any,
    Revisions(Vec<u64>),
}

/// A version that a command may be obeyed at.
#[derive(Clone, Debug)]
pub struct Condition(Option<Vec<u64>>);

impl IfMatch {
    /// 428 if the client says nothing: two people who change one thing at a time would undo each other's work.
    pub fn required(self) -> Result<Condition, Problem> {
        match self {
            Self::Missing => {
                let detail =
                    "send If-Match with the ETag of what you have seen, or * for whatever is there";
                let at = Place::Header("If-Match".to_owned());
                Err(Problem::new(IF_MATCH_REQUIRED, detail).at(at, "missing-header", detail))
            }
            Self::Any => Ok(Condition(None)),
            Self::Revisions(revisions) => Ok(Condition(Some(revisions))),
        }
    }

    /// What takes no version has one to respect all the same, if the client names it.
    pub fn optional(self) -> Condition {
        match self {
            Self::Missing | Self::Any => Condition(None),
            Self::Revisions(revisions) => Condition(Some(revisions)),
        }
    }

    fn read(headers: &HeaderMap) -> Option<Self> {
        let mut revisions = Vec::new();
        let mut values = headers.get_all(header::IF_MATCH).iter().peekable();
        if values.peek().is_none() {
            return Some(Self::Missing);
        }
        for value in values {
            let text = value.to_str().ok()?.trim();
            if text == "*" {
                return Some(Self::Any);
            }
            for tag in text.split(',').map(str::trim) {
                // A weak tag is well-formed and never the same (RFC 9110, section 8.8.3.2).
                let (strong, tag) = tag.strip_prefix("W/").map_or((true, tag), |it| (false, it));
                let opaque = tag.strip_prefix('"')?.strip_suffix('"')?;
                revisions.extend(opaque.parse::<u64>().ok().filter(|_| strong));
            }
        }
        Some(Self::Revisions(revisions))
    }
}

impl Condition {
    fn allows(&self, revision: Option<u64>) -> bool {
        let Some(allowed) = &self.0 else { return true };
        revision.is_some_and(|it| allowed.contains(&it))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(&parts.headers).ok_or_else(|| {
            let detail = "If-Match takes the value of an ETag header, or *";
            let at = Place::Header("If-Match".to_owned());
            Problem::new(MALFORMED_REQUEST, detail).at(at, "malformed", detail)
        })
    }
}

/// The rules of `D`, for a client that says which version it has seen.
struct Seen<D>(PhantomData<D>);

/// A state of `D`, and at which revision.
#[derive(Clone, Default)]
struct At<S> {
    state: S,
    revision: Option<u64>,
}

enum Refusal<R> {
    Stale(Option<u64>),
    Inner(R),
}

impl<D: Decider> Decider for Seen<D> {
    type State = At<D::State>;
    type Command = (D::Command, Condition);
    type Event = D::Event;
    type Rejection = Refusal<D::Rejection>;

    fn evolve(At { state, revision }: Self::State, event: D::Event) -> Self::State {
        At { state: D::evolve(state, event), revision: Some(revision.map_or(0, |it| it + 1)) }
    }

    /// What would be refused anyway is refused for its own reason, and what is so already is no conflict: a client whose
    /// answer was lost finds its change made, and not its tag out of date.
    fn decide(
        At { state, revision }: &Self::State,
        (command, condition): Self::Command,
    ) -> Result<Vec<D::Event>, Self::Rejection> {
        let events = D::decide(state, command).map_err(Refusal::Inner)?;
        if events.is_empty() || condition.allows(*revision) {
            Ok(events)
        } else {
            Err(Refusal::Stale(*revision))
        }
    }
}

impl App {
    /// Decides and records a command if the stream is as the client has seen it, and answers 204 with the new tag; 412 if
    /// it has moved on.
    pub async fn change<D: StoredDecider<Rejection: Explain>>(
        &self,
        condition: Condition,
        stream: &str,
        command: D::Command,
        meta: &Metadata,
    ) -> Result<Answer, Refused> {
        let (problem, position) =
            match self.executor.execute::<Seen<D>>(stream, (command, condition), meta).await {
                Ok(done) => {
                    let revision = done.revision.ok_or_else(broken)?;
                    let position = self.token(done.position);
                    return Ok(Answer::no_content().revision(revision).position(position));
                }
                Err(ExecuteError::Rejected { rejection, position }) => match rejection {
                    Refusal::Inner(rejection) => (rejection.explain(), position),
                    Refusal::Stale(revision) => (stale(revision), position),
                },
                Err(failure) => return Err(failed(failure).into()),
            };
        Err(Refused::new(problem, Some(self.token(position))))
    }
}

fn stale(revision: Option<u64>) -> Problem {
    let now = revision.map_or_else(|| "not there".to_owned(), |it| format!("at \"{it}\""));
    let detail = format!("it is {now} by now; read it again, then decide");
    Problem::new(STALE, detail.clone()).at(Place::Header("If-Match".to_owned()), "stale", detail)
}

impl<R: std::fmt::Debug> std::fmt::Debug for Refusal<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stale(revision) => write!(f, "stale: at {revision:?}"),
            Self::Inner(rejection) => rejection.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Option<IfMatch> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, value.parse().expect("a header value"));
        }
        IfMatch::read(&headers)
    }

    #[test]
    #[rustfmt::skip] // a table
    fn what_a_client_has_seen() {
        let revisions = |it: &[u64]| Some(IfMatch::Revisions(it.to_vec()));
        assert_eq!(read(&[]),                     Some(IfMatch::Missing));
        assert_eq!(read(&["*"]),                  Some(IfMatch::Any));
        assert_eq!(read(&["\"7\""]),              revisions(&[7]));
        assert_eq!(read(&["\"7\", \"8\""]),       revisions(&[7, 8]));
        assert_eq!(read(&["\"7\"", "\"8\""]),     revisions(&[7, 8]));
        assert_eq!(read(&["W/\"7\""]),            revisions(&[]), "a weak tag is never the same");
        assert_eq!(read(&["\"abc\""]),            revisions(&[]), "somebody else's tag");
        assert_eq!(read(&["\"99999999999999999999\""]), revisions(&[]));
        assert_eq!(read(&["7"]),                  None);
        assert_eq!(read(&["\""]),                 None);
        assert_eq!(read(&[""]),                   None);
        assert_eq!(read(&["\"7\","]),             None);
    }
}
