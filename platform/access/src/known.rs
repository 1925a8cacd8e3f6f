//! What this instance knows of everybody: the keys that count, the sessions that do not, the accounts seen lately.
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ids::{SessionId, VenueId};
use domain::keys;
use domain::service_accounts::{SERVICE_ACCOUNTS, ServiceAccount};
use domain::users::{Role, User};
use event_store::Recorded;
use jiff::Timestamp;
use uuid::Uuid;

use crate::seen::Seen;
use crate::tokens::PublicKeys;

pub(crate) struct Known {
    pub keys: Arc<PublicKeys>,
    /// Sessions ended within the window, and when.
    ended: HashMap<SessionId, Timestamp>,
    /// People's accounts, by their users.
    pub accounts: Seen<Account>,
    pub service_accounts: Seen<ServiceAccount>,
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

/// The stored names of what ends a session, whatever their version.
const ENDINGS: [&str; 2] = ["session.revoked.", "session.reuse-detected."];

impl Known {
    pub fn new(keys: PublicKeys) -> Self {
        Self {
            keys: Arc::new(keys),
            ended: HashMap::new(),
            accounts: Seen::new(),
            service_accounts: Seen::new(),
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
                self.accounts.touch(user, event);
            } else if let Some(program) = id(&event.stream, SERVICE_ACCOUNTS) {
                self.service_accounts.touch(program, event);
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
        self.accounts.forget_before(time);
        self.service_accounts.forget_before(time);
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
    use domain::ids::UserId;
    use domain::sessions::{RevocationReason, SessionEvent};
    use domain::stored::StoredEvent;
    use event_store::{Metadata, Position};

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
            let mark = known.accounts.mark(USER.0);
            known.apply(
                &during.map(|it| event(it, &USER.stream(), 0)).into_iter().collect::<Vec<_>>(),
            );
            known.accounts.keep(USER.0, Arc::new(Account::from(User::default())), mark);
            assert_eq!(known.accounts.get(USER.0).is_some(), kept, "{case}");
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
        assert!(known.accounts.was_touched(USER.0) && known.has_ended(session));
        known.forget_before(Timestamp::from_second(101).unwrap());
        assert!(!known.accounts.was_touched(USER.0) && !known.has_ended(session));
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
