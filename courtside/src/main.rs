//! One binary, every role. Roles and the operator's commands, and nothing else.
mod audit;
mod backup;
mod config;
mod demo;
mod doctor;
mod events;
mod healthcheck;
mod keys;
mod maintenance;
mod migrate;
mod open_files;
mod openapi;
mod passwords;
mod projections;
mod roles;
mod status;
mod timers;
mod user;
mod vault;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use runtime::telemetry::{self, Logs};
use runtime::{Settings, Shutdown, causes};
use secrecy::SecretString;

use crate::roles::{Ports, Role};

/// The backend of a place with courts to book.
#[derive(Parser)]
#[command(version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
#[expect(clippy::enum_variant_names, reason = "`command-api` is the role's name")]
enum Command {
    /// Runs every role in this one process.
    Up {
        #[command(flatten)]
        ports: Ports,
        /// Loads demo data, catches mail at /dev/inbox, and writes demo.json.
        #[arg(long)]
        demo: bool,
    },
    /// Runs both APIs on one listener.
    Api(Ports),
    /// Takes commands (unsafe methods).
    CommandApi(Ports),
    /// Answers queries (safe methods); forwards the rest to COMMAND_API_URL if that is set.
    QueryApi(Ports),
    /// Keeps the read models in step with the log, and rebuilds them.
    Projector(Ports),
    /// Expires holds and sends mail.
    Scheduler(Ports),
    /// Brings the databases to this build's shape.
    Migrate(migrate::Options),
    /// The settings: what they are, and whether they can be.
    #[command(subcommand)]
    Config(config::Command),
    /// Tries everything that the settings name, and says what to do about what is not well.
    Doctor(doctor::Options),
    /// Asks the process on this machine whether it is ready; exit code 1 if it is not, or not there.
    Healthcheck(healthcheck::Options),
    /// The login audit: handing it out, and checking that nobody changed it.
    #[command(subcommand)]
    Audit(audit::Command),
    /// The log and the vault put away, encrypted, and brought back.
    #[command(subcommand)]
    Backup(backup::Command),
    /// The log: what it holds, and whether it is whole.
    #[command(subcommand)]
    Events(events::Command),
    /// Read models: how far they are, and building them anew.
    #[command(subcommand)]
    Projections(projections::Command),
    /// Commands refused while somebody works.
    #[command(subcommand)]
    Maintenance(maintenance::Command),
    /// Timers: what is awaited, what is late, and firing one by hand.
    #[command(subcommand)]
    Timers(timers::Command),
    /// The keys of personal data: compared with the log, and wrapped anew.
    #[command(subcommand)]
    Vault(vault::Command),
    /// The demo's data, and its clock.
    #[command(subcommand)]
    Demo(DemoCommand),
    /// The keys that access tokens are signed with.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Accounts, from the inside.
    #[command(subcommand)]
    User(user::Command),
    /// The passwords that nobody may have.
    #[command(subcommand)]
    Passwords(passwords::Command),
    /// Prints the OpenAPI document of both APIs.
    Openapi,
    /// Prints shell completions.
    Completions { shell: clap_complete::Shell },
}

impl Command {
    fn is_role(&self) -> bool {
        match self {
            Self::Up { .. } | Self::Api(_) | Self::CommandApi(_) | Self::QueryApi(_) => true,
            Self::Projector(_) | Self::Scheduler(_) => true,
            Self::Migrate(_) | Self::Projections(_) | Self::Demo(_) | Self::User(_) => false,
            Self::Doctor(_) | Self::Timers(_) | Self::Events(_) | Self::Audit(_) => false,
            Self::Maintenance(_) => false,
            Self::Keys(_) | Self::Vault(_) | Self::Healthcheck(_) | Self::Backup(_) => false,
            Self::Openapi | Self::Completions { .. } | Self::Passwords(_) | Self::Config(_) => {
                false
            }
        }
    }
}

impl Command {
    /// The event stores that it is told of beside the settings.
    fn stores(&self) -> Vec<&SecretString> {
        match self {
            Self::Events(command) => command.urls(),
            _ => Vec::new(),
        }
    }
}

#[derive(Subcommand)]
enum DemoCommand {
    /// Loads what is not there yet and writes demo.json; for the roles run apart.
    Load,
    /// Says what time it is in the demo; moved on, its holds end, reminders go out and bookings are missed as if that time
    /// had passed.
    Clock(demo::clock::Options),
}

/// The exit code for everything that the machine or the settings must mend first.
const UNPREPARED: u8 = 3;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match &cli.command {
        Command::Completions { shell } => {
            clap_complete::generate(
                *shell,
                &mut Cli::command(),
                "courtside",
                &mut std::io::stdout(),
            );
            return ExitCode::SUCCESS;
        }
        Command::Openapi => return ended(openapi::print()),
        Command::Config(command) => return config::run(command, UNPREPARED),
        Command::Healthcheck(options) => return ended(healthcheck::run(options)),
        // A client's machine has no settings either.
        Command::Doctor(doctor::Options { about: Some(about), .. }) => {
            return ended(doctor::about(about));
        }
        // An auditor's machine has no settings, and this needs none.
        Command::Audit(command) if audit::is_offline(command) => {
            return ended(audit::verify(command));
        }
        // Nor does a list need any.
        Command::Passwords(command) => return ended(passwords::run(command)),
        _ => {}
    }
    let loaded = match &cli.command {
        // What is wrong with them is among what it says.
        Command::Doctor(options) if options.production => Ok(Settings::judged().settings),
        _ => Settings::load(),
    };
    let mut settings = match loaded {
        Ok(settings) => settings,
        Err(faults) => {
            eprintln!("courtside cannot start with these settings:\n{faults}");
            return ExitCode::from(UNPREPARED);
        }
    };
    // The client of EventStoreDB makes the choice below itself, and works only where it was the first to make it.
    let mut stores = cli.command.stores();
    stores.push(&settings.event_store_url);
    if stores.into_iter().any(runtime::settings::is_eventstoredb) {
        let _ = event_store::eventstoredb::prepare();
    }
    // Two of the crates below bring a crypto provider each; without a choice the first TLS connection panics.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // What a command of the operator's has to say is its output; a role's is its log.
    if !cli.command.is_role() {
        settings.log_file = None;
        if std::env::var_os("LOG_LEVEL").is_none() {
            "warn".clone_into(&mut settings.log_level);
        }
    }
    let logs = match telemetry::init(&settings) {
        Ok(logs) => logs,
        Err(error) => return ended(Err(error.into())),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("courtside: the system gives no threads: {error}");
            return ExitCode::from(UNPREPARED);
        }
    };
    ended(runtime.block_on(run(cli.command, settings, logs)))
}

/// Says what went wrong, if anything did, and how the process ends.
fn ended(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("courtside: {}", causes(error.as_ref()));
            ExitCode::from(if error.is::<runtime::StartError>() { UNPREPARED } else { 1 })
        }
    }
}

async fn run(command: Command, settings: Settings, logs: Logs) -> anyhow::Result<()> {
    // An operator's command serves no requests.
    let traces = if command.is_role() { telemetry::trace(&settings)? } else { None };
    let outcome = carry_out(command, settings, logs).await;
    if let Some(traces) = traces {
        traces.end().await;
    }
    outcome
}

async fn carry_out(command: Command, settings: Settings, logs: Logs) -> anyhow::Result<()> {
    let shutdown = Shutdown::new();
    if command.is_role() {
        open_files::allow();
        tokio::spawn(logs.follow(shutdown.clone()));
    }
    match command {
        Command::Up { ports, demo: true } => demo::up(settings, &ports, shutdown).await,
        Command::Up { ports, demo: false } => {
            roles::run(&Role::ALL, settings, &ports, shutdown).await
        }
        Command::Api(ports) => {
            roles::run(&[Role::CommandApi, Role::QueryApi], settings, &ports, shutdown).await
        }
        Command::CommandApi(ports) => {
            roles::run(&[Role::CommandApi], settings, &ports, shutdown).await
        }
        Command::QueryApi(ports) => roles::run(&[Role::QueryApi], settings, &ports, shutdown).await,
        Command::Projector(ports) => {
            roles::run(&[Role::Projector], settings, &ports, shutdown).await
        }
        Command::Scheduler(ports) => {
            roles::run(&[Role::Scheduler], settings, &ports, shutdown).await
        }
        Command::Doctor(options) => doctor::run(&settings, &options).await,
        Command::Migrate(options) => migrate::run(&settings, &options).await,
        Command::Demo(DemoCommand::Load) => demo::load_only(settings, shutdown).await,
        Command::Demo(DemoCommand::Clock(options)) => demo::clock::run(&options, &settings).await,
        Command::User(command) => user::run(command, settings, shutdown).await,
        Command::Audit(command) => audit::run(command, settings, shutdown).await,
        Command::Backup(command) => backup::run(command, &settings).await,
        Command::Keys(command) => keys::run(command, settings, shutdown).await,
        Command::Events(command) => events::run(command, &settings).await,
        Command::Vault(command) => vault::run(command, &settings).await,
        Command::Projections(command) => projections::run(command, settings, shutdown).await,
        Command::Maintenance(command) => maintenance::run(command, settings, shutdown).await,
        Command::Timers(command) => timers::run(command, settings, shutdown).await,
        Command::Openapi
        | Command::Completions { .. }
        | Command::Config(_)
        | Command::Healthcheck(_)
        | Command::Passwords(_) => Ok(()),
    }
}
