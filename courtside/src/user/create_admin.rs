use std::io::IsTerminal;

use anyhow::{Context, bail};
use command_api::accounts::{NewAccount, Registrar};
use domain::users::Role;
use runtime::{Platform, Settings, Shutdown, ids};
use secrecy::SecretString;

use super::ACTOR;
use crate::migrate;

#[derive(clap::Args)]
pub struct Arguments {
    #[arg(long)]
    email: String,
    #[arg(long)]
    username: String,
    #[arg(long)]
    display_name: String,
}

/// An admin's password stands alone as long as there is no second factor (NIST SP 800-63B-4 asks 15).
const MIN_PASSWORD: usize = 15;

pub async fn run(
    arguments: Arguments,
    settings: Settings,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let Arguments { email, username, display_name } = arguments;
    if std::io::stdin().is_terminal() {
        eprintln!("password of {username}, at least {MIN_PASSWORD} characters, then Enter:");
    }
    let mut password = String::new();
    std::io::stdin()
        .read_line(&mut password)
        .context("the password cannot be read from standard input")?;
    let password = password.trim_end_matches(['\r', '\n']);
    if password.chars().count() < MIN_PASSWORD {
        bail!("an admin's password has at least {MIN_PASSWORD} characters");
    }
    migrate::on_boot(&settings).await?;
    let platform = Platform::start(settings, shutdown).await?;
    let account = NewAccount {
        email,
        username: username.clone(),
        display_name,
        phone: None,
        password: SecretString::from(password),
        role: Role::Admin,
        venues: Vec::new(),
    };
    let registrar = Registrar::new(&platform)?;
    let user = registrar.create(account, ids::new(), platform.clock.now(), ACTOR).await?;
    println!("{username} is an admin now ({user})");
    Ok(())
}
