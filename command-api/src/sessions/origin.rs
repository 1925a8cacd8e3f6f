use domain::ids::UserId;
use domain::logins::Origin;
use domain::sealed::Sealed;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use vault::VaultError;

use crate::app::App;
use crate::asked::{Asked, Command};

/// Where an attempt came from, sealed: under the person's key of the quarter, or for nobody we know under the day's.
pub async fn sealed(
    app: &App,
    asked: &Asked,
    command: &Command,
    user: Option<UserId>,
    identifier: String,
) -> Result<Origin, VaultError> {
    let subject = match user {
        Some(user) => Origin::subject(user, command.at),
        None => format!("unknown-{}", day(command.at)),
    };
    let seal = async |field, text: Option<String>| -> Result<Option<Sealed>, VaultError> {
        match text {
            Some(text) => app.vault.seal(&subject, field, command.id, &text).await.map(Some),
            None => Ok(None),
        }
    };
    Ok(Origin {
        address: seal("address", asked.address.map(|it| it.to_string())).await?,
        user_agent: seal("user_agent", asked.user_agent.clone()).await?,
        identifier,
    })
}

/// Which device it is, told from others without saying which: the program and the system as its user agent names them,
/// whatever their versions, committed to under the person's own key. It goes with that key. For nobody we know the same
/// steps are taken, and come to nothing.
pub async fn device(
    app: &App,
    asked: &Asked,
    command: &Command,
    user: Option<UserId>,
) -> Result<Option<String>, VaultError> {
    let subject = match user {
        Some(user) => user.stream(),
        None => format!("unknown-{}", day(command.at)),
    };
    let program = unversioned(asked.user_agent.as_deref().unwrap_or_default());
    app.vault.commit(&subject, "device", &program).await
}

/// A browser that was updated over night is no other.
fn unversioned(user_agent: &str) -> String {
    user_agent.chars().filter(|it| !matches!(it, '0'..='9' | '.' | '_')).collect()
}

/// The stream of attempts under names that nobody has: one a day, whatever is tried.
pub fn unknown_stream(at: Timestamp) -> String {
    format!("login-unknown-{}", day(at))
}

fn day(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_stays_the_same_through_updates_and_is_another_in_another_program() {
        let firefox = |version: &str, system: &str| {
            unversioned(&format!(
                "Mozilla/5.0 ({system}; rv:{version}) Gecko/20100101 Firefox/{version}"
            ))
        };
        assert_eq!(firefox("143.0", "X11; Linux x86_64"), firefox("144.0.1", "X11; Linux x86_64"));
        assert_ne!(firefox("143.0", "X11; Linux x86_64"), firefox("143.0", "Windows NT 10.0"));
        assert_ne!(firefox("143.0", "X11; Linux x86_64"), unversioned("curl/8.5.0"));
    }
}
