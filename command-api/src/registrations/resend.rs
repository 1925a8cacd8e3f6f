use axum::extract::State;
use domain::logins::CodePurpose;
use runtime::http::Body;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::codes::{self, CodeBody, CodeRequest};
use crate::refused::Refused;
use crate::sessions::signed;

/// Asks for the mail with the verification code again.
///
/// The answer is the same whether the address waits for one, needs none or is nobody's, and after the same steps. At most
/// three a day are sent again.
#[utoipa::path(post, path = "/v1/registrations/resend", operation_id = "resend_verification", tag = "identity",
    security(()),
    request_body = CodeBody,
    responses((status = 202, body = CodeRequest, headers(("Courtside-Position" = String))),
        (status = 422, description = "`invalid` with `malformed`, `too-long`"),
        (status = 429, description = "`quota-exceeded`: too many from this address, or for this account")))]
pub async fn resend(
    State(app): State<App>,
    asked: Asked,
    Body { value, .. }: Body<CodeBody>,
) -> Result<Answer, Refused> {
    // As long as an account waits to be verified.
    let valid = signed(app.settings.auth.verification);
    codes::request(&app, &asked, &value.email, CodePurpose::VerifyEmail, valid).await
}
