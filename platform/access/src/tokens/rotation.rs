//! Signing keys take over from one another without a restart: next → active → retiring → gone.
//!
//! A key is published before it signs, for as long as a copy of the key set may be kept; the one before it is kept until
//! the last token it signed is over. Both happen by themselves when their time has come, in whichever process sees it
//! first: the log takes each step once. When is in the events' metadata; the rules of the stream need no clock.
use std::time::Duration;

use domain::keys::{KeyCommand, KeyEvent, KeyRejection, Keys, STREAM};
use domain::stored::StoredEvent;
use event_store::{ExecuteError, Executor, Metadata, StreamEvent};
use jiff::{SignedDuration, Timestamp};
use runtime::settings::TokenAlgorithm;
use runtime::{Clock, Settings, Shutdown};
use serde::Serialize;
use vault::Vault;

use super::signing::{NewKey, kept_as};
use super::{LEEWAY, NoKey, Terms, no_key};

/// The keys of a system, for command-api, which tends them, and for the operator's command.
#[derive(Clone)]
pub struct KeyRing {
    executor: Executor,
    vault: Vault,
    clock: Clock,
    algorithm: TokenAlgorithm,
    /// How long tokens live.
    life: SignedDuration,
}

/// A key, and where in its life it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DatedKey {
    pub kid: String,
    pub alg: String,
    pub phase: Phase,
    pub published_at: Timestamp,
    pub activated_at: Option<Timestamp>,
    /// When another took over.
    pub superseded_at: Option<Timestamp>,
    pub retired_at: Option<Timestamp>,
    /// When the next phase begins by itself.
    pub until: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Published, and not signing yet.
    Next,
    Active,
    /// Another signs; what this one signed still counts.
    Retiring,
    Gone,
}

/// Why keys stayed as they were.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    #[error("there is no key {0}")]
    UnknownKey(String),
    #[error(transparent)]
    NoKey(#[from] NoKey),
}

/// The key set says that it may be kept for five minutes; and a little for whoever fetched it just before.
const PUBLISHED_FOR: SignedDuration = SignedDuration::from_secs(300 + 10);
/// For tokens that were being signed, on a clock that is not ours, when another key took over.
const SETTLING: SignedDuration = SignedDuration::from_mins(1);
/// Keys take over within minutes, not seconds.
const TEND_EVERY: Duration = Duration::from_secs(15);
/// A stream of keys has three events for each rotation.
const PAGE: usize = 1_000;

impl KeyRing {
    pub fn new(settings: &Settings, executor: Executor, vault: Vault, clock: Clock) -> Self {
        let life = Terms::from(settings).life;
        Self { executor, vault, clock, algorithm: settings.token_algorithm, life }
    }

    #[cfg(test)]
    pub(crate) fn with(
        executor: Executor,
        vault: Vault,
        clock: Clock,
        algorithm: TokenAlgorithm,
        life: SignedDuration,
    ) -> Self {
        Self { executor, vault, clock, algorithm, life }
    }

    /// Every key there ever was, in the order they were published.
    pub async fn list(&self) -> Result<Vec<DatedKey>, NoKey> {
        let mut keys = Vec::new();
        let mut from = 0;
        loop {
            let page = self.executor.store().read_stream(STREAM, from, PAGE).await;
            let page = page.map_err(no_key)?;
            for event in &page {
                note(&mut keys, event)?;
            }
            match page.last() {
                Some(last) if page.len() == PAGE => from = last.revision + 1,
                _ => break,
            }
        }
        for key in &mut keys {
            (key.phase, key.until) = self.phase(key);
        }
        Ok(keys)
    }

    /// Publishes a new key, which signs when everybody can know it. One that waits already is that key.
    pub async fn rotate(&self, actor: &str) -> Result<DatedKey, RingError> {
        let waits = |it: &DatedKey| it.phase == Phase::Next;
        if let Some(next) = self.list().await?.into_iter().find(waits) {
            return Ok(next);
        }
        let kid = self.publish(actor).await?;
        self.find(&kid).await
    }

    /// Lets a published key sign now, whoever has a copy of the key set without it.
    pub async fn activate(&self, kid: &str, actor: &str) -> Result<DatedKey, RingError> {
        self.find(kid).await?;
        self.command(KeyCommand::Activate { kid: kid.to_owned() }, actor).await?;
        self.find(kid).await
    }

    /// Ends a key and everything it signed. If it is the one that signs, a new one signs first.
    pub async fn revoke(&self, kid: &str, actor: &str) -> Result<DatedKey, RingError> {
        if self.find(kid).await?.phase == Phase::Active {
            let waiting = self.list().await?.into_iter().find(|it| it.phase == Phase::Next);
            let next = match waiting {
                Some(next) => next.kid,
                None => self.publish(actor).await?,
            };
            self.command(KeyCommand::Activate { kid: next }, actor).await?;
        }
        self.end(kid, actor).await?;
        self.find(kid).await
    }

    /// Does what is due.
    pub async fn tend(&self) -> Result<(), NoKey> {
        const ACTOR: &str = "system:command-api";
        let now = self.clock.now();
        for key in self.list().await? {
            if key.until.is_none_or(|until| now < until) {
                continue;
            }
            let kid = key.kid.clone();
            match key.phase {
                Phase::Next => self.command(KeyCommand::Activate { kid }, ACTOR).await?,
                Phase::Retiring => self.end(&kid, ACTOR).await?,
                Phase::Active | Phase::Gone => {}
            }
        }
        Ok(())
    }

    /// Does what is due until `shutdown`. Any number of processes may.
    pub async fn keep(self, shutdown: Shutdown) {
        let tending = async {
            loop {
                if let Err(error) = self.tend().await {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, "signing keys are not tended just now");
                }
                tokio::time::sleep(TEND_EVERY).await;
            }
        };
        shutdown.run_until_cancelled(tending).await;
    }

    async fn publish(&self, actor: &str) -> Result<String, NoKey> {
        let NewKey { kid, alg, jwk } = NewKey::in_vault(&self.vault, self.algorithm).await?;
        self.command(KeyCommand::Publish { kid: kid.clone(), alg, jwk }, actor).await?;
        Ok(kid)
    }

    /// Killed in between, the private part of a key that counts no more stays in the vault: it is good for nothing.
    async fn end(&self, kid: &str, actor: &str) -> Result<(), NoKey> {
        self.command(KeyCommand::Retire { kid: kid.to_owned() }, actor).await?;
        self.vault.forget(&kept_as(kid)).await.map_err(no_key)
    }

    async fn command(&self, command: KeyCommand, actor: &str) -> Result<(), NoKey> {
        let meta = Metadata::new(runtime::ids::new(), self.clock.now()).actor(actor);
        match self.executor.execute::<Keys>(STREAM, command, &meta).await {
            Ok(_) => Ok(()),
            // Another process has gone further already.
            Err(ExecuteError::Rejected {
                rejection: KeyRejection::Retired | KeyRejection::Active,
                ..
            }) => Ok(()),
            Err(error) => Err(no_key(error)),
        }
    }

    async fn find(&self, kid: &str) -> Result<DatedKey, RingError> {
        let found = self.list().await?.into_iter().find(|it| it.kid == kid);
        found.ok_or_else(|| RingError::UnknownKey(kid.to_owned()))
    }

    fn phase(&self, key: &DatedKey) -> (Phase, Option<Timestamp>) {
        let after = |at: Timestamp, by: SignedDuration| at.saturating_add(by).ok();
        match (key.retired_at, key.activated_at, key.superseded_at) {
            (Some(_), _, _) => (Phase::Gone, None),
            (_, None, _) => (Phase::Next, after(key.published_at, PUBLISHED_FOR)),
            (_, Some(_), None) => (Phase::Active, None),
            (_, Some(_), Some(at)) => {
                let kept = self.life.saturating_add(LEEWAY).saturating_add(SETTLING);
                (Phase::Retiring, after(at, kept))
            }
        }
    }
}

fn note(keys: &mut Vec<DatedKey>, event: &StreamEvent) -> Result<(), NoKey> {
    let at = event.meta.at;
    match KeyEvent::read(&event.kind, &event.data).map_err(no_key)? {
        KeyEvent::Published { kid, alg, .. } => keys.push(DatedKey {
            kid,
            alg,
            phase: Phase::Next,
            published_at: at,
            activated_at: None,
            superseded_at: None,
            retired_at: None,
            until: None,
        }),
        KeyEvent::Activated { kid } => {
            for key in keys.iter_mut() {
                if key.kid == kid {
                    (key.activated_at, key.superseded_at) = (Some(at), None);
                } else if key.activated_at.is_some() && key.superseded_at.is_none() {
                    key.superseded_at = Some(at);
                }
            }
        }
        KeyEvent::Retired { kid } => {
            for key in keys.iter_mut().filter(|it| it.kid == kid) {
                key.retired_at = Some(at);
            }
        }
    }
    Ok(())
}
