use domain::ids::UserId;
use domain::logins::Origin;
use domain::sealed::Sealed;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use vault::VaultError;

use crate::app::App;
use crate::asked::{Asked, Command};

/// Where an attempt came from, sealed: under the person's key of the quarter, so that old ones can be destroyed while
/// the person stays, or for nobody we know under the day's.
pub async fn sealed(
    app: &App,
    asked: &Asked,
    command: &Command,
    user: Option<UserId>,
    identifier: String,
) -> Result<Origin, VaultError> {
    let subject = match user {
        Some(user) => format!("{}/{}", user.stream(), quarter(command.at)),
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

/// The stream of attempts under names that nobody has: one a day, whatever is tried.
pub fn unknown_stream(at: Timestamp) -> String {
    format!("login-unknown-{}", day(at))
}

fn day(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

fn quarter(at: Timestamp) -> String {
    let day = day(at);
    format!("{}Q{}", day.year(), (day.month() - 1) / 3 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_has_three_months() {
        for (date, expected) in [
            ("2026-01-01", "2026Q1"),
            ("2026-03-31", "2026Q1"),
            ("2026-04-01", "2026Q2"),
            ("2026-09-30", "2026Q3"),
            ("2026-12-31", "2026Q4"),
        ] {
            let at: Timestamp = format!("{date}T12:00:00Z").parse().unwrap();
            assert_eq!(quarter(at), expected, "{date}");
        }
    }
}
