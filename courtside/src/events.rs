//! `courtside events`: the log, for operators. Nothing here but `copy` writes, and what reads does so by the port alone.
pub mod copy;
pub mod log;
mod read;
pub mod show;
mod stat;
mod tail;
mod verify;
pub mod walk;

use std::io;

use clap::Subcommand;
use runtime::Settings;
use secrecy::SecretString;

use self::log::Log;

#[derive(Subcommand)]
pub enum Command {
    /// Shows what the log holds: its id, its end, its streams and events by kind.
    Stat {
        #[arg(long)]
        json: bool,
    },
    /// Shows the events of one stream.
    Read(read::Arguments),
    /// Shows the end of the log, and what comes to it.
    Tail(tail::Arguments),
    /// Reads the whole log and looks for damage.
    Verify(verify::Arguments),
    /// Moves the log to another store; goes on where an interrupted copy ended.
    Copy(copy::Arguments),
}

impl Command {
    /// The stores that are named on the command line.
    pub fn urls(&self) -> Vec<&SecretString> {
        match self {
            Self::Copy(arguments) => arguments.urls(),
            Self::Stat { .. } | Self::Read(_) | Self::Tail(_) | Self::Verify(_) => Vec::new(),
        }
    }
}

pub async fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    match on_log(command, settings).await {
        // Whoever reads our output has seen enough.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        outcome => outcome,
    }
}

async fn on_log(command: Command, settings: &Settings) -> anyhow::Result<()> {
    let log = async || Log::connect(&settings.event_store_url, "EVENT_STORE_URL").await;
    match command {
        Command::Stat { json } => stat::run(&log().await?, json).await,
        Command::Read(arguments) => read::run(&log().await?, &arguments).await,
        Command::Tail(arguments) => tail::run(&log().await?, arguments).await,
        Command::Verify(arguments) => verify::run(&log().await?, &arguments).await,
        Command::Copy(arguments) => copy::run(arguments, settings).await,
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|it| it.kind() == io::ErrorKind::BrokenPipe)
}
