//! Why somebody did something, in their own words: sealed, as whatever a person writes.
use access::Caller;
use domain::sealed::Sealed;
use runtime::Problem;

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
    let sealed = app.vault.seal(&caller.subject(), "reason", command.id, reason.trim()).await;
    sealed.map(Some).map_err(sealed_off)
}

pub fn check(reason: &str) -> Result<(), Problem> {
    fault(reason).map_or(Ok(()), |it| Err(Problem::invalid("reason", it.name, it.what)))
}

/// What is wrong with a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub name: &'static str,
    pub what: &'static str,
}

/// The rule for every reason, over HTTP and at the command line: other people read it, on terminals too.
pub fn fault(reason: &str) -> Option<Fault> {
    let (name, what) = match reason.trim().chars().count() {
        0 => ("too-short", "a reason that is given has at least one character"),
        count if count > REASON_CHARS => ("too-long", "a reason has at most 500 characters"),
        _ if reason.chars().any(|it| it.is_control() && it != '\n') => {
            ("control-character", "no control characters but line breaks, please")
        }
        _ => return None,
    };
    Some(Fault { name, what })
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn a_reason_has_characters_that_can_be_read() {
        for (reason, expected) in [
            ("a busy evening", None),
            (" two\nlines ", None),
            ("", Some("too-short")),
            (" \n", Some("too-short")),
            (&"é".repeat(500), None),
            (&"é".repeat(501), Some("too-long")),
            ("\u{1b}[2Jnothing to see", Some("control-character")),
            ("a\0b", Some("control-character")),
            ("a\rb", Some("control-character")),
        ] {
            assert_eq!(fault(reason).map(|it| it.name), expected, "{reason:?}");
        }
    }
}
