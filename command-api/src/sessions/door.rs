//! What every way through the door has in common: finding whose it is, and checking a password so that it counts.
use access::hashing::{Checked, Turn};
use access::{Caller, Person};
use domain::claims::{Claim, Holder};
use domain::ids::{SessionId, UserId};
use domain::logins::{Attempt, Limits, LoginCommand, LoginEvent, Logins, Origin, Proof};
use domain::sessions::{RevocationReason, SessionCommand, SessionState};
use domain::users::{Rehash, User, UserCommand};
use event_store::Executor;
use event_store::execute::ReadFailure;
use runtime::problem::QUOTA_EXCEEDED;
use runtime::{Problem, ids};
use secrecy::SecretString;
use unicode_normalization::UnicodeNormalization;

use super::origin::{device, sealed};
use super::{overloaded, signed, wrong_password};
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::refused::{Refused, sealed_off};

/// An account, if the identifier is somebody's.
pub struct Account {
    pub id: UserId,
    pub user: User,
}

/// No password that was ever set is longer.
pub const MAX_PASSWORD: usize = 128;

/// In a storm most are told to come again, and each of them asks nothing of anybody else: no quota, no stream.
pub fn not_full(app: &App) -> Result<(), Problem> {
    if app.hashing.is_full() { Err(overloaded()) } else { Ok(()) }
}

/// Finds whose identifier it is. A claim not yet confirmed counts as soon as its user's stream names it.
pub async fn find(executor: &Executor, claim: &str) -> Result<Option<Account>, ReadFailure> {
    let holder = match executor.load::<Claim>(claim).await?.state.holder {
        Holder::Pending { user, .. } | Holder::Owner { user, .. } => Some(user),
        Holder::Nobody => None,
    };
    // For nobody an empty stream is read: an unknown name takes the time of a known one.
    let id = holder.unwrap_or_else(|| UserId(ids::new()));
    let user = executor.load::<User>(&id.stream()).await?.state;
    let theirs = user.registered && user.claims.contains(claim);
    Ok(theirs.then_some(Account { id, user }))
}

/// Runs one hash, whoever it is: without a verifier (nobody's name, or the person was erased) the password is checked
/// against the dummy and is wrong.
pub async fn check_password(
    app: &App,
    turn: Turn,
    account: Option<&Account>,
    password: SecretString,
) -> Result<Checked, Problem> {
    let sealed = account.and_then(|it| Some((it, it.user.verifier.as_ref()?)));
    let verifier = match sealed {
        Some((Account { id, user }, sealed)) => {
            let opened = app.vault.open(&id.stream(), "verifier", sealed).await;
            opened.map_err(sealed_off)?.map(|it| (it, user.pepper))
        }
        None => None,
    };
    app.hashing.verify(turn, password, verifier).await.map_err(|_| overloaded())
}

/// Hashes a password anew that was right and is kept as it was done earlier: with another pepper, or cheaper. Whoever had
/// it wrong, or was not let in, cost one hash; this second one is only for who is in. If it fails, the next login does it.
pub async fn hash_anew(app: &App, account: &Account, password: SecretString, command: &Command) {
    let (Account { id, user }, stream) = (account, account.id.stream());
    let Some(of) = user.verifier.clone() else { return };
    let Ok((verifier, pepper)) = app.hashing.hash(password).await else { return };
    let verifier = match app.vault.seal(&stream, "verifier", command.id, &verifier).await {
        Ok(verifier) => verifier,
        Err(error) => {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, user = %id, "a password is not hashed anew");
            return;
        }
    };
    let anew = UserCommand::RehashPassword(Rehash { of, verifier, pepper });
    if let Err(refused) = app.execute::<User>(&stream, anew, &command.on(&stream)).await {
        tracing::warn!(user = %id, problem = refused.kind().name, "a password is not hashed anew");
    }
}

pub fn attempt(
    app: &App,
    user: &User,
    session: Option<SessionId>,
    (password_right, proof): (bool, Proof),
    (from, device): (Origin, Option<String>),
    command: &Command,
) -> LoginCommand {
    let auth = &app.settings.auth;
    LoginCommand::Attempt(Box::new(Attempt {
        password_right,
        proof,
        verified: user.verified,
        disabled: user.disabled,
        session,
        from,
        device,
        at: command.at,
        limits: Limits {
            max_attempts: auth.login_max_attempts,
            window: signed(auth.login_attempt_window),
            lockout: signed(auth.login_lockout),
        },
    }))
}

/// Checks the password of somebody who is logged in, once more: an open session on a table in the club house is not
/// enough for everything. It counts as a login does, towards a lock and against it; `session` is begun by it, if there is
/// one. Answers with the account as it was when its password was checked.
pub async fn let_in_again(
    app: &App,
    asked: &Asked,
    caller: &Caller,
    command: &Command,
    password: String,
    session: Option<SessionId>,
) -> Result<User, Refused> {
    check_length("current_password", &password, MAX_PASSWORD)?;
    not_full(app)?;
    // A name of its own: whoever guesses from outside takes nothing from the person's own quota.
    let person = caller.person()?;
    let own = person.user;
    let name = own.stream();
    app.rate_limits.identifier(&name).await?;
    let Some(_turn) = app.lanes.enter(&name).await else {
        let detail = "too many passwords of this account are being checked just now";
        return Err(Problem::new(QUOTA_EXCEEDED, detail).retry_after(1).into());
    };
    let turn = app.hashing.turn().map_err(|_| overloaded())?;
    let user = app.load::<User>(&name).await?.state;
    not_from_before(person, &user)?;
    let account = Account { id: own, user };
    let checked = check_password(app, turn, Some(&account), password.into()).await?;
    let Account { id, user } = account;
    // Nothing was typed: it is the account's own.
    let identifier = user.email_claim().and_then(|it| it.rsplit('-').next()).unwrap_or_default();
    let from = sealed(app, asked, command, Some(id), identifier.to_owned()).await;
    let device = device(app, asked, command, Some(id)).await;
    let from = (from.map_err(sealed_off)?, device.map_err(sealed_off)?);
    // Whoever is logged in to an account with a second factor has given a code, as was seen above.
    let checked = (checked != Checked::Wrong, Proof::NotNeeded);
    let attempt = attempt(app, &user, session, checked, from, command);
    let done = app.execute::<Logins>(&id.login_stream(), attempt, &command.meta).await?;
    let is_in = done
        .appended
        .iter()
        .any(|it| matches!(it, LoginEvent::Succeeded { .. } | LoginEvent::Reauthenticated { .. }));
    if is_in {
        put_out(app, &done.state, command).await;
        Ok(user)
    } else {
        let refused = Refused::new(wrong_password(), Some(app.token(done.position)));
        Err(refused.audited(done.event_of(|_| true)))
    }
}

/// Proving a second factor ends every session, so that whoever is logged in has given a code. Where that was a moment ago,
/// their session is over and may not be known to be.
pub fn not_from_before(person: &Person, user: &User) -> Result<(), Problem> {
    let is_over = user.factor.is_some() && !person.second_factor;
    if is_over { Err(access::unauthenticated()) } else { Ok(()) }
}

/// What could never be right, and costs no hash.
pub fn check_length(field: &'static str, text: &str, longest: usize) -> Result<(), Problem> {
    let code = match text.nfkc().count() {
        0 => "too-short",
        it if it > longest => "too-long",
        _ => return Ok(()),
    };
    let detail = format!("1 to {longest} characters");
    Err(Problem::invalid(field, code, detail))
}

/// A person has ten sessions: the eleventh puts the oldest out, at once where all goes well. If it does not, that one's
/// refresh is refused all the same.
pub async fn put_out(app: &App, logins: &Logins, command: &Command) {
    let Some(session) = logins.displaced else { return };
    let revoke = SessionCommand::Revoke { reason: RevocationReason::Limit };
    let ended = app.execute::<SessionState>(&session.stream(), revoke, &command.meta).await;
    // Never begun after its login, most likely.
    if let Err(refused) = ended {
        tracing::info!(%session, problem = refused.kind().name, "a session that was put out is not ended");
    }
}
