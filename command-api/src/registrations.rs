//! `/v1/registrations`: an account, and the proof that its e-mail address is one's own.
//!
//! With verification on, the answer never says whether an address is known here: it is the same 202 always, after
//! the same hash, and so is the answer to whoever asks for the username next. See `accounts.rs` for how an account is
//! made.
mod resend;

use access::hashing::Busy;
use access::identifiers::IdentifierKind;
use access::mail_tokens::Purpose;
use axum::extract::State;
use axum::http::StatusCode;
use domain::logins::{LoginCommand, Logins};
use domain::users::{Role, User, UserCommand, UserRejection};
use event_store::{ExecuteError, Position};
use runtime::Problem;
use runtime::http::Body;
use runtime::problem::{CONTENTION, INVALID, Kind, Place};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::accounts::{AccountError, Applicant, Fault, Fields, Outcome};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::refused::{Refused, failed, sealed_off, unreadable};
use crate::sessions::{find, overloaded, sealed, signed};

pub(crate) use resend::{__path_resend, resend};

pub const IDENTIFIER_TAKEN: Kind =
    Kind::conflict("identifier-taken", "Somebody else has this e-mail address or username");
const BAD_TOKEN: Kind = Kind {
    name: "bad-token",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    title: "The code is not one of ours, or no longer good",
};

pub const KINDS: &[Kind] = &[IDENTIFIER_TAKEN, BAD_TOKEN];

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterBody {
    #[schema(format = "email", max_length = 254)]
    email: String,
    /// 3 to 30 of `a-z`, `A-Z`, `0-9`, `.`, `_` and `-`; capitals make no difference.
    #[schema(min_length = 3, max_length = 30)]
    username: String,
    /// At least 12 characters (a setting), at most 128, any of them; not one that is easily guessed.
    #[schema(format = "password", min_length = 12, max_length = 128)]
    password: String,
    #[schema(min_length = 1, max_length = 100)]
    display_name: String,
    /// E.164.
    #[schema(example = "+493012345678")]
    phone: Option<String>,
}

impl From<RegisterBody> for Fields {
    fn from(it: RegisterBody) -> Self {
        let RegisterBody { email, username, password, display_name, phone } = it;
        Self { email, username, display_name, phone, password: password.into() }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Registration {
    /// `pending` until the e-mail address is verified; `registered` where it need not be.
    #[schema(example = "pending")]
    status: &'static str,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyBody {
    /// From the mail.
    token: String,
}

/// Registers a player.
///
/// A mail with a code follows. If the address already has an account the answer is the same.
#[utoipa::path(post, path = "/v1/registrations", operation_id = "register", tag = "identity", security(()),
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = RegisterBody,
    responses((status = 202, body = Registration, headers(("Courtside-Position" = String))),
        (status = 409, description = "`identifier-taken`: the username, or where e-mail verification is off the address"),
        (status = 422, description = "`invalid` with a pointer and a code: `malformed`, `too-short`, `too-long`, \
            `control-character`, `too-weak`, `too-common`, `like-email`, `like-username`")))]
pub async fn register(
    State(app): State<App>,
    asked: Asked,
    Body { value, .. }: Body<RegisterBody>,
) -> Result<Answer, Refused> {
    let began = Instant::now();
    let result = registered(&app, &asked, value).await;
    app.metrics.registrations.observe(began, &result);
    result
}

async fn registered(app: &App, asked: &Asked, body: RegisterBody) -> Result<Answer, Refused> {
    let rules = app.registrar.password_rules(Role::Player);
    let fields = Fields::from(body).check(&rules).await.map_err(|it| invalid(&it))?;
    let (verifier, pepper) = app.hashing.hash(fields.password).await.map_err(|_| overloaded())?;
    let auth = &app.settings.auth;
    let verification_required = auth.email_verification_required;
    let applicant = Applicant {
        email: fields.email,
        username: fields.username,
        display_name: fields.display_name,
        phone: fields.phone,
        role: Role::Player,
        unproved: verification_required.then(|| signed(auth.verification)),
        verifier,
        pepper,
        key: asked.key.clone(),
    };
    let command = asked.by_principal(&principal(app, &applicant));
    match app.registrar.register(&applicant, &command.meta).await {
        Ok(Outcome::Registered { position, .. }) => {
            Ok(accepted(app, verification_required, position))
        }
        // Whoever owns the address learns of it by mail, and nobody by this answer.
        Ok(Outcome::Taken { kind: IdentifierKind::Email, position }) if verification_required => {
            let told = tell_owner(app, asked, &command, &applicant.email).await?;
            Ok(accepted(app, verification_required, told.unwrap_or(position)))
        }
        Ok(Outcome::Taken { kind, position }) => {
            Err(Refused::new(taken(kind), Some(app.token(position))))
        }
        Err(error) => Err(explain(error).into()),
    }
}

/// Records for whoever has the address that somebody wanted to register with it; the scheduler mails them. Nobody has it
/// yet while somebody else is registering with it.
async fn tell_owner(
    app: &App,
    asked: &Asked,
    command: &Command,
    email: &str,
) -> Result<Option<Position>, Refused> {
    let claim = app.identifiers.claim_stream(IdentifierKind::Email, email);
    let Some(owner) = find(&app.executor, &claim).await.map_err(unreadable)? else {
        return Ok(None);
    };
    let hash = app.identifiers.hash(IdentifierKind::Email, email);
    let from = sealed(app, asked, command, Some(owner.id), hash).await.map_err(sealed_off)?;
    let attempt = LoginCommand::AttemptRegistration { from, at: command.at };
    let stream = owner.id.login_stream();
    let done = app.execute::<Logins>(&stream, attempt, &command.on(&stream)).await?;
    Ok(Some(done.position))
}

fn invalid(faults: &[Fault]) -> Problem {
    let problem = Problem::new(INVALID, "some fields cannot be as they are");
    faults
        .iter()
        .fold(problem, |problem, it| problem.at(Place::field(it.field), it.code, it.detail))
}

/// Two strangers may send the same key: whom it is about tells their commands apart.
fn principal(app: &App, it: &Applicant) -> String {
    let email = app.identifiers.hash(IdentifierKind::Email, &it.email);
    let username = app.identifiers.hash(IdentifierKind::Username, &it.username);
    format!("{email}.{username}")
}

fn accepted(app: &App, verification_required: bool, position: Position) -> Answer {
    let status = if verification_required { "pending" } else { "registered" };
    Answer::new(StatusCode::ACCEPTED, Registration { status }).position(app.token(position))
}

/// Proves an e-mail address with the code from the mail. It may be done twice.
#[utoipa::path(post, path = "/v1/registrations/verify", operation_id = "verify_email", tag = "identity", security(()),
    request_body = VerifyBody,
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 422, description = "`bad-token`")))]
pub async fn verify(
    State(app): State<App>,
    asked: Asked,
    Body { value, .. }: Body<VerifyBody>,
) -> Result<Answer, Refused> {
    let Some((user, _)) = app.mail_tokens.check(Purpose::VerifyEmail, &value.token) else {
        return Err(bad_token().into());
    };
    let mut command = asked.by_principal(&user.to_string());
    command.meta = command.meta.actor(format!("user:{user}"));
    match app
        .executor
        .execute::<User>(&user.stream(), UserCommand::VerifyEmail, &command.meta)
        .await
    {
        Ok(done) => Ok(Answer::no_content().position(app.token(done.position))),
        // A code of ours for an account that is gone or closed says no more than a wrong one.
        Err(ExecuteError::Rejected {
            rejection: UserRejection::UnknownUser | UserRejection::Disabled,
            position,
        }) => Err(Refused::new(bad_token(), Some(app.token(position)))),
        Err(error) => Err(failed(error).into()),
    }
}

pub fn bad_token() -> Problem {
    let detail = "the code is not one of ours, or no longer good";
    Problem::new(BAD_TOKEN, detail).at(Place::field("token"), "bad-token", detail)
}

pub fn taken(kind: IdentifierKind) -> Problem {
    let (field, detail) = match kind {
        IdentifierKind::Email => ("email", "this e-mail address has an account"),
        IdentifierKind::Username => ("username", "this username is somebody's"),
    };
    Problem::new(IDENTIFIER_TAKEN, detail).at(Place::field(field), "taken", detail)
}

pub fn explain(error: AccountError) -> Problem {
    match error {
        AccountError::Invalid(faults) => invalid(&faults),
        AccountError::Taken(_) | AccountError::Overtaken => {
            Problem::new(CONTENTION, "others were faster each time; try again").retry_after(1)
        }
        AccountError::Busy(Busy) => overloaded(),
        AccountError::Vault(error) => sealed_off(error),
        AccountError::Claim(error) => failed(error),
        AccountError::User(error) => failed(error),
        AccountError::Read(error) => unreadable(error),
    }
}
