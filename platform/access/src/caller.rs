//! Recognising callers: a token or a key says who, the log says whether that still counts.
mod extract;
mod programs;
mod rights;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use domain::ids::{ServiceAccountId, SessionId, UserId, VenueId};
use domain::service_accounts::Description;
use domain::stored::StoredDecider;
use domain::users::{Role, User};
use event_store::Executor;
use runtime::problem::{Kind, UNAUTHENTICATED};
use runtime::{Clock, Problem, Settings, Shutdown};
use uuid::Uuid;

use crate::feed::Feed;
use crate::known::{Account, Known};
use crate::seen::Seen;
use crate::service_accounts::PREFIX;
use crate::tokens::{Terms, verify};

/// Recognises callers. Holds the public keys, the epochs and the revoked sessions, fed by a subscription.
#[derive(Clone)]
pub struct Access {
    shared: Arc<Shared>,
}

struct Shared {
    terms: Terms,
    executor: Executor,
    clock: Clock,
    known: Arc<RwLock<Known>>,
    patience: Duration,
}

/// Whoever asks, and is known.
#[derive(Clone, Debug)]
pub struct Caller {
    who: Who,
    /// Whether a revocation would have reached us. If not, the rights are only what they last were.
    fresh: bool,
}

#[derive(Clone, Debug)]
enum Who {
    Person(Person),
    Program(Program),
}

/// Somebody who is logged in.
#[derive(Clone, Debug)]
pub struct Person {
    pub user: UserId,
    pub session: SessionId,
    pub role: Role,
    /// The venues a member of staff is for.
    pub venues: Vec<VenueId>,
    /// Whether a code was given when the session began.
    pub second_factor: bool,
    /// It was, or none is asked for: otherwise all that can be done is to get one.
    may_act: bool,
}

/// What acts by itself, with a key of its service account. No second factor is asked of it.
#[derive(Clone, Debug)]
struct Program {
    account: ServiceAccountId,
    may: Description,
}

/// See `docs/problems/revocation-unknown.md`.
pub const REVOCATION_UNKNOWN: Kind = Kind {
    name: "revocation-unknown",
    status: axum::http::StatusCode::SERVICE_UNAVAILABLE,
    title: "Whether you may still do this is not known",
};

/// See `docs/problems/second-factor-required.md`.
pub const SECOND_FACTOR_REQUIRED: Kind = Kind {
    name: "second-factor-required",
    status: axum::http::StatusCode::FORBIDDEN,
    title: "Your role needs a second factor",
};

/// How old what we know may be for a command or a privileged read.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a request waits for its caller's stream: the log answers in milliseconds, or, when a process has just
/// started and everybody comes at once, in a second or two.
const READ_TIMEOUT: Duration = Duration::from_secs(4);

impl Access {
    /// Begins to follow keys, epochs and revocations; returns when it knows them all.
    pub async fn start(
        settings: &Settings,
        executor: Executor,
        clock: Clock,
        shutdown: Shutdown,
    ) -> Result<Self, event_store::ReadError> {
        Self::begin(Terms::from(settings), PATIENCE, executor, clock, shutdown).await
    }

    pub(crate) async fn begin(
        terms: Terms,
        patience: Duration,
        executor: Executor,
        clock: Clock,
        shutdown: Shutdown,
    ) -> Result<Self, event_store::ReadError> {
        let feed = Feed::start(executor.clone(), clock.clone(), terms.life).await?;
        let known = feed.known();
        tokio::spawn(feed.run(shutdown));
        Ok(Self { shared: Arc::new(Shared { terms, executor, clock, known, patience }) })
    }

    /// Says who a bearer token speaks for, or why it does not count.
    pub async fn authenticate(&self, token: &str) -> Result<Caller, Problem> {
        if token.starts_with(PREFIX) {
            return self.admit_program(token).await;
        }
        let Shared { terms, clock, .. } = &*self.shared;
        let keys = self.known().keys.clone();
        let claims = verify(token, &keys, terms, clock.now()).map_err(|refused| {
            tracing::debug!(%refused, "an access token is refused");
            unauthenticated()
        })?;
        if self.known().has_ended(claims.sid) {
            return Err(unauthenticated());
        }
        let (account, fresh) = self.account(claims.sub, claims.epoch).await?;
        if !account.counts || claims.epoch < account.epoch {
            return Err(unauthenticated());
        }
        let Account { role, venues, .. } = (*account).clone();
        let second_factor = claims.has_factor();
        let may_act = role == Role::Player || !terms.factor_required || second_factor;
        let (user, session) = (claims.sub, claims.sid);
        let person = Person { user, session, role, venues, second_factor, may_act };
        Ok(Caller { who: Who::Person(person), fresh })
    }

    pub(crate) fn recording(&self) -> (&Executor, &Clock) {
        (&self.shared.executor, &self.shared.clock)
    }

    /// The public keys, as `/.well-known/jwks.json` has them.
    pub fn jwks(&self) -> serde_json::Value {
        self.known().keys.jwks().clone()
    }

    /// Names what [`Self::jwks`] says: another one, another name.
    pub fn jwks_tag(&self) -> String {
        self.known().keys.tag.clone()
    }

    /// The key that signs, as far as this instance has heard.
    pub(crate) fn active_key(&self) -> Option<String> {
        self.known().keys.active.clone()
    }

    /// The account as the log has it now, or, while that cannot be read, as it last was; and which of the two.
    async fn account(&self, user: UserId, epoch: u64) -> Result<(Arc<Account>, bool), Problem> {
        let (held, touched, fresh) = {
            let known = self.known();
            let accounts = &known.accounts;
            let (held, touched) = (accounts.get(user.0), accounts.was_touched(user.0));
            (held, touched, known.is_fresh(self.shared.patience))
        };
        // The feed is enough for players; whoever can do more is looked up each time.
        if fresh && let Some(player) = held.as_ref().filter(|it| it.role == Role::Player) {
            return Ok((player.clone(), true));
        }
        if fresh {
            let stream = user.stream();
            let read = self.read::<User, Account>(&stream, user.0, |known| &mut known.accounts);
            if let Some(account) = read.await {
                return Ok((account, true));
            }
        }
        match held {
            Some(account) => Ok((account, false)),
            // Nothing happened to the account since the token was signed, and everybody is at least a player.
            None if !touched => {
                let player =
                    Account { counts: true, role: Role::Player, venues: Vec::new(), epoch };
                Ok((Arc::new(player), false))
            }
            None => Err(revocation_unknown()),
        }
    }

    /// Reads a stream, and keeps what it says for whoever asks next; `None` while it cannot be read.
    async fn read<D, T>(
        &self,
        stream: &str,
        id: Uuid,
        seen: fn(&mut Known) -> &mut Seen<T>,
    ) -> Option<Arc<T>>
    where
        D: StoredDecider,
        T: From<D::State>,
    {
        let mark = seen(&mut self.known_mut()).mark(id);
        let reading = self.shared.executor.load::<D>(stream);
        match tokio::time::timeout(READ_TIMEOUT, reading).await {
            Ok(Ok(loaded)) => {
                let account = Arc::new(T::from(loaded.state));
                seen(&mut self.known_mut()).keep(id, account.clone(), mark);
                Some(account)
            }
            Ok(Err(error)) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "a caller's account cannot be read");
                None
            }
            Err(_) => {
                tracing::warn!("a caller's account was not read in time");
                None
            }
        }
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.shared.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, Known> {
        self.shared.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Caller {
    /// Whether they gave the second factor that their role needs.
    fn may_act(&self) -> bool {
        match &self.who {
            Who::Person(it) => it.may_act,
            Who::Program(_) => true,
        }
    }
}

/// Somebody who is logged in, and perhaps may do nothing yet but get a second factor. Few routes take one.
#[derive(Clone, Debug)]
pub struct Enrolling(pub Caller);

/// The role needs a second factor, and there is none, or it was not used.
pub fn second_factor_required() -> Problem {
    let detail = "set a second factor up, or log in with its code; your role does nothing without";
    Problem::new(SECOND_FACTOR_REQUIRED, detail)
}

/// One answer for everything that is wrong with a token: more would help only whoever made it up.
pub fn unauthenticated() -> Problem {
    Problem::new(UNAUTHENTICATED, "the access token is missing, expired or not valid")
}

fn revocation_unknown() -> Problem {
    let detail = "whether your rights were taken away lately cannot be told; try again shortly";
    Problem::new(REVOCATION_UNKNOWN, detail).retry_after(RETRY_SECONDS)
}

/// The feed tries four times a second: when the log is back, so are we.
const RETRY_SECONDS: u32 = 2;

#[cfg(test)]
mod tests;
