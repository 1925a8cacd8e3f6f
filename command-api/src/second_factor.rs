//! `/v1/me/second-factor`: setting one up, and doing without.
//!
//! Whoever changes it has just logged in, with the factor there is: a token found later changes nothing. Proving one
//! ends every session, this one too: from then on who is logged in has given a code.
use access::second_factor::{RecoveryCodes, Typed};
use access::{Caller, Enrolling, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::users::{FactorCommand, Role, User, UserCommand};
use jiff::SignedDuration;
use runtime::Problem;
use runtime::http::Body;
use runtime::problem::Kind;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::refused::{Refused, broken, sealed_off, unreadable};
use crate::sessions::not_from_before;

pub const NO_SECOND_FACTOR: Kind =
    Kind::conflict("no-second-factor", "There is no second factor to do this with");
const LOGIN_TOO_OLD: Kind = Kind {
    name: "login-too-old",
    status: StatusCode::FORBIDDEN,
    title: "Log in again before you change this",
};

pub const KINDS: &[Kind] = &[NO_SECOND_FACTOR, LOGIN_TOO_OLD];

/// Long enough to find the telephone; short for whoever finds an open screen.
const RECENT: SignedDuration = SignedDuration::from_mins(10);

/// Shown this once.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Offer {
    /// Base 32, for typing.
    secret: String,
    /// For an authenticator to scan.
    #[schema(
        example = "otpauth://totp/Courtside:eva?secret=…&issuer=Courtside&algorithm=SHA1&digits=6&period=30"
    )]
    uri: String,
}

/// Shown this once. Each is good for one login without the authenticator.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Recovery {
    #[schema(example = json!(["7FK2Q-9X3M2"]))]
    recovery_codes: Vec<String>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConfirmFactorBody)]
pub struct ConfirmBody {
    /// What the authenticator shows now.
    #[schema(example = "123456")]
    code: String,
}

/// Begins to set up an authenticator.
///
/// The one there is stays until the new one is proved. Needs a login of the last ten minutes.
#[utoipa::path(post, path = "/v1/me/second-factor", operation_id = "offer_second_factor", tag = "identity",
    security(("bearer" = [])),
    responses((status = 201, body = Offer, headers(("Courtside-Position" = String))),
        (status = 403, description = "`login-too-old`")))]
pub async fn offer(
    State(app): State<App>,
    Enrolling(caller): Enrolling,
    asked: Asked,
) -> Result<Answer, Refused> {
    let (user, command) = (recent(&app, &caller, &asked).await?, shown_once(&asked, &caller));
    let subject = caller.person()?.user.stream();
    let username = match &user.username {
        Some(it) => app.vault.open(&subject, "username", it).await.map_err(sealed_off)?,
        None => None,
    };
    let secret = app.second_factors.secret();
    let plain = secret.expose_secret();
    let sealed = app.vault.seal(&subject, "second_factor", command.id, plain).await;
    let change = FactorCommand::Offer { secret: sealed.map_err(sealed_off)? };
    let done = app.execute::<User>(&subject, UserCommand::Factor(change), &command.meta).await?;
    let uri = app.second_factors.uri(username.as_deref().unwrap_or("account"), &secret);
    let offer = Offer { secret: plain.to_owned(), uri };
    Ok(Answer::new(StatusCode::CREATED, offer).position(app.token(done.position)))
}

/// Proves the authenticator that was offered. Every session ends: log in again, with a code.
#[utoipa::path(post, path = "/v1/me/second-factor/confirm", operation_id = "confirm_second_factor", tag = "identity",
    security(("bearer" = [])), request_body = ConfirmBody,
    responses((status = 200, body = Recovery, headers(("Courtside-Position" = String))),
        (status = 403, description = "`login-too-old`"),
        (status = 409, description = "`no-second-factor`: nothing was offered"),
        (status = 422, description = "`invalid` with `wrong-code`")))]
pub async fn confirm(
    State(app): State<App>,
    Enrolling(caller): Enrolling,
    asked: Asked,
    Body { value, .. }: Body<ConfirmBody>,
) -> Result<Answer, Refused> {
    let (user, command) = (recent(&app, &caller, &asked).await?, shown_once(&asked, &caller));
    let Some(offered) = user.offered else { return Err(nothing_there().into()) };
    let own = caller.person()?.user;
    let subject = own.stream();
    let secret = app.vault.open(&subject, "second_factor", &offered).await.map_err(sealed_off)?;
    let step = match app.second_factors.typed(own, &value.code) {
        Typed::ByTheClock(code) => {
            secret.and_then(|it| app.second_factors.step(&it, &code, command.at))
        }
        Typed::Recovery(_) | Typed::Neither => None,
    };
    let Some(step) = step else { return Err(wrong_code().into()) };
    let RecoveryCodes { shown, kept } = app.second_factors.recovery_codes(own);
    let change = FactorCommand::Confirm { secret: offered, step, recovery: kept };
    answer_with(&app, &caller, &command, change, shown).await
}

/// Makes new recovery codes; the ones before are void.
#[utoipa::path(post, path = "/v1/me/second-factor/recovery-codes", operation_id = "renew_recovery_codes",
    tag = "identity", security(("bearer" = [])),
    responses((status = 200, body = Recovery, headers(("Courtside-Position" = String))),
        (status = 403, description = "`login-too-old`"), (status = 409, description = "`no-second-factor`")))]
pub async fn renew(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
) -> Result<Answer, Refused> {
    caller.may(Permission::Play)?;
    recent(&app, &caller, &asked).await?;
    let RecoveryCodes { shown, kept } = app.second_factors.recovery_codes(caller.person()?.user);
    let change = FactorCommand::Renew { recovery: kept };
    answer_with(&app, &caller, &shown_once(&asked, &caller), change, shown).await
}

/// Does without a second factor, where the role allows it. Every session ends.
#[utoipa::path(delete, path = "/v1/me/second-factor", operation_id = "remove_second_factor", tag = "identity",
    security(("bearer" = [])),
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 403, description = "`login-too-old`, `second-factor-required`: your role needs one")))]
pub async fn remove(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
) -> Result<Answer, Refused> {
    caller.may(Permission::Play)?;
    let person = caller.person()?;
    if person.role != Role::Player && app.settings.second_factor_required() {
        return Err(access::second_factor_required().into());
    }
    recent(&app, &caller, &asked).await?;
    let change = UserCommand::Factor(FactorCommand::Remove { reason: None });
    app.carry_out::<User>(&person.user.stream(), change, &asked.by(&caller).meta).await
}

/// Never the same twice, whatever key comes with it. Of two that are one the log keeps the first and both are told that it
/// worked: somebody would be shown a secret that the log does not know.
fn shown_once(asked: &Asked, caller: &Caller) -> Command {
    asked.anew_by(caller)
}

async fn answer_with(
    app: &App,
    caller: &Caller,
    command: &Command,
    change: FactorCommand,
    recovery_codes: Vec<String>,
) -> Result<Answer, Refused> {
    let change = UserCommand::Factor(change);
    let stream = caller.person()?.user.stream();
    let done = app.execute::<User>(&stream, change, &command.meta).await?;
    let answer = Answer::new(StatusCode::OK, Recovery { recovery_codes });
    Ok(answer.position(app.token(done.position)))
}

/// The account, if the caller's session began a moment ago, and with a login.
async fn recent(app: &App, caller: &Caller, asked: &Asked) -> Result<User, Problem> {
    let person = caller.person()?;
    let first = app.executor.store().read_stream(&person.session.stream(), 0, 1).await;
    let first = first.map_err(|error| unreadable(error.into()))?;
    let began = &first.first().ok_or_else(broken)?.meta;
    // What has a cause in the log is no login. Another password begins a session too and asks for no code: whoever finds an
    // open screen and knows the password could take the factor away otherwise.
    let is_login = began.causation.is_none();
    if !is_login || RECENT <= asked.at.duration_since(began.at) {
        let detail = "log in again, and do it within ten minutes";
        return Err(Problem::new(LOGIN_TOO_OLD, detail));
    }
    let user = app.load::<User>(&person.user.stream()).await?.state;
    not_from_before(person, &user)?;
    Ok(user)
}

/// Nothing was offered, or something else since.
pub fn nothing_there() -> Problem {
    Problem::new(NO_SECOND_FACTOR, "begin with POST /v1/me/second-factor")
}

fn wrong_code() -> Problem {
    let detail = "this is not what the authenticator shows now; is its clock right?";
    Problem::invalid("code", "wrong-code", detail)
}
