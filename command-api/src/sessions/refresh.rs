//! Refresh tokens: each is used once, and its successor can be had again for a few seconds by a client whose answer
//! was lost. Whatever is wrong, the answer is the same 401.
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::SessionId;
use domain::logins::Logins;
use domain::sessions::{RevocationReason, Session, SessionCommand, SessionEvent, SessionState};
use domain::stored::StoredEvent;
use domain::users::User;
use event_store::ExecuteError;
use event_store::execute::ReadFailure;
use runtime::Problem;
use runtime::http::Body;
use serde::Deserialize;

use super::{Tokens, invalid_token, signed};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::refused::{Refused, failed, unreadable};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshBody {
    refresh_token: String,
}

/// Exchanges a refresh token for new tokens.
///
/// Used a second time after its grace, a token was stolen by somebody: the session ends. So does one that is not among the
/// ten that its person began last.
#[utoipa::path(post, path = "/v1/sessions/refresh", operation_id = "refresh_session", tag = "identity", security(()),
    request_body = RefreshBody,
    responses((status = 200, body = Tokens, headers(("Courtside-Position" = String), ("Audit-Event" = String))),
        (status = 401, description = "`invalid-token`")))]
pub async fn refresh(
    State(app): State<App>,
    asked: Asked,
    Body { value, .. }: Body<RefreshBody>,
) -> Result<Answer, Refused> {
    let (id, seq, session) = presented(&app, &value.refresh_token).await?;
    let user = app.load::<User>(&session.user.stream()).await?.state;
    if user.disabled || !user.is_there() || session.epoch < user.epoch {
        return Err(invalid_token().into());
    }
    let mut command = asked.anew();
    command.meta = command.meta.actor(format!("user:{}", session.user));
    let logins = app.load::<Logins>(&session.user.login_stream()).await?.state;
    if !logins.sessions.contains(&id) {
        // Whoever put it out was cut off before it was ended.
        let revoke = SessionCommand::Revoke { reason: RevocationReason::Limit };
        app.execute::<SessionState>(&id.stream(), revoke, &command.meta).await?;
        return Err(invalid_token().into());
    }
    let auth = &app.settings.auth;
    let refresh = SessionCommand::Refresh {
        seq,
        nonce: app.refresh_tokens.nonce(),
        refresh_key: app.refresh_tokens.key_id(),
        refresh_until: command.at + signed(auth.refresh_token),
        grace: signed(auth.refresh_grace),
        at: command.at,
    };
    let done =
        match app.executor.execute::<SessionState>(&id.stream(), refresh, &command.meta).await {
            Ok(done) => done,
            Err(ExecuteError::Rejected { position, .. }) => {
                return Err(Refused::new(invalid_token(), Some(app.token(position))));
            }
            Err(failure) => return Err(failed(failure).into()),
        };
    let position = app.token(done.position);
    // Asked again within its grace, it is answered again, and nothing is recorded.
    let refreshed = done.event_of(|it| matches!(it, SessionEvent::Refreshed { .. }));
    // A token used again too late ends the session, which is no refusal of the rules but their doing.
    let Some(session) = done.state.0.filter(|it| !it.revoked) else {
        return Err(Refused::new(invalid_token(), Some(position)));
    };
    let tokens = Tokens::of(&app, id, &session, command.at).await?;
    Ok(Answer::new(StatusCode::OK, tokens).position(position).audited(refreshed))
}

/// Which token of which session it is, proved by the key that is not in the log. A forged one touches nothing: it must
/// not look like a stolen one, or anybody could end anybody's session.
async fn presented(app: &App, token: &str) -> Result<(SessionId, u32, Session), Problem> {
    let (id, seq) = app.refresh_tokens.parse(token).ok_or_else(invalid_token)?;
    let session =
        app.load::<SessionState>(&id.stream()).await?.state.0.ok_or_else(invalid_token)?;
    let newest = seq == session.seq;
    let nonce = if newest { Some(session.nonce.clone()) } else { nonce(app, id, seq).await? };
    let proved = nonce.is_some_and(|it| app.refresh_tokens.matches(token, id, seq, &it));
    if proved { Ok((id, seq, session)) } else { Err(invalid_token()) }
}

/// What an earlier token was made from.
async fn nonce(app: &App, id: SessionId, wanted: u32) -> Result<Option<String>, Problem> {
    /// A session refreshed every quarter of an hour for a month has 2,880 events.
    const PAGE: usize = 500;
    let mut from = 0;
    loop {
        let page = app.executor.store().read_stream(&id.stream(), from, PAGE).await;
        let page = page.map_err(|error| unreadable(error.into()))?;
        for it in &page {
            let event = SessionEvent::read(&it.kind, &it.data)
                .map_err(|error| unreadable(ReadFailure::Codec(error.into())))?;
            match event {
                SessionEvent::Started { nonce, .. } if wanted == 0 => return Ok(Some(nonce)),
                SessionEvent::Refreshed { seq, nonce, .. } if wanted == seq => {
                    return Ok(Some(nonce));
                }
                SessionEvent::Started { .. }
                | SessionEvent::Refreshed { .. }
                | SessionEvent::ReuseDetected { .. }
                | SessionEvent::Revoked { .. } => {}
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE => from = last.revision + 1,
            _ => return Ok(None),
        }
    }
}
