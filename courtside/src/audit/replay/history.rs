//! The history folded again, by the rules of the domain and not by the projector's: logins and locks row by row, sessions
//! as they stand.
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::Context;
use domain::decider::Decider;
use domain::features;
use domain::sealed::Sealed;
use domain::sessions::SessionEvent;
use domain::stored::StoredEvent;
use domain::users::{User, UserEvent};
use event_store::{Position, Recorded};
use jiff::{Timestamp, Unit};
use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;

/// A row of the login history without what is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, FromRow)]
pub struct Login {
    pub position: i64,
    pub event_id: Uuid,
    pub at: i64,
    pub user_id: Option<Uuid>,
    pub identifier: Option<String>,
    pub outcome: String,
    pub reason: Option<String>,
    pub session: Option<Uuid>,
    pub until: Option<i64>,
}

/// A row of the list of sessions.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Session {
    pub id: Uuid,
    pub user_id: Uuid,
    pub started_at: i64,
    pub refreshed_at: Option<i64>,
    pub refresh_until: i64,
    pub ends_at: i64,
    pub revoked_at: Option<i64>,
}

/// Of each login no more than its place and a hash is kept: what a difference is about is read again.
#[derive(Default)]
pub struct History {
    pub logins: Vec<(i64, u64)>,
    pub locks: u64,
    pub sessions: BTreeMap<Uuid, Session>,
    by_user: BTreeMap<Uuid, Vec<Uuid>>,
}

impl History {
    pub fn add_login(&mut self, event: &Recorded) -> anyhow::Result<()> {
        if let Some(login) = Login::of(event)? {
            self.locks += u64::from(login.outcome == "locked");
            self.logins.push((login.position, login.digest()));
        }
        Ok(())
    }

    pub fn add_session(&mut self, event: &Recorded) -> anyhow::Result<()> {
        match features::prefix(&event.stream) {
            "session" => self.session(event),
            "user" => self.user(event),
            _ => Ok(()),
        }
    }

    fn session(&mut self, event: &Recorded) -> anyhow::Result<()> {
        let id = id(event)?;
        let at = micros(event.meta.at);
        let read = SessionEvent::read(&event.kind, &event.data).with_context(|| place(event))?;
        if let SessionEvent::Started { user, refresh_until, ends_at, .. } = &read {
            let session = Session {
                id,
                user_id: user.0,
                started_at: at,
                refreshed_at: None,
                refresh_until: micros(*refresh_until),
                ends_at: micros(*ends_at),
                revoked_at: None,
            };
            self.sessions.insert(id, session);
            self.by_user.entry(user.0).or_default().push(id);
            return Ok(());
        }
        let unknown = || format!("{}: its session never began", place(event));
        let session = self.sessions.get_mut(&id).with_context(unknown)?;
        match read {
            SessionEvent::Refreshed { refresh_until, at, .. } => {
                session.refreshed_at = Some(micros(at));
                session.refresh_until = micros(refresh_until);
            }
            SessionEvent::Revoked { .. } => session.end(at),
            SessionEvent::Started { .. } | SessionEvent::ReuseDetected { .. } => {}
        }
        Ok(())
    }

    /// Whatever raises an account's epoch ends the sessions that it has.
    fn user(&mut self, event: &Recorded) -> anyhow::Result<()> {
        let read = UserEvent::read(&event.kind, &event.data).with_context(|| place(event))?;
        if User::evolve(anybody(), read).epoch == 0 {
            return Ok(());
        }
        let at = micros(event.meta.at);
        for id in self.by_user.get(&id(event)?).into_iter().flatten() {
            if let Some(session) = self.sessions.get_mut(id) {
                session.end(at);
            }
        }
        Ok(())
    }
}

impl Session {
    /// The first end counts, by the time it was asked for.
    fn end(&mut self, at: i64) {
        self.revoked_at = Some(self.revoked_at.map_or(at, |it| it.min(at)));
    }
}

impl Login {
    /// `None` for what is no attempt of its own.
    pub fn of(event: &Recorded) -> anyhow::Result<Option<Self>> {
        let Some(feature) = features::of_stream(&event.stream).filter(|it| it.stream == "login")
        else {
            return Ok(None);
        };
        let (kind, data) =
            (feature.rewrite)(&event.kind, &event.data).with_context(|| place(event))?;
        let said: Value = serde_json::from_slice(&data).with_context(|| place(event))?;
        let text = |it: &Value| it.as_str().map(str::to_owned);
        let outcome = kind.split('.').nth(1).unwrap_or_default().replace('-', "_");
        // The success that follows says so, and who wants to register wants no way in.
        if ["code_accepted", "registration_attempted"].contains(&outcome.as_str()) {
            return Ok(None);
        }
        let until = said["until"].as_str().map(str::parse::<Timestamp>).transpose()?;
        // Why somebody was let in again is in a person's own words, and sealed.
        let reason = text(&said["reason"]).filter(|_| outcome != "unlocked");
        Ok(Some(Self {
            position: event.position.cast_signed(),
            event_id: event.id,
            at: micros(event.meta.at),
            user_id: event.stream.strip_prefix("login-").and_then(|it| Uuid::try_parse(it).ok()),
            identifier: text(&said["from"]["identifier"]),
            outcome,
            reason: reason.or(text(&said["purpose"])),
            session: said["session"].as_str().and_then(|it| Uuid::try_parse(it).ok()),
            until: until.map(micros),
        }))
    }

    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

/// As Postgres rounds.
fn micros(at: Timestamp) -> i64 {
    at.round(Unit::Microsecond).unwrap_or(at).as_microsecond()
}

fn id(event: &Recorded) -> anyhow::Result<Uuid> {
    let name = event.stream.split_once('-').map_or("", |it| it.1);
    Uuid::try_parse(name).with_context(|| place(event))
}

fn place(event: &Recorded) -> String {
    let position: Position = event.position;
    format!("the event at {position} ({} of {}) cannot be replayed", event.revision, event.stream)
}

/// Somebody who has a password: setting another one ends sessions, and the first one meets none.
fn anybody() -> User {
    User { verifier: Some(Sealed(String::new())), ..User::default() }
}
