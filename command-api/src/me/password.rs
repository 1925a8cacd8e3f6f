use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::SessionId;
use domain::users::{User, UserCommand};
use runtime::http::Body;
use runtime::{Problem, ids};
use serde::Deserialize;

use crate::accounts::NewPassword;
use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::refused::Refused;
use crate::sessions::{self, Tokens};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordBody {
    #[schema(format = "password", max_length = 128)]
    current_password: String,
    /// As at the registration; 15 characters for everybody but players.
    #[schema(format = "password", min_length = 12, max_length = 128)]
    new_password: String,
}

/// Sets another password.
///
/// Every session ends, this one too, and a new one begins: whoever had copied a token is out, and the caller goes on with
/// the tokens of the answer. If that is lost, the new password lets them in.
#[utoipa::path(put, path = "/v1/me/password", operation_id = "change_password", tag = "identity",
    security(("bearer" = [])),
    request_body = PasswordBody,
    responses((status = 200, body = Tokens, headers(("Courtside-Position" = String))),
        (status = 403, description = "`wrong-password`: counted as a wrong login is"),
        (status = 422, description = "`invalid` with a pointer and a code: `too-short`, `too-long`, `too-weak`, \
            `too-common`, `like-email`, `like-username`, `unchanged`"),
        (status = 429, description = "`quota-exceeded`"),
        (status = 503, description = "`overloaded`, `unavailable`, `contention`, `outcome-unknown`")))]
pub async fn change_password(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
    Body { value, .. }: Body<PasswordBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Play)?;
    let PasswordBody { current_password, new_password } = value;
    if current_password == new_password {
        let detail = "this is the password already";
        return Err(Problem::invalid("new_password", "unchanged", detail).into());
    }
    let person = caller.person()?;
    let stream = person.user.stream();
    // Before the attempt is counted: what cannot be a password costs nobody a guess, and after it little can go wrong.
    let user = app.load::<User>(&stream).await?.state;
    let mut command = asked.anew_by(&caller);
    let NewPassword { verifier, pepper } =
        NewPassword::of(&app, person.user, &user, &new_password, command.id).await?;
    let session = SessionId(ids::new());
    let user =
        sessions::let_in_again(&app, &asked, &caller, &command, current_password, Some(session))
            .await?;
    let set = UserCommand::SetPassword { verifier, pepper, epoch: user.epoch };
    let done = app.execute::<User>(&stream, set, &command.meta).await?;
    // The log says why the session began, and that it was by no login: it may what the one before it might, but nobody gave
    // a code for it, so in it nobody takes the second factor away (`second_factor::recent`).
    let changed = done.event_of(|_| true).unwrap_or(command.id);
    command.meta = command.meta.causation(changed);
    let (tokens, position) = sessions::begin(
        &app,
        person.user,
        done.state.epoch,
        session,
        person.second_factor,
        &command,
    )
    .await?;
    Ok(Answer::new(StatusCode::OK, tokens).position(app.token(position)))
}
