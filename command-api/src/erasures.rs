//! Being forgotten: `DELETE /v1/me`, an admin's `POST /v1/users/{id}/erase`, and for guests the desk's ([`guest`]).
//!
//! They append `user.erasure-requested` and no more; from then on nobody can log in. The scheduler does the rest
//! (`scheduler/src/erasures.rs`).
mod guest;

use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::UserId;
use domain::users::{ErasureCause, User, UserCommand};
use runtime::Problem;
use runtime::http::{Body, Parsed};
use runtime::problem::Kind;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::reason;
use crate::refused::Refused;
use crate::sessions::let_in_again;

pub use guest::{__path_erase_guest, erase_guest};

const STILL_ADMIN: Kind = Kind::conflict("still-admin", "An admin cannot be erased");

pub const KINDS: &[Kind] = &[STILL_ADMIN, guest::NO_GUEST, guest::GUEST_EXPECTED];

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseMeBody {
    /// One's own, once more.
    #[schema(format = "password", max_length = 128)]
    current_password: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseUserBody {
    /// Kept under the admin's key, not the person's: 1 to 500 characters, and none of them personal.
    reason: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Erasing {
    #[schema(example = "erasing")]
    status: &'static str,
}

/// Erases the caller, for good.
///
/// From the answer on the account cannot be entered and every session is over. Within minutes holds are released,
/// coming bookings cancelled by their terms, the e-mail address and the username free for others, and the keys
/// destroyed that everything personal is sealed under. The password is asked for again; a wrong one counts as one at
/// the login. Sent a second time it is answered 401, for the caller is nobody by then.
#[utoipa::path(delete, path = "/v1/me", operation_id = "erase_me", tag = "users",
    security(("bearer" = [])), params(("Idempotency-Key" = Option<String>, Header)),
    request_body = EraseMeBody,
    responses((status = 202, body = Erasing, headers(("Courtside-Position" = String))),
        (status = 403, description = "`wrong-password`: counted as a wrong login is"),
        (status = 409, description = "`still-admin`"),
        (status = 422, description = "`invalid` with `#/current_password` `too-short`, `too-long`"),
        (status = 429, description = "`quota-exceeded`: too many passwords were tried"),
        (status = 503, description = "`overloaded`, `unavailable`, `contention`, `outcome-unknown`")))]
pub async fn erase_me(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
    Body { value, .. }: Body<EraseMeBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Play)?;
    let password = value.current_password;
    let_in_again(&app, &asked, &caller, &asked.anew_by(&caller), password, None).await?;
    let command = asked.by(&caller);
    // Without the body: a hash of it would be one of the password, in a database of comfort.
    let work = request(&app, &command, caller.person()?.user, ErasureCause::Own, None);
    app.once(&command, &[], work).await
}

/// Erases a person, for good, as `DELETE /v1/me` does.
#[utoipa::path(post, path = "/v1/users/{id}/erase", operation_id = "erase_user", tag = "users",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = EraseUserBody,
    responses((status = 202, body = Erasing, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such user"),
        (status = 409, description = "`still-admin`: take the role away first"),
        (status = 422, description = "`invalid` with a pointer to `reason`")))]
pub async fn erase_user(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
    Body { value, raw }: Body<EraseUserBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    reason::check(&value.reason)?;
    let command = asked.by(&caller);
    let work = async {
        let reason = reason::seal(&app, &caller, &command, Some(value.reason)).await?;
        request(&app, &command, UserId(id), ErasureCause::Admin, reason).await
    };
    app.once(&command, &raw, work).await
}

async fn request(
    app: &App,
    command: &Command,
    user: UserId,
    cause: ErasureCause,
    reason: Option<domain::sealed::Sealed>,
) -> Result<Answer, Refused> {
    let erase = UserCommand::RequestErasure { cause, reason };
    let done = app.execute::<User>(&user.stream(), erase, &command.meta).await?;
    let answer = Answer::new(StatusCode::ACCEPTED, Erasing { status: "erasing" });
    Ok(answer.position(app.token(done.position)))
}

pub(crate) fn still_admin() -> Problem {
    let detail = "another admin takes the role away first; one always has to be left";
    Problem::new(STILL_ADMIN, detail)
}
