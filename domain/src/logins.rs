//! The door: every attempt is one event, and the lockout is nothing but their fold.
//!
//! **Invariant:** whatever the concurrency, no more than `max_attempts` wrong guesses are ever evaluated in a
//! window, because each outcome is appended at exactly the revision it was decided on.
mod command;
mod event;
mod rejection;
mod upcast;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::decider::Decider;
use crate::ids::SessionId;
use crate::time::later;

pub use command::{Attempt, CodeFor, Limits, LoginCommand, Proof};
pub use event::{
    CodePurpose, FailureReason, LoginEvent, Origin, RefusalReason, UsedCode, quarter,
    quarter_begins,
};
pub use rejection::LoginRejection;

/// When a lock ends that does not end by itself: a reset by mail lifts it, or an admin. A time, so that whatever waits for
/// the end of a lock waits for this one too.
pub const FOR_GOOD: Timestamp = Timestamp::constant(253_370_764_800, 0);

/// So many wrong guesses in a row, however slowly they come, are nobody who has forgotten a password.
const FAILURES_IN_A_ROW: u32 = 100;
/// More wrong guesses in one window than any setting allows.
const FAILURES_KEPT: usize = 100;
/// A user has at most ten sessions, the ten begun last; an older attempt has nothing left to be retried for.
const SESSIONS_KEPT: usize = 10;
/// More programs than anybody logs in with; who comes back to an older one is told of it as of a new one.
const DEVICES_KEPT: usize = 20;
/// One mail a day says all there is to say, and fills nobody's mailbox.
const REGISTRATIONS_APART: SignedDuration = SignedDuration::from_hours(24);
/// Whoever asks again because the first mail is slow may use either. Nobody's mailbox is filled by asking on.
const CODES_AT_ONCE: usize = 3;
/// Ten are given out at a time and void the ten before: an older one has long been nobody's.
const RECOVERY_KEPT: usize = 50;
/// Longer would help nobody: the door is guarded by then, and the owner has to get in one day.
const LONGEST_LOCK: SignedDuration = SignedDuration::from_hours(24);

/// What the rules remember of one account's logins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logins {
    /// Times of the wrong guesses since the last success, lock or unlock, oldest first.
    pub failures: Vec<Timestamp>,
    pub locked_until: Option<Timestamp>,
    /// Locks since the last success.
    pub locks: u32,
    /// Wrong guesses since the last success or unlock, whatever locks there were in between.
    pub in_a_row: u32,
    /// Where logins came from, the newest last.
    pub devices: Vec<String>,
    /// When the owner was last told that somebody wanted to register with their address.
    pub registration_attempted: Option<Timestamp>,
    /// The sessions begun last, oldest first: no other counts.
    pub sessions: Vec<SessionId>,
    /// The one that the newest of them has put out.
    pub displaced: Option<SessionId>,
    /// The codes mailed last, of each purpose, oldest first.
    pub codes: Vec<Code>,
    /// The newest step whose code was used; those before it are used up as well.
    pub step: u64,
    /// Recovery codes that were used, the newest last.
    pub recovery: Vec<String>,
}

/// A code as it was asked for. Whether it was used, the account knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    pub purpose: CodePurpose,
    pub about: CodeFor,
}

impl Logins {
    /// Half-open: at `until` the door opens.
    pub fn is_locked(&self, at: Timestamp) -> bool {
        self.locked_until.is_some_and(|until| at < until)
    }

    /// A code of this purpose that was asked for, while its time runs.
    pub fn code(&self, purpose: CodePurpose, code: Uuid, at: Timestamp) -> Option<&CodeFor> {
        self.living_codes(purpose, at).find(|it| it.code == code)
    }

    fn living_codes(&self, purpose: CodePurpose, at: Timestamp) -> impl Iterator<Item = &CodeFor> {
        let codes = self.codes.iter().filter(move |it| it.purpose == purpose);
        codes.map(|it| &it.about).filter(move |it| at < it.until)
    }

    /// After a right password: what was wrong before it counts no more.
    fn forgiven(self) -> Self {
        Self { failures: vec![], locked_until: None, locks: 0, in_a_row: 0, ..self }
    }

    /// The first one an account is entered from is news to nobody.
    fn is_new(&self, device: Option<&String>) -> bool {
        device.is_some_and(|it| !self.devices.is_empty() && !self.devices.contains(it))
    }

    fn meet(&mut self, device: String) {
        self.devices.retain(|it| *it != device);
        push(&mut self.devices, device, DEVICES_KEPT);
    }

    fn remember(&mut self, code: Code) {
        let purpose = code.purpose;
        self.codes.push(code);
        let of_it = self.codes.iter().filter(|it| it.purpose == purpose).count();
        if CODES_AT_ONCE < of_it
            && let Some(oldest) = self.codes.iter().position(|it| it.purpose == purpose)
        {
            self.codes.remove(oldest);
        }
    }

    fn has_used(&self, code: &UsedCode) -> bool {
        match code {
            UsedCode::Step(step) => *step <= self.step,
            UsedCode::Recovery(hash) => self.recovery.contains(hash),
        }
    }
}

impl Decider for Logins {
    type State = Self;
    type Command = LoginCommand;
    type Event = LoginEvent;
    type Rejection = LoginRejection;

    fn evolve(mut state: Self, event: LoginEvent) -> Self {
        match event {
            LoginEvent::Succeeded { session, device, .. } => {
                if let Some(device) = device {
                    state.meet(device);
                }
                state.displaced = push(&mut state.sessions, session, SESSIONS_KEPT);
                state.forgiven()
            }
            LoginEvent::Reauthenticated { .. } => state.forgiven(),
            // In the day's stream of unknown identifiers, where nobody can be locked out.
            LoginEvent::Failed { reason: FailureReason::UnknownIdentifier, .. } => state,
            // A right password without its code is a guess like any other, until it has one.
            LoginEvent::Failed { at, .. } => {
                push(&mut state.failures, at, FAILURES_KEPT);
                Self { in_a_row: state.in_a_row.saturating_add(1), ..state }
            }
            LoginEvent::CodeAccepted { code: UsedCode::Step(step) } => {
                Self { step: step.max(state.step), ..state }
            }
            LoginEvent::CodeAccepted { code: UsedCode::Recovery(hash) } => {
                push(&mut state.recovery, hash, RECOVERY_KEPT);
                state
            }
            LoginEvent::Locked { until, .. } => {
                let locks = state.locks.saturating_add(1);
                Self { failures: vec![], locked_until: Some(until), locks, ..state }
            }
            LoginEvent::Refused { .. } | LoginEvent::CodeRefused { .. } => state,
            LoginEvent::CodeRequested { purpose, code, epoch, email_claim, until, .. } => {
                let about = CodeFor { code, epoch, email_claim, until };
                state.remember(Code { purpose, about });
                state
            }
            LoginEvent::RegistrationAttempted { at, .. } => {
                Self { registration_attempted: Some(at), ..state }
            }
            LoginEvent::Unlocked { .. } => {
                Self { failures: vec![], locked_until: None, in_a_row: 0, ..state }
            }
        }
    }

    fn decide(state: &Self, command: LoginCommand) -> Result<Vec<LoginEvent>, LoginRejection> {
        use LoginCommand as C;
        use LoginEvent as E;

        match command {
            C::Attempt(attempt) => Ok(judge(state, *attempt)),
            C::AttemptUnknown { from, at } => {
                Ok(vec![E::Failed { reason: FailureReason::UnknownIdentifier, from, at }])
            }
            // Guesses already counted are forgiven too: who has just set a new password may mistype it.
            C::Unlock { reason } if state.locked_until.is_some() || !state.failures.is_empty() => {
                Ok(vec![E::Unlocked { reason }])
            }
            C::Unlock { .. } => Ok(vec![]),
            C::AttemptRegistration { from, at } => {
                let told = state.registration_attempted;
                let was_told = told.is_some_and(|it| at < later(it, REGISTRATIONS_APART));
                Ok(if was_told { vec![] } else { vec![E::RegistrationAttempted { from, at }] })
            }
            C::RequestCode { purpose, about, from, at } => {
                let is_enough = CODES_AT_ONCE <= state.living_codes(purpose, at).count();
                Ok(vec![match about.filter(|_| !is_enough) {
                    Some(CodeFor { code, epoch, email_claim, until }) => {
                        E::CodeRequested { purpose, code, epoch, email_claim, until, from }
                    }
                    None => E::CodeRefused { purpose, from },
                }])
            }
        }
    }
}

/// The order of the rows matters: a lock hides whether the password was right, and so does a disabled account.
fn judge(state: &Logins, attempt: Attempt) -> Vec<LoginEvent> {
    let Attempt { password_right, proof, verified, disabled, session, from, device, at, limits } =
        attempt;
    let refused = |reason, from| vec![LoginEvent::Refused { reason, from }];
    let failed = |reason, from| fail(state, reason, from, at, limits);
    let is_in = |from| match session {
        Some(session) => {
            let new_device = state.is_new(device.as_ref());
            LoginEvent::Succeeded { session, from, device, new_device }
        }
        None => LoginEvent::Reauthenticated { from },
    };
    match (password_right, verified, proof) {
        _ if session.is_some_and(|it| state.sessions.contains(&it)) => vec![],
        _ if state.is_locked(at) => refused(RefusalReason::Locked, from),
        _ if disabled => refused(RefusalReason::Disabled, from),
        (false, _, _) => failed(FailureReason::WrongPassword, from),
        (true, false, _) => refused(RefusalReason::Unverified, from),
        (true, true, Proof::NotNeeded) => vec![is_in(from)],
        (true, true, Proof::Missing) => failed(FailureReason::MissingCode, from),
        (true, true, Proof::Wrong) => failed(FailureReason::WrongCode, from),
        (true, true, Proof::Right(code)) if state.has_used(&code) => {
            failed(FailureReason::WrongCode, from)
        }
        (true, true, Proof::Right(code)) => {
            vec![LoginEvent::CodeAccepted { code }, is_in(from)]
        }
    }
}

fn fail(
    state: &Logins,
    reason: FailureReason,
    from: Origin,
    at: Timestamp,
    limits: Limits,
) -> Vec<LoginEvent> {
    let recent = |failure: &&Timestamp| at.duration_since(**failure) < limits.window;
    let earlier = u32::try_from(state.failures.iter().filter(recent).count()).unwrap_or(u32::MAX);
    let failures = earlier.saturating_add(1);
    let mut events = vec![LoginEvent::Failed { reason, from, at }];
    // Never more than are remembered, or there would be no lock at all.
    let allowed = limits.max_attempts.min(u32::try_from(FAILURES_KEPT).unwrap_or(u32::MAX));
    let in_a_row = state.in_a_row.saturating_add(1);
    if in_a_row >= FAILURES_IN_A_ROW {
        events.push(LoginEvent::Locked { until: FOR_GOOD, failures: in_a_row });
    } else if failures >= allowed {
        let until = later(at, lock(state.locks, limits.lockout));
        events.push(LoginEvent::Locked { until, failures });
    }
    events
}

/// Doubles with every lock since the last success.
fn lock(locks: u32, lockout: SignedDuration) -> SignedDuration {
    let doubled = 2_i32.checked_pow(locks).and_then(|times| lockout.checked_mul(times));
    doubled.map_or(LONGEST_LOCK, |it| it.min(LONGEST_LOCK))
}

/// Returns what there is no more room for.
fn push<T>(kept: &mut Vec<T>, newest: T, limit: usize) -> Option<T> {
    kept.push(newest);
    (limit < kept.len()).then(|| kept.remove(0))
}
