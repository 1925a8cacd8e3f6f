//! What this instance knows of everybody: the keys that count, the sessions that do not, the accounts seen lately.
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ids::{SessionId, UserId, VenueId};
use domain::keys;
use domain::users::{Role, User};
use event_store::{Position, Recorded};
use jiff::Timestamp;
use uuid::Uuid;

use crate::tokens::PublicKeys;

pub(crate) struct Known {
    pub keys: Arc<PublicKeys>,
    /// Sessions ended within the window, and when.
    ended: HashMap<SessionId, Timestamp>,
    /// Accounts that something happened to within the window: where in the log last, and when.
    touched: HashMap<UserId, (Position, Timestamp)>,
    /// Accounts as they were read, and have not changed since.
    accounts: HashMap<UserId, Arc<Account>>,
    /// When the end of the log was last seen.
    current_at: Option<Instant>,
}

/// What a request needs to know of an account.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Account {
    pub counts: bool,
    pub role: Role,
    pub venues: Vec<VenueId>,
    pub epoch: u64,
}

/// The last event seen of an account before it was read. Still the same afterwards: what was read may be kept.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Mark(Option<Position>);

/// Some megabytes. When it is full it starts over: that costs each caller one reading of a short stream.
const MAX_ACCOUNTS: usize = 10_000;

/// The stored names of what ends a session, whatever their version.
const ENDINGS: [&str; 2] = ["session.revoked.", "session.reuse-detected."];

impl Known {
    pub fn new(keys: PublicKeys) -> Self {
        Self {
            keys: Arc::new(keys),
            ended: HashMap::new(),
            touched: HashMap::new(),
            accounts: HashMap::new(),
            current_at: None,
        }
    }

    /// Takes note of events in the order of the log. Says whether the keys have changed.
    pub fn apply(&mut self, events: &[Recorded]) -> bool {
        let mut keys_changed = false;
        for event in events {
            if event.stream == keys::STREAM {
                keys_changed = true;
            } else if let Some(user) = id(&event.stream, "user-") {
                self.touched.insert(UserId(user), (event.position, event.meta.at));
                self.accounts.remove(&UserId(user));
            } else if let Some(session) = id(&event.stream, "session-")
                && ENDINGS.iter().any(|it| event.kind.starts_with(it))
            {
                self.ended.insert(SessionId(session), event.meta.at);
            }
        }
        keys_changed
    }

    /// Forgets what no living token can be older than.
    pub fn forget_before(&mut self, time: Timestamp) {
        self.ended.retain(|_, at| time <= *at);
        self.touched.retain(|_, (_, at)| time <= *at);
    }

    /// The log was asked at `instant`, and had nothing more.
    pub fn current_at(&mut self, instant: Instant) {
        self.current_at = Some(instant);
    }

    /// Whether a revocation older than `patience` would have reached us.
    pub fn is_fresh(&self, patience: Duration) -> bool {
        self.current_at.is_some_and(|it| it.elapsed() <= patience)
    }

    pub fn has_ended(&self, session: SessionId) -> bool {
        self.ended.contains_key(&session)
    }

    /// Whether anything happened to the account since the oldest living token was signed.
    pub fn was_touched(&self, user: UserId) -> bool {
        self.touched.contains_key(&user)
    }

    pub fn account(&self, user: UserId) -> Option<Arc<Account>> {
        self.accounts.get(&user).cloned()
    }

    pub fn mark(&self, user: UserId) -> Mark {
        Mark(self.touched.get(&user).map(|(position, _)| *position))
    }

    /// Keeps an account that was read after `mark` was taken, unless it may have changed meanwhile: we would never
    /// hear of that again.
    pub fn keep(&mut self, user: UserId, account: Arc<Account>, mark: Mark) {
        if self.mark(user) != mark {
            return;
        }
        if MAX_ACCOUNTS <= self.accounts.len() {
            self.accounts.clear();
        }
        self.accounts.insert(user, account);
    }
}

impl From<User> for Account {
    fn from(user: User) -> Self {
        let counts = user.is_there() && !user.disabled;
        let User { role, venues, epoch, .. } = user;
        Self { counts, role, venues, epoch }
    }
}

fn id(stream: &str, prefix: &str) -> Option<Uuid> {
    Uuid::try_parse(stream.strip_prefix(prefix)?).ok()
}

#[cfg(test)]
mod tests {
    use domain::sessions::{RevocationReason, SessionEvent};
    use domain::stored::StoredEvent;
    use event_store::Metadata;

    use super::*;

    const USER: UserId = UserId(Uuid::from_u128(1));

    fn known() -> Known {
        Known::new(PublicKeys::of(&keys::Keys::default()))
    }

    fn event(position: Position, stream: &str, at: i64) -> Recorded {
        let meta = Metadata::new(Uuid::nil(), Timestamp::from_second(at).unwrap());
        let (kind, data) = ("user.disabled.v1".to_owned(), b"{}".to_vec());
        Recorded {
            position,
            stream: stream.to_owned(),
            revision: 0,
            id: Uuid::nil(),
            kind,
            data,
            meta,
        }
    }

    /// Kept all the same, it would stay: the feed has told us already.
    #[test]
    fn an_account_that_changed_while_it_was_read_is_not_kept() {
        for (case, before, during, kept) in [
            ("nothing happened", None, None, true),
            ("nothing since", Some(7), None, true),
            ("something for the first time", None, Some(8), false),
            ("something again", Some(7), Some(8), false),
        ] {
            let mut known = known();
            known.apply(
                &before.map(|it| event(it, &USER.stream(), 0)).into_iter().collect::<Vec<_>>(),
            );
            let mark = known.mark(USER);
            known.apply(
                &during.map(|it| event(it, &USER.stream(), 0)).into_iter().collect::<Vec<_>>(),
            );
            known.keep(USER, Arc::new(Account::from(User::default())), mark);
            assert_eq!(known.account(USER).is_some(), kept, "{case}");
        }
    }

    #[test]
    fn what_no_living_token_can_be_older_than_is_forgotten() {
        let mut known = known();
        let ended = Recorded {
            kind: "session.revoked.v1".to_owned(),
            ..event(1, "session-00000000-0000-0000-0000-000000000002", 100)
        };
        known.apply(&[event(2, &USER.stream(), 100), ended]);
        let session = SessionId(Uuid::from_u128(2));

        known.forget_before(Timestamp::from_second(100).unwrap());
        assert!(known.was_touched(USER) && known.has_ended(session));
        known.forget_before(Timestamp::from_second(101).unwrap());
        assert!(!known.was_touched(USER) && !known.has_ended(session));
    }

    #[test]
    fn what_ends_a_session_is_known_by_its_stored_name() {
        let revoked = SessionEvent::Revoked { reason: RevocationReason::LoggedOut };
        for event in [revoked, SessionEvent::ReuseDetected { seq: 1 }] {
            let (name, _) = event.write().unwrap();
            assert!(ENDINGS.iter().any(|it| name.starts_with(it)), "{name}");
        }
    }
}
