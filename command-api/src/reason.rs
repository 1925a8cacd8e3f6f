//! Why somebody did something, in their own words: sealed, as whatever a person writes.
use access::Caller;
use domain::sealed::Sealed;
use runtime::Problem;
use runtime::problem::{INVALID, Place};

use crate::app::App;
use crate::asked::Command;
use crate::refused::sealed_off;

const REASON_CHARS: usize = 500;

/// The reason under its writer's key; `None` where none was given.
pub async fn seal(
    app: &App,
    caller: &Caller,
    command: &Command,
    reason: Option<String>,
) -> Result<Option<Sealed>, Problem> {
    let Some(reason) = reason else { return Ok(None) };
    check(&reason)?;
    let subject = caller.user.stream();
    let sealed = app.vault.seal(&subject, "reason", command.id, reason.trim()).await;
    sealed.map(Some).map_err(sealed_off)
}

pub fn check(reason: &str) -> Result<(), Problem> {
    let fault = match reason.trim().chars().count() {
        0 => ("too-short", "a reason that is given has at least one character"),
        count if count > REASON_CHARS => ("too-long", "a reason has at most 500 characters"),
        _ if reason.chars().any(|it| it.is_control() && it != '\n') => {
            ("control-character", "no control characters but line breaks, please")
        }
        _ => return Ok(()),
    };
    Err(Problem::new(INVALID, fault.1).at(Place::field("reason"), fault.0, fault.1))
}
