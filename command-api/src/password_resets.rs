//! `/v1/password-resets`: a new password for whoever can read the account's mail.
use access::mail_tokens::Purpose;
use axum::extract::State;
use domain::ids::UserId;
use domain::logins::{CodePurpose, LoginCommand, Logins};
use domain::users::{User, UserCommand, UserRejection};
use event_store::ExecuteError;
use jiff::SignedDuration;
use runtime::http::Body;
use serde::Deserialize;

use crate::accounts::NewPassword;
use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::codes::{self, CodeBody, CodeRequest};
use crate::refused::{Refused, failed};
use crate::registrations::bad_token;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetBody {
    /// From the mail.
    token: String,
    /// As at the registration; 15 characters for everybody but players.
    #[schema(format = "password", min_length = 12, max_length = 128)]
    new_password: String,
}

/// Long enough for a slow mail server, short for whoever finds the mail later.
const VALID: SignedDuration = SignedDuration::from_hours(1);

/// Asks for a mail with a code to set a new password.
///
/// The answer is the same whether the address is known or not, and after the same steps. Three such codes are good at a
/// time: who asks for a fourth waits for the first to run out.
#[utoipa::path(post, path = "/v1/password-resets", operation_id = "request_password_reset", tag = "identity",
    security(()),
    request_body = CodeBody,
    responses((status = 202, body = CodeRequest, headers(("Courtside-Position" = String))),
        (status = 422, description = "`invalid` with `malformed`, `too-long`"),
        (status = 429, description = "`quota-exceeded`: too many from this address, or for this account")))]
pub async fn request(
    State(app): State<App>,
    asked: Asked,
    Body { value, .. }: Body<CodeBody>,
) -> Result<Answer, Refused> {
    codes::request(&app, &asked, &value.email, CodePurpose::ResetPassword, VALID).await
}

/// Sets a new password with the code from the mail, once.
///
/// Every session ends, and so does a lock that wrong passwords have made.
#[utoipa::path(post, path = "/v1/password-resets/confirm", operation_id = "confirm_password_reset", tag = "identity",
    security(()),
    request_body = ResetBody,
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 422, description = "`bad-token`; `invalid` with a pointer and a code: `too-short`, `too-long`, \
            `too-weak`, `too-common`, `like-email`, `like-username`")))]
pub async fn confirm(
    State(app): State<App>,
    asked: Asked,
    Body { value, .. }: Body<ResetBody>,
) -> Result<Answer, Refused> {
    let ResetBody { token, new_password } = value;
    let (id, code) = app.mail_tokens.check(Purpose::ResetPassword, &token).ok_or_else(bad_token)?;
    let (user, login) = (id.stream(), id.login_stream());
    let logins = app.load::<Logins>(&login).await?.state;
    let code =
        logins.code(CodePurpose::ResetPassword, code, asked.at).ok_or_else(bad_token)?.clone();
    let account = app.load::<User>(&user).await?.state;
    if account.disabled || account.epoch != code.epoch {
        return Err(bad_token().into());
    }
    let mut command = asked.anew();
    command.meta = command.meta.actor(actor(id));
    let NewPassword { verifier, pepper } =
        NewPassword::of(&app, id, &account, &new_password, command.id).await?;
    // The lock first: if it all ends here, the code is still good, and whoever has it comes again.
    app.execute::<Logins>(&login, LoginCommand::Unlock { reason: None }, &command.meta).await?;
    let reset = UserCommand::ResetPassword {
        verifier,
        pepper,
        epoch: code.epoch,
        email_claim: code.email_claim,
    };
    match app.executor.execute::<User>(&user, reset, &command.meta).await {
        Ok(done) => Ok(Answer::no_content().position(app.token(done.position))),
        Err(ExecuteError::Rejected {
            rejection:
                UserRejection::UnknownUser | UserRejection::Disabled | UserRejection::ChangedSince,
            position,
        }) => Err(Refused::new(bad_token(), Some(app.token(position)))),
        Err(error) => Err(failed(error).into()),
    }
}

fn actor(user: UserId) -> String {
    format!("user:{user}")
}
