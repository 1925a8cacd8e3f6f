//! `courtside user`: accounts, from the inside. What changes one is the same event as over HTTP, by `cli`, with a why.
mod change;
mod create_admin;
mod erase;
mod list;
mod show;
mod who;

use clap::{Subcommand, ValueEnum};
use domain::users::Role;
use runtime::{Settings, Shutdown};

use self::who::Who;

/// Who did it, in the metadata of every event that is made here.
const ACTOR: &str = "cli";

#[derive(Subcommand)]
pub enum Command {
    /// Makes an admin, the first one of a new installation; reads the password from standard input.
    CreateAdmin(create_admin::Arguments),
    /// Lists accounts.
    List(list::Arguments),
    /// Shows one account, as the log has it.
    Show {
        #[command(flatten)]
        who: Who,
        #[arg(long)]
        json: bool,
    },
    /// Gives somebody a role. Their sessions end: a new login has the new rights.
    SetRole {
        #[command(flatten)]
        who: Who,
        #[arg(long, value_enum)]
        role: RoleName,
        /// A venue that staff are for; may be given more than once.
        #[arg(long = "venue")]
        venues: Vec<String>,
        /// Why, for whoever looks later.
        #[arg(long)]
        reason: String,
    },
    /// Lifts a lock that wrong passwords have made.
    Unlock(Change),
    /// Takes a second factor away that its owner has lost; who must have one sets a new one up.
    ResetSecondFactor(Change),
    /// Closes an account: no login, no token, nothing counts until it is enabled again.
    Disable(Change),
    /// Opens a closed account again.
    Enable(Change),
    /// Erases somebody, for good: sessions, bookings ahead, names, and everything personal.
    Erase(erase::Arguments),
}

#[derive(clap::Args)]
pub struct Change {
    #[command(flatten)]
    who: Who,
    /// Why, for whoever looks later.
    #[arg(long)]
    reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    Player,
    Staff,
    Auditor,
    Operator,
    Admin,
}

impl RoleName {
    fn role(self) -> Role {
        match self {
            Self::Player => Role::Player,
            Self::Staff => Role::Staff,
            Self::Auditor => Role::Auditor,
            Self::Operator => Role::Operator,
            Self::Admin => Role::Admin,
        }
    }
}

pub async fn run(command: Command, settings: Settings, shutdown: Shutdown) -> anyhow::Result<()> {
    match command {
        Command::CreateAdmin(arguments) => create_admin::run(arguments, settings, shutdown).await,
        Command::List(arguments) => list::run(&arguments, &settings).await,
        Command::Show { who, json } => show::run(&who, json, settings, shutdown).await,
        Command::Erase(arguments) => erase::run(&arguments, settings, shutdown).await,
        Command::SetRole { who, role, venues, reason } => {
            let what = change::What::Role { role: role.role(), venues };
            change::run(&who, what, &reason, settings, shutdown).await
        }
        Command::Unlock(Change { who, reason }) => {
            change::run(&who, change::What::Unlock, &reason, settings, shutdown).await
        }
        Command::ResetSecondFactor(Change { who, reason }) => {
            let what = change::What::ResetSecondFactor;
            change::run(&who, what, &reason, settings, shutdown).await
        }
        Command::Disable(Change { who, reason }) => {
            change::run(&who, change::What::Disable, &reason, settings, shutdown).await
        }
        Command::Enable(Change { who, reason }) => {
            change::run(&who, change::What::Enable, &reason, settings, shutdown).await
        }
    }
}
