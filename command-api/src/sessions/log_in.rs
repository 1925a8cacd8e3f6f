//! Logging in, always in this order: read → look up by the keyed hash → hash (the real verifier, or a dummy) → decide
//! → append → answer.
//!
//! **Invariant:** a wrong password, an unknown name, a locked, a disabled and an unverified account take the same
//! steps and get the same answer, and it leaves only after the attempt is in the log.
use access::identifiers::IdentifierKind;
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::{SessionId, UserId};
use domain::logins::{LoginCommand, Logins};
use domain::sessions::{SessionCommand, SessionState};
use event_store::Position;
use runtime::http::Body;
use runtime::problem::QUOTA_EXCEEDED;
use runtime::{Problem, ids};
use serde::Deserialize;
use tokio::time::Instant;

use super::door::{Account, MAX_PASSWORD, attempt, check_length, find, is_right};
use super::origin::{sealed, unknown_stream};
use super::{Tokens, invalid_credentials, signed};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::refused::{Refused, broken, sealed_off};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogInBody {
    /// An e-mail address or a username.
    #[schema(max_length = 254)]
    identifier: String,
    #[schema(format = "password", max_length = 128)]
    password: String,
}

/// Logs in.
///
/// Unknown, wrong, locked, disabled and not yet verified look all the same. After five wrong passwords in a quarter of
/// an hour the account takes none for half an hour (settings).
#[utoipa::path(post, path = "/v1/sessions", operation_id = "log_in", tag = "identity", security(()),
    request_body = LogInBody,
    responses((status = 201, body = Tokens, headers(("Location" = String), ("Courtside-Position" = String))),
        (status = 401, description = "`invalid-credentials`"),
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
    let LogInBody { identifier, password } = body;
    let kind =
        if identifier.contains('@') { IdentifierKind::Email } else { IdentifierKind::Username };
    let hash = app.identifiers.hash(kind, &identifier);
    app.rate_limits.identifier(&hash).await?;
    let Some(_turn) = app.lanes.enter(&hash).await else {
        let detail = "too many are logging in under this name just now";
        return Err(Problem::new(QUOTA_EXCEEDED, detail).retry_after(1).into());
    };
    let account = find(app, &app.identifiers.claim_stream(kind, &identifier)).await?;
    let password_right = is_right(app, account.as_ref(), password).await?;

    let command = asked.anew();
    let user = account.as_ref().map(|it| it.id);
    let from = sealed(app, asked, &command, user, hash).await.map_err(sealed_off)?;
    let Some(Account { id, user }) = account else {
        let attempt = LoginCommand::AttemptUnknown { from, at: command.at };
        let done =
            app.execute::<Logins>(&unknown_stream(command.at), attempt, &command.meta).await?;
        return Err(refused(app, done.position));
    };
    let session = SessionId(ids::new());
    let attempt = attempt(app, &user, Some(session), password_right, from, &command);
    let done = app.execute::<Logins>(&id.login_stream(), attempt, &command.meta).await?;
    if !done.state.sessions.contains(&session) {
        return Err(refused(app, done.position));
    }
    let (tokens, position) = begin(app, id, user.epoch, session, &command).await?;
    let answer = Answer::new(StatusCode::CREATED, tokens).position(app.token(position));
    Ok(answer.location(&format!("/v1/sessions/{session}")))
}

/// What could never be an identifier or a password here, and costs no hash.
fn check(body: &LogInBody) -> Result<(), Problem> {
    check_length("identifier", &body.identifier, 254)?;
    check_length("password", &body.password, MAX_PASSWORD)
}

/// `epoch` is that of the read its verifier came from: a password changed meanwhile ends the session at once.
pub async fn begin(
    app: &App,
    user: UserId,
    epoch: u64,
    id: SessionId,
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
    };
    let meta = command.meta.clone().actor(format!("user:{user}"));
    let done = app.execute::<SessionState>(&id.stream(), start, &meta).await?;
    let session = done.state.0.ok_or_else(broken)?;
    Ok((Tokens::of(app, id, &session, command.at).await?, done.position))
}

fn refused(app: &App, position: Position) -> Refused {
    Refused { problem: invalid_credentials(), position: Some(app.token(position)) }
}
