use comfy_table::{Table, presets::NOTHING};
use command_api::Steward;
use domain::users::Erasure;
use jiff::Timestamp;
use runtime::{Platform, Settings, Shutdown};
use serde::Serialize;
use uuid::Uuid;

use super::list::{state, yes};
use super::who::Who;

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "as lists of accounts say it")]
struct Shown {
    id: Uuid,
    email: Option<String>,
    username: Option<String>,
    display_name: Option<String>,
    phone: Option<String>,
    role: &'static str,
    venues: Vec<String>,
    verified: bool,
    disabled: bool,
    second_factor: bool,
    erased: bool,
    locked_until: Option<Timestamp>,
    /// Wrong guesses since the last success, lock or unlock.
    failures: usize,
}

pub async fn run(
    who: &Who,
    json: bool,
    settings: Settings,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let platform = Platform::start(settings, shutdown).await?;
    let steward = Steward::new(&platform)?;
    let (id, user) = who.find(&steward).await?;
    let logins = steward.logins(id).await?;
    let shown = Shown {
        id: id.0,
        email: steward.open(id, "email", user.email.as_ref()).await?,
        username: steward.open(id, "username", user.username.as_ref()).await?,
        display_name: steward.open(id, "display_name", user.display_name.as_ref()).await?,
        phone: steward.open(id, "phone", user.phone.as_ref()).await?,
        role: user.role.name(),
        venues: user.venues.iter().map(ToString::to_string).collect(),
        verified: user.verified,
        disabled: user.disabled,
        second_factor: user.factor.is_some(),
        erased: user.erasure != Erasure::None,
        locked_until: logins.locked_until.filter(|it| platform.clock.now() < *it),
        failures: logins.failures.len(),
    };
    if json {
        println!("{}", serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(NOTHING);
    let mut row = |what: &str, value: String| {
        table.add_row([what.to_owned(), value]);
    };
    let text = |it: Option<String>| it.unwrap_or_else(|| "none".to_owned());
    row("id", shown.id.to_string());
    row("username", text(shown.username));
    row("e-mail", text(shown.email));
    row("name", text(shown.display_name));
    row("phone", text(shown.phone));
    row("role", shown.role.to_owned());
    row("venues", shown.venues.join(", "));
    row("state", state(shown.erased, shown.disabled, shown.verified, shown.locked_until));
    row("second factor", yes(shown.second_factor).to_owned());
    row("wrong guesses", shown.failures.to_string());
    println!("{table}");
    Ok(())
}
