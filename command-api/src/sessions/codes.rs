//! The code that goes with a password.
use access::second_factor::Typed;
use domain::ids::UserId;
use domain::logins::{Proof, UsedCode};
use domain::users::User;
use jiff::Timestamp;
use runtime::Problem;

use crate::app::App;
use crate::refused::sealed_off;

/// What came of an account's second factor. Asked whether the password was right or not, so that both take as long;
/// whether a code was used before is decided where the login is recorded.
pub async fn check(
    app: &App,
    user: UserId,
    account: &User,
    code: Option<&str>,
    at: Timestamp,
) -> Result<Proof, Problem> {
    let Some(factor) = &account.factor else { return Ok(Proof::NotNeeded) };
    let Some(code) = code else { return Ok(Proof::Missing) };
    let stream = user.stream();
    let secret = app.vault.open(&stream, "second_factor", &factor.secret).await;
    let secret = secret.map_err(sealed_off)?;
    let right = match app.second_factors.typed(user, code) {
        Typed::ByTheClock(code) => secret
            .and_then(|it| app.second_factors.step(&it, &code, at))
            // The code that proved the factor was used for that.
            .filter(|step| factor.step < *step)
            .map(UsedCode::Step),
        Typed::Recovery(kept) => {
            Some(kept).filter(|it| factor.recovery.contains(it)).map(UsedCode::Recovery)
        }
        Typed::Neither => None,
    };
    Ok(right.map_or(Proof::Wrong, Proof::Right))
}
