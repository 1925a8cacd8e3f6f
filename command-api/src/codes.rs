//! Codes sent by mail to whoever can type an address: asked for by anybody, good for its owner alone.
//!
//! **Invariant:** a known and an unknown address take the same steps (two streams read, where it came from sealed, one
//! event) and get the same answer.
use access::identifiers::IdentifierKind;
use axum::http::StatusCode;
use domain::logins::{CodeFor, CodePurpose, LoginCommand, Logins};
use domain::time::later;
use domain::users::User;
use jiff::SignedDuration;
use runtime::Problem;
use serde::{Deserialize, Serialize};

use crate::accounts::{check_email, tidy};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::refused::{Refused, sealed_off, unreadable};
use crate::sessions::{Account, find, sealed, unknown_stream};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeBody {
    #[schema(format = "email", max_length = 254)]
    pub email: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct CodeRequest {
    /// A mail is on its way, if there is somebody to get it.
    #[schema(example = "accepted")]
    status: &'static str,
}

impl CodeRequest {
    pub const ACCEPTED: Self = Self { status: "accepted" };
}

/// Records that a code was asked for; the scheduler mails it.
pub async fn request(
    app: &App,
    asked: &Asked,
    email: &str,
    purpose: CodePurpose,
    valid: SignedDuration,
) -> Result<Answer, Refused> {
    let email = tidy(email);
    if let Some((code, detail)) = check_email(&email) {
        return Err(Problem::invalid("email", code, detail).into());
    }
    let hash = app.identifiers.hash(IdentifierKind::Email, &email);
    // Apart from logins: a flood of one must not use up the other.
    app.rate_limits.identifier(&format!("code-{hash}")).await?;
    let claim = app.identifiers.claim_stream(IdentifierKind::Email, &email);
    let account = find(&app.executor, &claim).await.map_err(unreadable)?;
    let command = asked.anew();
    let user = account.as_ref().map(|it| it.id);
    let from = sealed(app, asked, &command, user, hash).await.map_err(sealed_off)?;
    let about = account.as_ref().filter(|it| is_of_use(purpose, &it.user)).map(|it| CodeFor {
        code: command.id,
        epoch: it.user.epoch,
        email_claim: claim,
        until: later(command.at, valid),
    });
    let stream = match account {
        Some(Account { id, .. }) => id.login_stream(),
        None => unknown_stream(command.at),
    };
    let request = LoginCommand::RequestCode { purpose, about, from, at: command.at };
    let done = app.execute::<Logins>(&stream, request, &command.meta).await?;
    let answer = Answer::new(StatusCode::ACCEPTED, CodeRequest::ACCEPTED);
    Ok(answer.position(app.token(done.position)))
}

fn is_of_use(purpose: CodePurpose, user: &User) -> bool {
    match purpose {
        CodePurpose::ResetPassword => !user.disabled,
        CodePurpose::VerifyEmail => !user.disabled && !user.verified,
    }
}
