use access::identifiers::IdentifierKind;
use access::mail_tokens::Purpose;
use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::users::{EmailChange, User, UserCommand, UserRejection};
use jiff::SignedDuration;
use runtime::Problem;
use runtime::http::Body;
use runtime::problem::Place;
use serde::Deserialize;

use crate::accounts::{Changed, check_email, tidy};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::codes::CodeRequest;
use crate::refused::{Explain, Refused, sealed_off};
use crate::registrations::{IDENTIFIER_TAKEN, bad_token, explain};
use crate::sessions::let_in_again;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailBody {
    #[schema(format = "email", max_length = 254)]
    email: String,
    #[schema(format = "password", max_length = 128)]
    current_password: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmEmailBody {
    /// From the mail to the new address.
    token: String,
}

/// Whoever changes their address has it at hand.
const VALID: SignedDuration = SignedDuration::from_hours(24);

/// Asks for another e-mail address.
///
/// A code goes there, and until it comes back with `/v1/me/email/confirm` the present address counts. The answer is the
/// same whether the new one is somebody's already. A later request takes the place of an earlier one.
#[utoipa::path(put, path = "/v1/me/email", operation_id = "change_email", tag = "identity",
    security(("bearer" = [])),
    request_body = EmailBody,
    responses((status = 202, body = CodeRequest, headers(("Courtside-Position" = String))),
        (status = 403, description = "`wrong-password`: counted as a wrong login is"),
        (status = 422, description = "`invalid` with a pointer and a code: `malformed`, `too-long`, `unchanged`"),
        (status = 429, description = "`quota-exceeded`")))]
pub async fn change_email(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
    Body { value, .. }: Body<EmailBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Play)?;
    let EmailBody { email, current_password } = value;
    let email = tidy(&email);
    if let Some((code, detail)) = check_email(&email) {
        return Err(Problem::invalid("email", code, detail).into());
    }
    let email_claim = app.identifiers.claim_stream(IdentifierKind::Email, &email);
    let stream = caller.person()?.user.stream();
    if app.load::<User>(&stream).await?.state.claims.contains(&email_claim) {
        return Err(Problem::invalid(
            "email",
            "unchanged",
            "this is the account's address already",
        )
        .into());
    }
    // Nobody's mailbox is filled by somebody who wants to be there.
    let hash = app.identifiers.hash(IdentifierKind::Email, &email);
    app.rate_limits.identifier(&format!("code-{hash}")).await?;
    let command = asked.anew_by(&caller);
    let_in_again(&app, &asked, &caller, &command, current_password, None).await?;
    let email = app.vault.seal(&stream, "email", command.id, &email).await.map_err(sealed_off)?;
    let until = command.at + VALID;
    let request = EmailChange { change: command.id, email, email_claim, until };
    let request = UserCommand::RequestEmailChange(request);
    let done = app.execute::<User>(&stream, request, &command.meta).await?;
    let answer = Answer::new(StatusCode::ACCEPTED, CodeRequest::ACCEPTED);
    Ok(answer.position(app.token(done.position)))
}

/// Proves another e-mail address, which counts from now on. It may be done twice.
///
/// Mail goes there, and one logs in with it; the former address is told, and free for others.
#[utoipa::path(post, path = "/v1/me/email/confirm", operation_id = "confirm_email", tag = "identity",
    security(("bearer" = [])),
    request_body = ConfirmEmailBody,
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 409, description = "`identifier-taken`: another account has this address"),
        (status = 422, description = "`bad-token`")))]
pub async fn confirm_email(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
    Body { value, .. }: Body<ConfirmEmailBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Play)?;
    let own = caller.person()?.user;
    let code = app.mail_tokens.check(Purpose::ChangeEmail, &value.token);
    // Only in the account's own session: a mistyped address is somebody's, who must not get the account with it.
    let (_, change) = code.filter(|it| it.0 == own).ok_or_else(bad_token)?;
    let user = app.load::<User>(&own.stream()).await?.state;
    let is_made = user.email_changed == Some(change);
    let claim = match user.email_change.as_ref().filter(|it| it.change == change) {
        Some(asked) => asked.email_claim.clone(),
        None => user.email_claim().filter(|_| is_made).ok_or_else(bad_token)?.to_owned(),
    };
    let command = asked.anew_by(&caller);
    let at = command.at;
    let commit = |claimed, former| UserCommand::ChangeEmail { change, claimed, former, at };
    let kind = IdentifierKind::Email;
    match app.registrar.change(own, kind, &claim, commit, &command.meta).await {
        Ok(Changed::Done { position }) => Ok(Answer::no_content().position(app.token(position))),
        // Whoever has the code reads the mail there: the account is most likely theirs too.
        Ok(Changed::Taken { position }) => {
            let detail = "another account has this e-mail address";
            let problem = Problem::new(IDENTIFIER_TAKEN, detail);
            let problem = problem.at(Place::field("token"), "taken", detail);
            Err(Refused::new(problem, Some(app.token(position))))
        }
        Ok(Changed::Refused { rejection, position }) => {
            let problem = match rejection {
                UserRejection::UnknownChange | UserRejection::Disabled => bad_token(),
                other => other.explain(),
            };
            Err(Refused::new(problem, Some(app.token(position))))
        }
        Err(error) => Err(explain(error).into()),
    }
}
