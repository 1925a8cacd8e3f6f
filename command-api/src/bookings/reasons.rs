//! Why the desk did something, sealed under the key of whoever gave the reason: it may name people.
use access::Caller;
use domain::ids::VenueId;
use domain::sealed::Sealed;
use runtime::Problem;
use runtime::problem::FORBIDDEN;

use crate::accounts::Reason;
use crate::app::App;
use crate::asked::Command;
use crate::refused::sealed_off;

/// Of a reason and of notes: a paragraph.
const MAX_CHARS: usize = 500;

/// 403 unless the caller runs the desk of this venue. The court is everybody's to know of, so there is no 404 to hide
/// behind.
pub fn at_desk(caller: &Caller, venue: &VenueId) -> Result<(), Problem> {
    caller.may(access::Permission::RunDesk)?;
    caller.runs(venue).map_err(|_| {
        Problem::new(FORBIDDEN, format!("you are not at the desk of the venue {venue}"))
    })
}

/// Checks a reason. `field` is its name in the body.
pub fn checked(reason: &str, field: &str) -> Result<String, Problem> {
    let reason = reason.trim();
    let fault = match reason {
        "" => Some(("too-short", "a reason has at least one character")),
        reason => check_text(reason),
    };
    match fault {
        None => Ok(reason.to_owned()),
        Some((code, detail)) => Err(Problem::invalid(field, code, detail)),
    }
}

/// `name` is that of the event's field.
pub async fn seal(
    app: &App,
    caller: &Caller,
    command: &Command,
    name: &str,
    reason: &str,
) -> Result<Sealed, Problem> {
    app.vault.seal(&caller.subject(), name, command.id, reason).await.map_err(sealed_off)
}

/// What people write in sentences.
pub fn check_text(text: &str) -> Option<Reason> {
    let odd = |it: char| it.is_control() && !matches!(it, '\n' | '\r' | '\t');
    match text.chars().count() {
        ..=MAX_CHARS if text.chars().any(odd) => {
            Some(("control-character", "no control characters, please"))
        }
        ..=MAX_CHARS => None,
        _ => Some(("too-long", "at most 500 characters")),
    }
}
