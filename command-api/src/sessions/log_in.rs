//! Logging in, always in this order: read → take a place at the hash pool → look up by the keyed hash → hash (the real verifier, or a dummy) → decide
//! → append → answer.
//!
//! **Invariant:** a wrong password, an unknown name, a locked, a disabled and an unverified account take the same
//! steps and get the same answer, and it leaves only after the attempt is in the log.
use access::hashing::Checked;
use access::identifiers::IdentifierKind;
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::{SessionId, UserId};
use domain::logins::{FailureReason, LoginCommand, LoginEvent, Logins, Proof};
use domain::sessions::{SessionCommand, SessionState};
use event_store::{Done, Position};
use runtime::http::Body;
use runtime::problem::QUOTA_EXCEEDED;
use runtime::{Problem, ids};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::time::Instant;

use super::door::{
    Account, MAX_PASSWORD, attempt, check_length, check_password, find, hash_anew, not_full,
    put_out,
};
use super::origin::{device, sealed, unknown_stream};
use super::{Tokens, code_required, codes, invalid_credentials, overloaded, signed};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::refused::{Refused, broken, sealed_off, unreadable};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogInBody {
    /// An e-mail address or a username.
    #[schema(max_length = 254)]
    identifier: String,
    #[schema(format = "password", max_length = 128)]
    password: String,
    /// Where the account has a second factor: what the authenticator shows now, or a recovery code.
    #[schema(max_length = 32)]
    code: Option<String>,
}

/// Logs in.
///
/// Unknown, wrong, locked, disabled and not yet verified look all the same. After five wrong passwords in a quarter of
/// an hour the account takes none for half an hour (settings).
#[utoipa::path(post, path = "/v1/sessions", operation_id = "log_in", tag = "identity", security(()),
    request_body = LogInBody,
    responses((status = 201, body = Tokens, headers(("Location" = String),
            ("Courtside-Position" = String), ("Audit-Event" = String))),
        (status = 401, headers(("Courtside-Position" = String), ("Audit-Event" = String)), description = "`invalid-credentials`; `code-required`: the password is right, and `code` is missing"),
        (status = 429, description = "`quota-exceeded`: too many from this address, or under this identifier"),
        (status = 503, description = "`overloaded`, `unavailable`, `contention`, `outcome-unknown`")))]
pub async fn log_in(
    State(app): State<App>,
    asked: Asked,
    Body { value, .. }: Body<LogInBody>,
) -> Result<Answer, Refused> {
    let began = Instant::now();
    let result = logged_in(&app, &asked, value).await;
    app.metrics.logins.observe(began, &result);
    result
}

async fn logged_in(app: &App, asked: &Asked, body: LogInBody) -> Result<Answer, Refused> {
    check(&body)?;
    not_full(app)?;
    let LogInBody { identifier, password, code } = body;
    let kind =
        if identifier.contains('@') { IdentifierKind::Email } else { IdentifierKind::Username };
    let hash = app.identifiers.hash(kind, &identifier);
    app.rate_limits.identifier(&hash).await?;
    let Some(_turn) = app.lanes.enter(&hash).await else {
        let detail = "too many are logging in under this name just now";
        return Err(Problem::new(QUOTA_EXCEEDED, detail).retry_after(1).into());
    };
    let turn = app.hashing.turn().map_err(|_| overloaded())?;
    let account = find(&app.executor, &app.identifiers.claim_stream(kind, &identifier))
        .await
        .map_err(unreadable)?;
    let password = SecretString::from(password);
    let checked = check_password(app, turn, account.as_ref(), password.clone()).await?;
    let password_right = checked != Checked::Wrong;

    let command = asked.anew();
    let user = account.as_ref().map(|it| it.id);
    let from = sealed(app, asked, &command, user, hash).await.map_err(sealed_off)?;
    let device = device(app, asked, &command, user).await.map_err(sealed_off)?;
    let Some(account) = account else {
        let attempt = LoginCommand::AttemptUnknown { from, at: command.at };
        let done =
            app.execute::<Logins>(&unknown_stream(command.at), attempt, &command.meta).await?;
        return Err(turned_away(app, &done));
    };
    let Account { id, user } = &account;
    let id = *id;
    let proof = codes::check(app, id, user, code.as_deref(), command.at).await?;
    let factor = matches!(proof, Proof::Right(_));
    let session = SessionId(ids::new());
    let attempt =
        attempt(app, user, Some(session), (password_right, proof), (from, device), &command);
    let done = app.execute::<Logins>(&id.login_stream(), attempt, &command.meta).await?;
    if !done.state.sessions.contains(&session) {
        return Err(turned_away(app, &done));
    }
    put_out(app, &done.state, &command).await;
    let succeeded = done.event_of(|it| matches!(it, LoginEvent::Succeeded { .. }));
    let (tokens, position) = begin(app, id, user.epoch, session, factor, &command).await?;
    if checked == Checked::RightAndOutdated {
        hash_anew(app, &account, password, &command).await;
    }
    let answer = Answer::new(StatusCode::CREATED, tokens).position(app.token(position));
    Ok(answer.location(&format!("/v1/sessions/{session}")).audited(succeeded))
}

/// A recovery code with blanks between its letters is still shorter.
const MAX_CODE: usize = 32;

/// What could never be an identifier or a password here, and costs no hash.
fn check(body: &LogInBody) -> Result<(), Problem> {
    check_length("identifier", &body.identifier, 254)?;
    check_length("password", &body.password, MAX_PASSWORD)?;
    body.code.as_deref().map_or(Ok(()), |it| check_length("code", it, MAX_CODE))
}

/// `epoch` is that of the read its verifier came from: a password changed meanwhile ends the session at once.
pub async fn begin(
    app: &App,
    user: UserId,
    epoch: u64,
    id: SessionId,
    factor: bool,
    command: &Command,
) -> Result<(Tokens, Position), Refused> {
    let auth = &app.settings.auth;
    let start = SessionCommand::Start {
        user,
        epoch,
        nonce: app.refresh_tokens.nonce(),
        refresh_key: app.refresh_tokens.key_id(),
        refresh_until: command.at + signed(auth.refresh_token),
        ends_at: command.at + signed(auth.session),
        factor,
    };
    let meta = command.meta.clone().actor(format!("user:{user}"));
    let done = app.execute::<SessionState>(&id.stream(), start, &meta).await?;
    let session = done.state.0.ok_or_else(broken)?;
    Ok((Tokens::of(app, id, &session, command.at).await?, done.position))
}

/// Only a right password without its code is answered in its own way: whoever has no password learns nothing of one,
/// and whoever sends both never learns which of them was wrong. See decision 19.
///
/// Each has the id of its event, so that whoever was turned away can prove it: it is made of a command's id, which nobody
/// outside has, and says nothing of the stream that it is in. See decision 27.
fn turned_away(app: &App, done: &Done<Logins>) -> Refused {
    let is_missing = |it: &LoginEvent| {
        matches!(it, LoginEvent::Failed { reason: FailureReason::MissingCode, .. })
    };
    let is_missing = done.appended.iter().any(is_missing);
    let problem = if is_missing { code_required() } else { invalid_credentials() };
    Refused::new(problem, Some(app.token(done.position))).audited(done.event_of(|_| true))
}
