//! Measures the log beside published stores and beside what the same Postgres does without any of them, and booking
//! beside what one would write without a log.
mod bare;
mod booking;
mod common;
mod contestants;
mod facts;
mod growth;
mod identity;
mod ours;
mod pgbench;
mod plan;
mod postgres_es;
mod projections;
mod protocol;
mod report;
mod results;
mod sample;
mod server;
mod soak;
mod targets;
mod worker;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::contestants::Kind;

#[derive(Parser)]
#[command(version, about = "The runner behind ops/bench; start that instead.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The log beside its peers and beside the limit.
    EventStore(Settings),
    /// Catching up over a long log, with the reader's memory watched.
    Growth {
        #[command(flatten)]
        settings: Settings,
        #[arg(long)]
        events: u64,
    },
    /// A stampede, holds by the second, how late holds end, and the search.
    Booking(booking::Settings),
    /// A login storm beside bookings, the check of a token, and the limiter.
    Identity(identity::Settings),
    /// Read models: following, building anew, and how far they are behind.
    Projections(projections::Settings),
    /// An hour at four fifths of what the machine can, with a kill each minute.
    Soak(soak::Settings),
    /// Courts held in plain SQL, behind the product's HTTP layer. Started by `booking`.
    #[command(hide = true)]
    Reference { url: String },
    /// Courts held without HTTP, driven by lines of JSON. Started by `booking`.
    #[command(hide = true)]
    Holder { who: booking::worker::Who, url: String },
    /// One contestant, driven by lines of JSON. Started by `event-store` and `growth`.
    #[command(hide = true)]
    Worker { kind: Kind, url: String, sample: PathBuf, connections: u32 },
}

/// What ops/bench/event-store passes on.
#[derive(clap::Args, Clone)]
pub struct Settings {
    /// A superuser's, on a server of the bench's own.
    #[arg(long, env = "TEST_POSTGRES_URL", hide_env_values = true)]
    url: String,
    /// Where the peers are: the sources of their workers.
    #[arg(long)]
    peers: PathBuf,
    /// Where they are installed.
    #[arg(long)]
    installed: PathBuf,
    /// Where Postgres's own programs are.
    #[arg(long)]
    pg_bin: PathBuf,
    /// A folder on the disk that Postgres writes to.
    #[arg(long)]
    disk: PathBuf,
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long a cell of the table is measured in each round.
    #[arg(long, default_value_t = 1.2)]
    seconds: f64,
    /// Fewer cells, shorter: whether it works, not how fast it is.
    #[arg(long)]
    quick: bool,
    /// Every single measurement, instead of the table.
    #[arg(long)]
    json: bool,
    /// The file whose section of this bench is written anew.
    #[arg(long)]
    write: Option<PathBuf>,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::EventStore(settings) => plan::run(&settings).await,
        Command::Growth { settings, events } => growth::run(&settings, events).await,
        Command::Booking(settings) => booking::run(&settings).await,
        Command::Identity(settings) => identity::run(&settings).await,
        Command::Projections(settings) => projections::run(&settings).await,
        Command::Soak(settings) => soak::run(&settings).await,
        Command::Reference { url } => booking::reference::run(&url).await,
        Command::Holder { who, url } => booking::worker::run(who, &url).await,
        Command::Worker { kind, url, sample, connections } => {
            worker::run(kind, &url, &sample, connections).await
        }
    }
}
