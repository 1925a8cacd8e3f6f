use comfy_table::{Table, presets::NOTHING};
use domain::logins::FOR_GOOD;
use jiff::Timestamp;
use query_api::users::{Account, Wanted, read};
use runtime::{Settings, postgres};
use uuid::Uuid;

use super::RoleName;

#[derive(clap::Args)]
pub struct Arguments {
    #[arg(long, value_enum)]
    role: Option<RoleName>,
    /// Only those that take no password just now, after too many wrong ones.
    #[arg(long)]
    locked: bool,
    /// Only those that were closed.
    #[arg(long)]
    disabled: bool,
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Goes on after this account, the last one of the list before.
    #[arg(long)]
    after: Option<Uuid>,
    #[arg(long)]
    json: bool,
}

pub async fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let db = postgres::pool(&settings.read_database_url, 1)?;
    let wanted = Wanted {
        role: arguments.role.map(|it| it.role().name().to_owned()),
        disabled: arguments.disabled.then_some(true),
        locked: arguments.locked.then_some(true),
        after: arguments.after,
        limit: arguments.limit.into(),
        ..Wanted::default()
    };
    let accounts = read(&mut *db.acquire().await?, &wanted, None).await?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&accounts)?);
        return Ok(());
    }
    if accounts.is_empty() {
        println!("there are none");
        return Ok(());
    }
    println!("{}", table(&accounts));
    if accounts.len() == usize::try_from(arguments.limit).unwrap_or(usize::MAX)
        && let Some(last) = accounts.last()
    {
        println!("\nthere may be more: --after {}", last.id);
    }
    Ok(())
}

fn table(accounts: &[Account]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header([
        "USERNAME",
        "E-MAIL",
        "ROLE",
        "VENUES",
        "2ND FACTOR",
        "STATE",
        "ID",
    ]);
    for it in accounts {
        let erased = || "[erased]".to_owned();
        table.add_row([
            it.username.clone().unwrap_or_else(erased),
            it.email.clone().unwrap_or_else(erased),
            it.role.clone(),
            it.venues.join(", "),
            yes(it.second_factor).to_owned(),
            state(it.erased, it.disabled, it.verified, it.locked_until),
            it.id.to_string(),
        ]);
    }
    table
}

/// What keeps an account from being entered, if anything does.
pub fn state(
    erased: bool,
    disabled: bool,
    verified: bool,
    locked_until: Option<Timestamp>,
) -> String {
    match (disabled, verified, locked_until) {
        _ if erased => "erased".to_owned(),
        (true, _, _) => "disabled".to_owned(),
        (_, _, Some(until)) if until == FOR_GOOD => "locked until a new password is set".to_owned(),
        (_, _, Some(until)) => format!("locked until {until:.0}"),
        (_, false, _) => "not verified".to_owned(),
        _ => "open".to_owned(),
    }
}

pub fn yes(it: bool) -> &'static str {
    if it { "yes" } else { "no" }
}
