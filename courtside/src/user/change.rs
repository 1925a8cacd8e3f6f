use anyhow::{Context, bail};
use command_api::{Steward, StewardError};
use domain::ids::{UserId, VenueId};
use domain::users::{Role, User};
use event_store::Metadata;
use query_api::users::{Wanted, read};
use runtime::{Platform, Settings, Shutdown, ids, postgres};

use super::ACTOR;
use super::who::Who;

/// What is done to an account.
pub enum What {
    Role { role: Role, venues: Vec<String> },
    Unlock,
    ResetSecondFactor,
    Disable,
    Enable,
}

pub async fn run(
    who: &Who,
    what: What,
    reason: &str,
    settings: Settings,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    if let Some(it) = command_api::reason::fault(reason) {
        bail!("--reason: {}", it.what);
    }
    let platform = Platform::start(settings, shutdown).await?;
    let steward = Steward::new(&platform)?;
    let (id, user) = who.find(&steward).await?;
    let meta = Metadata::new(ids::new(), platform.clock.now()).actor(ACTOR);
    let reason = Some(reason);
    let done = match &what {
        What::Role { role, venues } => {
            let venues = venues.iter().map(|it| it.parse()).collect::<Result<Vec<VenueId>, _>>()?;
            let witness = if *role == Role::Admin {
                None
            } else {
                witness(&platform, &steward, id, &user).await?
            };
            steward.change_role(id, *role, venues, reason, witness, &meta).await
        }
        What::Disable => {
            let witness = witness(&platform, &steward, id, &user).await?;
            steward.disable(id, reason, witness, &meta).await
        }
        What::Enable => steward.enable(id, reason, &meta).await,
        What::Unlock => steward.unlock(id, reason, &meta).await,
        What::ResetSecondFactor => steward.reset_second_factor(id, reason, &meta).await,
    };
    done.map_err(advised)?;
    let now = match what {
        What::Role { role, venues } if venues.is_empty() => format!("{} now", role.name()),
        What::Role { role, venues } => format!("{} now, for {}", role.name(), venues.join(", ")),
        What::Unlock => "not locked now".to_owned(),
        What::ResetSecondFactor => {
            "without a second factor now; every session has ended".to_owned()
        }
        What::Disable => "disabled now; every session has ended".to_owned(),
        What::Enable => "enabled now".to_owned(),
    };
    println!("{id} is {now}");
    Ok(())
}

/// Where an administrator goes, another who stays. The read models say whom to ask; the log says whether it is so.
async fn witness(
    platform: &Platform,
    steward: &Steward,
    leaving: UserId,
    user: &User,
) -> anyhow::Result<Option<UserId>> {
    /// If so many administrators are none any more, the read models are of another time.
    const LOOKED_AT: i64 = 200;
    if !user.administers() {
        return Ok(None);
    }
    let db = postgres::pool(&platform.settings.read_database_url, 1)?;
    let wanted = Wanted {
        role: Some(Role::Admin.name().to_owned()),
        disabled: Some(false),
        limit: LOOKED_AT,
        ..Wanted::default()
    };
    let asked = async { read(&mut *db.acquire().await?, &wanted, None).await };
    let admins = asked.await.context(
        "who else administers cannot be looked up: start the server that READ_DATABASE_URL names",
    )?;
    let left = steward.left().await?;
    for it in admins {
        let other = UserId(it.id);
        if other != leaving && !left.contains(&other) && steward.user(other).await?.administers() {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

/// What went wrong, with the next step.
fn advised(error: StewardError) -> anyhow::Error {
    let next = match &error {
        StewardError::LastAdmin { .. } => {
            "give somebody else the role first: courtside user set-role --email … --role admin"
        }
        StewardError::OnlyStaff => "leave --venue out, or choose --role staff",
        StewardError::UnknownVenue { .. } => "open the venue first, or correct --venue",
        StewardError::UnknownUser => "`courtside user list` shows who there is",
        StewardError::TooManyVenues => "name fewer",
        StewardError::User(_)
        | StewardError::Login(_)
        | StewardError::Roster(_)
        | StewardError::Read(_)
        | StewardError::Vault(_) => "see `courtside doctor`, and run it again: it is safe to",
    };
    anyhow::Error::new(error).context(next)
}
