use std::io::{BufRead, IsTerminal};

use anyhow::{Context, bail};
use command_api::{Steward, StewardError};
use domain::users::{Erasure, UserRejection};
use event_store::{ExecuteError, Metadata};
use runtime::{Platform, Settings, Shutdown, ids};

use super::ACTOR;
use super::who::Who;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    who: Who,
    /// Does not ask whether it is meant.
    #[arg(long)]
    yes: bool,
}

pub async fn run(
    arguments: &Arguments,
    settings: Settings,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let platform = Platform::start(settings, shutdown).await?;
    let steward = Steward::new(&platform)?;
    let (id, user) = arguments.who.find(&steward).await?;
    match user.erasure {
        Erasure::None => {}
        Erasure::Requested => {
            println!("{id} is being erased already; the scheduler finishes it");
            return Ok(());
        }
        Erasure::Done => {
            println!("{id} was erased already");
            return Ok(());
        }
    }
    if !arguments.yes {
        ask(&id.to_string())?;
    }
    let meta = Metadata::new(ids::new(), platform.clock.now()).actor(ACTOR);
    steward.erase(id, &meta).await.map_err(advised)?;
    println!(
        "{id} cannot log in any more, and is being erased: the scheduler does it within minutes"
    );
    Ok(())
}

/// What cannot be taken back is typed, not nodded at.
fn ask(id: &str) -> anyhow::Result<()> {
    if !std::io::stdin().is_terminal() {
        bail!("an erasure cannot be taken back: say --yes if it is meant");
    }
    eprintln!("This cannot be taken back. Type the id, {id}, to erase this person:");
    let mut typed = String::new();
    std::io::stdin().lock().read_line(&mut typed).context("nothing can be read")?;
    if typed.trim() != id {
        bail!("that is not the id; nobody was erased");
    }
    Ok(())
}

fn advised(error: StewardError) -> anyhow::Error {
    let is_admin = matches!(
        &error,
        StewardError::User(ExecuteError::Rejected { rejection: UserRejection::StillAdmin, .. })
    );
    let next = if is_admin {
        "an admin is not erased: take the role away first with `courtside user set-role`"
    } else {
        "see `courtside doctor`, and run it again: it is safe to"
    };
    anyhow::Error::new(error).context(next)
}
