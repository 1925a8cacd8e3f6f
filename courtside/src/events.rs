//! `courtside events`: the log, for operators. Nothing here but `copy` writes, and what reads does so by the port alone.
mod log;
mod read;
mod show;
mod stat;
mod tail;
mod verify;
mod walk;

use std::io;

use clap::Subcommand;
use runtime::Settings;

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
}

pub async fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    let log = Log::connect(&settings.event_store_url, "EVENT_STORE_URL").await?;
    let outcome = match command {
        Command::Stat { json } => stat::run(&log, json).await,
        Command::Read(arguments) => read::run(&log, &arguments).await,
        Command::Tail(arguments) => tail::run(&log, arguments).await,
        Command::Verify(arguments) => verify::run(&log, &arguments).await,
    };
    match outcome {
        // Whoever reads our output has seen enough.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        outcome => outcome,
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|it| it.kind() == io::ErrorKind::BrokenPipe)
}
