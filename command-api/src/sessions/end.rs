use access::{Caller, Enrolling, Permission};
use axum::extract::State;
use domain::ids::SessionId;
use domain::sessions::{RevocationReason, SessionCommand, SessionEvent, SessionState};
use runtime::Problem;
use runtime::http::Parsed;
use runtime::problem::NOT_FOUND;
use uuid::Uuid;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::refused::Refused;

/// Logs out.
#[utoipa::path(delete, path = "/v1/sessions/current", operation_id = "end_current_session", tag = "identity",
    security(("bearer" = [])),
    responses((status = 204, headers(("Courtside-Position" = String), ("Audit-Event" = String)))))]
pub async fn end_current(
    State(app): State<App>,
    Enrolling(caller): Enrolling,
    asked: Asked,
) -> Result<Answer, Refused> {
    let session = caller.person()?.session;
    revoke(&app, &caller, &asked, session).await
}

/// Ends one of one's own sessions: the tablet left at the club.
#[utoipa::path(delete, path = "/v1/sessions/{id}", operation_id = "end_session", tag = "identity",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 204, headers(("Courtside-Position" = String), ("Audit-Event" = String))),
        (status = 404, description = "`not-found`: no such session, or not yours")))]
pub async fn end(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
) -> Result<Answer, Refused> {
    revoke(&app, &caller, &asked, SessionId(id)).await
}

/// A session that is over already is ended again: nothing happens.
async fn revoke(
    app: &App,
    caller: &Caller,
    asked: &Asked,
    id: SessionId,
) -> Result<Answer, Refused> {
    caller.may(Permission::Play)?;
    let session = app.load::<SessionState>(&id.stream()).await?.state.0;
    let own = caller.person()?.user;
    if session.is_none_or(|it| it.user != own) {
        return Err(Problem::new(NOT_FOUND, "you have no such session").into());
    }
    let revoke = SessionCommand::Revoke { reason: RevocationReason::LoggedOut };
    let done = app.execute::<SessionState>(&id.stream(), revoke, &asked.by(caller).meta).await?;
    let revoked = done.event_of(|it| matches!(it, SessionEvent::Revoked { .. }));
    Ok(Answer::no_content().position(app.token(done.position)).audited(revoked))
}
