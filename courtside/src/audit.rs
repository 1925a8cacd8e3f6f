//! `courtside audit`: the login audit's log, for operators who hand it out and for auditors who check it.
mod export;
mod replay;
mod report;
mod retain;
mod verify;
mod verify_proof;
mod vkey;
mod when;

use clap::Subcommand;
use jiff::tz::TimeZone;
use runtime::{Clock, Settings, Shutdown};

#[derive(Subcommand)]
pub enum Command {
    /// Writes a year's log, or the records of a time in it, as a directory that can be checked anywhere: checkpoint, tiles,
    /// records, no key.
    Export(export::Arguments),
    /// Checks an export with nothing but the public key: needs no settings, no server and no network.
    Verify(verify::Arguments),
    /// Checks one record's proof with nothing but the public key: needs no settings, no server and no network.
    VerifyProof(verify_proof::Arguments),
    /// Folds logins, locks and sessions again from the log, and compares them with what the read models show.
    Replay,
    /// Destroys the keys of addresses and user agents that were kept long enough. The scheduler does so every hour.
    Retain(retain::Arguments),
    /// Prints the public key that a year's checkpoints are signed with; two, while one takes over from the other.
    Vkey(vkey::Arguments),
}

/// Whether it runs on a machine without settings.
pub fn is_offline(command: &Command) -> bool {
    matches!(command, Command::Verify(_) | Command::VerifyProof(_))
}

/// Runs what is offline, before anything is read or connected.
pub fn verify(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Verify(arguments) => verify::run(arguments),
        Command::VerifyProof(arguments) => verify_proof::run(arguments),
        Command::Export(_) | Command::Replay | Command::Retain(_) | Command::Vkey(_) => Ok(()),
    }
}

pub async fn run(command: Command, settings: Settings, shutdown: Shutdown) -> anyhow::Result<()> {
    match command {
        Command::Export(arguments) => export::run(&arguments, &settings).await,
        Command::Replay => replay::run(&settings).await,
        Command::Retain(arguments) => retain::run(&arguments, settings, shutdown).await,
        Command::Verify(arguments) => verify::run(&arguments),
        Command::VerifyProof(arguments) => verify_proof::run(&arguments),
        Command::Vkey(arguments) => vkey::run(&arguments, &settings),
    }
}

/// The year that is going on, as the log counts them.
fn this_year() -> i16 {
    Clock::new().now().to_zoned(TimeZone::UTC).year()
}
