//! What the log says of one event: canonical JSON (RFC 8785), and the bytes of a leaf.
//!
//! It names nobody. Persons and sessions are keyed commitments, made with the person's own key, so that erasing the person
//! unlinks them; addresses and the like stand in `pii`, sealed. Neither changes a leaf.
use std::collections::BTreeMap;

use domain::features::{self, Feature, prefix};
use domain::sealed::Sealed;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
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

/// Whether the log has a record of an event.
pub fn is_audited(stream: &str, kind: &str) -> bool {
    audited(stream, kind).is_some()
}

fn audited(stream: &str, kind: &str) -> Option<&'static Feature> {
    let feature = features::of_stream(stream)?;
    // Of the log's own streams only readings: a record of records would never end.
    let is_audited = match feature.stream {
        "login" | "session" | "user" => true,
        _ => kind.starts_with("audit.read."),
    };
    is_audited.then_some(feature)
}

impl Draft {
    /// `None` for an event that is not audited.
    pub fn of(event: Event<'_>) -> Result<Option<Self>, Unreadable> {
        let Some(feature) = audited(event.stream, event.kind) else { return Ok(None) };
        let read = (feature.rewrite)(event.kind, event.data)
            .and_then(|(_, data)| serde_json::from_slice::<Value>(&data));
        let said = read.map_err(|source| Unreadable { id: event.id, source })?;
        let mut draft = Self::begun(event);
        draft.say(&said);
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

    /// What records tell of an audited event, whichever it is: new ones are told without a word here, and what is not as
    /// expected is left out. Verifiers, addresses of mail, names and the hash of what was typed are not among it.
    fn say(&mut self, said: &Value) {
        let text = |it: &Value| it.as_str().map(str::to_owned);
        let id = |it: &Value| it.as_str().and_then(|it| Uuid::try_parse(it).ok());
        if let Some(id) = id(&said["session"]) {
            self.session = Some(Session { id, user: self.subject });
        }
        if let Some(session) = &mut self.session {
            session.user = session.user.or(id(&said["user"]));
        }
        // `login.code-requested.v1` is a `code-requested`; of a role that changed the new one says more.
        let name = self.record.kind.split('.').nth(1).map(str::to_owned);
        self.record.outcome = text(&said["role"]).and_then(word).or(name);
        let because = ["reason", "cause", "purpose"].into_iter().find_map(|it| text(&said[it]));
        self.record.reason = because.and_then(word);
        let (address, user_agent) = (&said["from"]["address"], &said["from"]["user_agent"]);
        for (field, value) in
            [("address", address), ("reason", &said["reason"]), ("user_agent", user_agent)]
        {
            let value = text(value).filter(|it| is_sealed(it) && it.len() <= MAX_SEALED_BYTES);
            self.record.pii.extend(value.map(|it| (field.to_owned(), Sealed(it))));
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

/// Words of ours are lower case, without digits and dots: nothing sealed looks like one, and nothing a person would write.
fn word(text: String) -> Option<String> {
    let is_word = text.len() <= 40 && text.chars().all(|it| it.is_ascii_lowercase() || it == '_');
    is_word.then_some(text)
}

/// As the vault writes it.
fn is_sealed(text: &str) -> bool {
    text.starts_with("v1.") && !text.contains(char::is_whitespace)
}
