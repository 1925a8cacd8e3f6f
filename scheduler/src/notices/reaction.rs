//! What an event makes necessary to say: one row for each.
//!
//! Events are told apart by name without their version: a newer version of one of these has to be waited for, not
//! passed over.
use domain::bookings::{BookingEvent, CancelCause};
use domain::ids::SessionId;
use domain::logins::{CodePurpose, LoginEvent, Origin};
use domain::reminders::ReminderEvent;
use domain::sessions::SessionEvent;
use domain::stored::StoredEvent;
use domain::time::later;
use domain::users::{PasswordCause, UserEvent};
use domain::waitlist::WaitlistEvent;
use event_store::Recorded;
use jiff::{SignedDuration, Timestamp};
use runtime::follow::FollowError;
use uuid::Uuid;

use super::Notice;

/// A message that has to be sent.
pub(super) struct Reaction {
    pub notice: Notice,
    /// Whose mail it is, where the event says so.
    pub user: Option<Uuid>,
    /// Later than this it would only confuse.
    pub until: Timestamp,
}

type Found = Result<Option<Reaction>, FollowError>;

/// News of a day ago are none.
const CONFIRMATION_VALID: SignedDuration = SignedDuration::from_hours(24);
/// Who may have lost an account wants to know, late or not.
const WARNING_VALID: SignedDuration = SignedDuration::from_hours(7 * 24);

type React = fn(&Recorded) -> Found;

const ROWS: &[(&str, React)] = &[
    ("user.password-set.", password_set),
    ("user.email-change-requested.", email_change_requested),
    ("user.email-changed.", email_changed),
    ("user.factor-removed.", factor_removed),
    ("login.code-requested.", code_requested),
    ("login.locked.", locked),
    ("login.succeeded.", succeeded),
    ("login.registration-attempted.", registration_attempted),
    ("session.reuse-detected.", reuse_detected),
    ("booking.confirmed.", booking_confirmed),
    ("booking.cancelled.", booking_cancelled),
    ("reminder.requested.", reminder_requested),
    ("waitlist.offered.", place_offered),
];

/// `verification`: an account that is not verified by then is given up, and so is the mail that asks for it.
pub(super) fn reaction(it: &Recorded, verification: SignedDuration) -> Found {
    if it.kind.starts_with("user.registered.") {
        return registered(it, verification);
    }
    match ROWS.iter().find(|(name, _)| it.kind.starts_with(name)) {
        Some((_, reaction)) => reaction(it),
        None => Ok(None),
    }
}

fn registered(it: &Recorded, verification: SignedDuration) -> Found {
    let UserEvent::Registered { email, display_name, verification_required: true, .. } = read(it)?
    else {
        return Ok(None);
    };
    let notice = Notice::VerifyEmail { email, display_name };
    Ok(Some(to(named(it, "user-")?, notice, later(it.meta.at, verification))))
}

fn password_set(it: &Recorded) -> Found {
    match read(it)? {
        UserEvent::PasswordSet { cause: PasswordCause::Registered, .. } => Ok(None),
        UserEvent::PasswordSet { cause, .. } => {
            let notice = Notice::PasswordSet { cause, at: it.meta.at };
            Ok(Some(to(named(it, "user-")?, notice, it.meta.at + WARNING_VALID)))
        }
        _ => Ok(None),
    }
}

fn email_change_requested(it: &Recorded) -> Found {
    let UserEvent::EmailChangeRequested { change, email, until, .. } = read(it)? else {
        return Ok(None);
    };
    Ok(Some(to(named(it, "user-")?, Notice::ChangeEmail { change, email }, until)))
}

fn email_changed(it: &Recorded) -> Found {
    let UserEvent::EmailChanged { former_email: Some(former), .. } = read(it)? else {
        return Ok(None);
    };
    let notice = Notice::EmailChanged { former, at: it.meta.at };
    Ok(Some(to(named(it, "user-")?, notice, it.meta.at + WARNING_VALID)))
}

fn code_requested(it: &Recorded) -> Found {
    let LoginEvent::CodeRequested { purpose, code, epoch, email_claim, until, .. } = read(it)?
    else {
        return Ok(None);
    };
    let notice = match purpose {
        CodePurpose::ResetPassword => Notice::ResetPassword { code, epoch, email_claim },
        CodePurpose::VerifyEmail => Notice::VerifyEmailAgain {},
    };
    Ok(Some(to(named(it, "login-")?, notice, until)))
}

fn factor_removed(it: &Recorded) -> Found {
    let UserEvent::FactorRemoved { .. } = read(it)? else { return Ok(None) };
    let user = named(it, "user-")?;
    let by_owner = it.meta.actor.as_deref() == Some(&*format!("user:{user}"));
    let notice = Notice::FactorRemoved { by_owner, at: it.meta.at };
    Ok(Some(to(user, notice, it.meta.at + WARNING_VALID)))
}

/// Once it is over there is nothing to do about it.
fn locked(it: &Recorded) -> Found {
    let LoginEvent::Locked { until, .. } = read(it)? else { return Ok(None) };
    let valid_until = until.min(it.meta.at + WARNING_VALID);
    Ok(Some(to(named(it, "login-")?, Notice::LoginLocked { until }, valid_until)))
}

fn succeeded(it: &Recorded) -> Found {
    let LoginEvent::Succeeded { from, new_device: true, .. } = read(it)? else { return Ok(None) };
    let Origin { address, user_agent, .. } = from;
    let notice = Notice::NewDevice { address, user_agent, at: it.meta.at };
    Ok(Some(to(named(it, "login-")?, notice, it.meta.at + WARNING_VALID)))
}

fn registration_attempted(it: &Recorded) -> Found {
    let LoginEvent::RegistrationAttempted { .. } = read(it)? else { return Ok(None) };
    let until = it.meta.at + CONFIRMATION_VALID;
    Ok(Some(to(named(it, "login-")?, Notice::AddressTaken {}, until)))
}

fn reuse_detected(it: &Recorded) -> Found {
    let SessionEvent::ReuseDetected { .. } = read(it)? else { return Ok(None) };
    let session = SessionId(named(it, "session-")?);
    let notice = Notice::TokenReused { session, at: it.meta.at };
    Ok(Some(Reaction { notice, user: None, until: it.meta.at + WARNING_VALID }))
}

/// What players have cancelled they know.
fn booking_cancelled(it: &Recorded) -> Found {
    let BookingEvent::Cancelled { booking, cause, .. } = read(it)? else { return Ok(None) };
    let block = match cause {
        CancelCause::Player => return Ok(None),
        CancelCause::Staff { .. } => None,
        CancelCause::Block { block } => Some(block),
    };
    let notice = Notice::BookingCancelled { booking, block };
    Ok(Some(Reaction { notice, user: None, until: it.meta.at + WARNING_VALID }))
}

fn booking_confirmed(it: &Recorded) -> Found {
    let BookingEvent::Confirmed { booking, .. } = read(it)? else { return Ok(None) };
    let notice = Notice::BookingConfirmed { booking };
    Ok(Some(Reaction { notice, user: None, until: it.meta.at + CONFIRMATION_VALID }))
}

fn reminder_requested(it: &Recorded) -> Found {
    let ReminderEvent::Requested { booking, starts_at, .. } = read(it)?;
    let notice = Notice::Reminder { booking };
    Ok(Some(Reaction { notice, user: None, until: starts_at }))
}

/// Once the hold is over there is nothing to answer.
fn place_offered(it: &Recorded) -> Found {
    let WaitlistEvent::Offered { booking, until, .. } = read(it)? else { return Ok(None) };
    Ok(Some(Reaction { notice: Notice::PlaceOffered { booking }, user: None, until }))
}

fn to(user: Uuid, notice: Notice, until: Timestamp) -> Reaction {
    Reaction { notice, user: Some(user), until }
}

fn read<E: StoredEvent>(it: &Recorded) -> Result<E, FollowError> {
    E::read(&it.kind, &it.data).map_err(FollowError::at(it.position))
}

/// The id in the stream's name.
pub(super) fn named(it: &Recorded, prefix: &str) -> Result<Uuid, FollowError> {
    let id = it.stream.strip_prefix(prefix).unwrap_or_default();
    Uuid::try_parse(id).map_err(FollowError::at(it.position))
}
