//! What the log says of one event: canonical JSON (RFC 8785), and the bytes of a leaf.
//!
//! It names nobody. Persons and sessions are keyed commitments, made with the person's own key, so that erasing the person
//! unlinks them; addresses and the like stand in `pii`, sealed. Neither changes a leaf.
use std::collections::BTreeMap;

use domain::features::prefix;
use domain::logins::{FailureReason, LoginEvent, Origin, RefusalReason};
use domain::sealed::Sealed;
use domain::sessions::{RevocationReason, SessionEvent};
use domain::stored::StoredEvent;
use domain::users::UserEvent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A record, its fields in the order of RFC 8785: that of their names. Every field is always there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The commitment to whoever did it, or which part of the system did; nobody's, before anybody is known.
    pub actor: Option<String>,
    pub event_id: Uuid,
    pub outcome: Option<String>,
    /// Sealed values alone.
    pub pii: BTreeMap<String, Sealed>,
    pub reason: Option<String>,
    pub request_id: Uuid,
    /// Of the event in its stream.
    pub revision: u64,
    pub session: Option<String>,
    pub subject: Option<String>,
    pub time: Timestamp,
    /// The stored name of the event.
    #[serde(rename = "type")]
    pub kind: String,
    pub version: u32,
}

/// The only version so far.
pub const VERSION: u32 = 1;

/// A sealed value longer than this is left out: a record has to fit its file, and no address is so long.
const MAX_SEALED_BYTES: usize = 8 * 1024;

/// An event as the log knows it.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    pub stream: &'a str,
    pub revision: u64,
    pub id: Uuid,
    pub kind: &'a str,
    pub data: &'a [u8],
    pub at: Timestamp,
    pub request: Uuid,
    pub actor: Option<&'a str>,
}

/// What a record will say, with those in it whom only commitments may stand for.
#[derive(Clone, Debug)]
pub struct Draft {
    record: Record,
    pub subject: Option<Uuid>,
    pub session: Option<Session>,
    pub actor: Option<Uuid>,
}

/// A session, and whose it is if the event says so; else the stream's first event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: Uuid,
    pub user: Option<Uuid>,
}

/// An audited event that this build cannot read. Whoever keeps the log waits before it.
#[derive(Debug, thiserror::Error)]
#[error("the audited event {id} cannot be read")]
pub struct Unreadable {
    pub id: Uuid,
    #[source]
    pub source: serde_json::Error,
}

/// Nothing can be made of bytes that are no record, or not as one is written.
#[derive(Debug, thiserror::Error)]
pub enum BadRecord {
    #[error("it is not a record of version {VERSION}")]
    Form(#[from] serde_json::Error),
    #[error("it is not written as RFC 8785 has it")]
    NotCanonical,
}

impl Record {
    /// The exact bytes of the leaf.
    ///
    /// Fields are declared in the order of their names and hold neither fractions nor numbers beyond 2^53; the rest of
    /// RFC 8785 is how `serde_json` escapes texts.
    pub fn write(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    pub fn read(bytes: &[u8]) -> Result<Self, BadRecord> {
        let record: Self = serde_json::from_slice(bytes)?;
        if record.write()?.as_bytes() == bytes { Ok(record) } else { Err(BadRecord::NotCanonical) }
    }
}

impl Draft {
    /// `None` for an event that is not audited.
    pub fn of(event: Event<'_>) -> Result<Option<Self>, Unreadable> {
        let unreadable = |source| Unreadable { id: event.id, source };
        let Event { stream, kind, data, .. } = event;
        let mut draft = Self::begun(event);
        match prefix(stream) {
            "login" => draft.login(LoginEvent::read(kind, data).map_err(unreadable)?),
            "session" => draft.session(SessionEvent::read(kind, data).map_err(unreadable)?),
            "user" => draft.user(UserEvent::read(kind, data).map_err(unreadable)?),
            // Of the log's own streams only readings: a record of records would never end.
            "audit" if kind.starts_with("audit.read.") => {}
            _ => return Ok(None),
        }
        Ok(Some(draft))
    }

    fn begun(event: Event<'_>) -> Self {
        let Event { stream, revision, id, kind, at, request, actor, .. } = event;
        let named = stream.split_once('-').and_then(|it| Uuid::try_parse(it.1).ok());
        let is_session = prefix(stream) == "session";
        let person = actor.and_then(|it| it.strip_prefix("user:"));
        // A person is committed to; of what else acts only the kind is said, which is nobody's name.
        let part = actor.filter(|_| person.is_none()).map(|it| prefix_of(it).to_owned());
        Self {
            record: Record {
                actor: part,
                event_id: id,
                outcome: None,
                pii: BTreeMap::new(),
                reason: None,
                request_id: request,
                revision,
                session: None,
                subject: None,
                time: at,
                kind: kind.to_owned(),
                version: VERSION,
            },
            subject: named.filter(|_| !is_session),
            session: named.filter(|_| is_session).map(|id| Session { id, user: None }),
            actor: person.and_then(|it| Uuid::try_parse(it).ok()),
        }
    }

    fn login(&mut self, event: LoginEvent) {
        match event {
            LoginEvent::Succeeded { session, from } => {
                self.session = Some(Session { id: session.0, user: self.subject });
                self.say("succeeded", None).origin(from);
            }
            LoginEvent::Failed { reason, from, .. } => {
                self.say("failed", Some(failure(reason))).origin(from);
            }
            LoginEvent::Locked { .. } => {
                self.say("locked", None);
            }
            LoginEvent::Refused { reason, from } => {
                self.say("refused", Some(refusal(reason))).origin(from);
            }
            LoginEvent::Unlocked { reason } => self.say("unlocked", None).seal("reason", reason),
        }
    }

    fn session(&mut self, event: SessionEvent) {
        match event {
            SessionEvent::Started { user, .. } => {
                if let Some(session) = &mut self.session {
                    session.user = Some(user.0);
                }
                self.say("started", None);
            }
            SessionEvent::Refreshed { .. } => {
                self.say("refreshed", None);
            }
            SessionEvent::ReuseDetected { .. } => {
                self.say("reuse-detected", None);
            }
            SessionEvent::Revoked { reason } => {
                self.say("revoked", Some(revocation(reason)));
            }
        }
    }

    /// What happened is in the event's name. Verifiers, addresses and names stay where they are.
    fn user(&mut self, event: UserEvent) {
        match event {
            UserEvent::RoleChanged { role, reason, .. } => {
                let role = serde_json::to_value(role).ok();
                self.record.outcome = role.and_then(|it| it.as_str().map(str::to_owned));
                self.seal("reason", reason);
            }
            UserEvent::Disabled { reason } | UserEvent::Enabled { reason } => {
                self.seal("reason", reason);
            }
            _ => {}
        }
    }

    fn say(&mut self, outcome: &str, reason: Option<&str>) -> &mut Self {
        self.record.outcome = Some(outcome.to_owned());
        self.record.reason = reason.map(str::to_owned);
        self
    }

    fn origin(&mut self, from: Origin) {
        self.seal("address", from.address);
        self.seal("user_agent", from.user_agent);
    }

    fn seal(&mut self, field: &str, value: Option<Sealed>) {
        if let Some(value) = value.filter(|it| it.0.len() <= MAX_SEALED_BYTES) {
            self.record.pii.insert(field.to_owned(), value);
        }
    }

    pub fn event_id(&self) -> Uuid {
        self.record.event_id
    }

    pub fn time(&self) -> Timestamp {
        self.record.time
    }

    /// The record, with the commitments in their places; `None` where there is nobody, or nobody any more.
    #[must_use]
    pub fn finish(
        self,
        subject: Option<String>,
        session: Option<String>,
        actor: Option<String>,
    ) -> Record {
        let actor = self.record.actor.clone().or(actor);
        Record { actor, session, subject, ..self.record }
    }
}

/// `system` of `system:scheduler`.
fn prefix_of(actor: &str) -> &str {
    actor.split_once(':').map_or(actor, |it| it.0)
}

fn failure(reason: FailureReason) -> &'static str {
    match reason {
        FailureReason::WrongPassword => "wrong_password",
        FailureReason::UnknownIdentifier => "unknown_identifier",
    }
}

fn refusal(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::Locked => "locked",
        RefusalReason::Disabled => "disabled",
        RefusalReason::Unverified => "unverified",
    }
}

fn revocation(reason: RevocationReason) -> &'static str {
    match reason {
        RevocationReason::LoggedOut => "logged_out",
        RevocationReason::Reuse => "reuse",
        RevocationReason::Limit => "limit",
    }
}
