use access::identifiers::IdentifierKind;
use access::{Caller, Permission};
use axum::extract::State;
use domain::users::UserCommand;
use runtime::Problem;
use runtime::http::Body;
use serde::Deserialize;

use crate::accounts::{Changed, check_username, tidy};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::refused::{Explain, Refused, sealed_off};
use crate::registrations::{explain, taken};
use crate::sessions::let_in_again;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UsernameBody {
    /// 3 to 30 of `a-z`, `A-Z`, `0-9`, `.`, `_` and `-`; capitals make no difference.
    #[schema(min_length = 3, max_length = 30)]
    username: String,
    #[schema(format = "password", max_length = 128)]
    current_password: String,
}

/// Takes another username, if it is free. The former one is free for others at once.
#[utoipa::path(put, path = "/v1/me/username", operation_id = "change_username", tag = "identity",
    security(("bearer" = [])),
    request_body = UsernameBody,
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 403, description = "`wrong-password`: counted as a wrong login is"),
        (status = 409, description = "`identifier-taken`"),
        (status = 422, description = "`invalid` with a pointer and a code: `too-short`, `too-long`, `malformed`"),
        (status = 429, description = "`quota-exceeded`")))]
pub async fn change_username(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
    Body { value, .. }: Body<UsernameBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Play)?;
    let UsernameBody { username, current_password } = value;
    let username = tidy(&username);
    if let Some((code, detail)) = check_username(&username) {
        return Err(Problem::invalid("username", code, detail).into());
    }
    let command = asked.anew_by(&caller);
    let_in_again(&app, &asked, &caller, &command, current_password, None).await?;
    let (user, kind) = (caller.person()?.user, IdentifierKind::Username);
    let claim = app.identifiers.claim_stream(kind, &username);
    let sealed = app.vault.seal(&user.stream(), "username", command.id, &username).await;
    let sealed = sealed.map_err(sealed_off)?;
    let commit = |claimed, former| {
        let username = sealed.clone();
        UserCommand::ChangeUsername { username, claimed, former }
    };
    match app.registrar.change(user, kind, &claim, commit, &command.meta).await {
        Ok(Changed::Done { position }) => Ok(Answer::no_content().position(app.token(position))),
        Ok(Changed::Taken { position }) => {
            Err(Refused::new(taken(kind), Some(app.token(position))))
        }
        Ok(Changed::Refused { rejection, position }) => {
            Err(Refused::new(rejection.explain(), Some(app.token(position))))
        }
        Err(error) => Err(explain(error).into()),
    }
}
