//! `courtside keys`: the keys that access tokens are signed with.
use std::time::Duration;

use access::tokens::{DatedKey, KeyRing, Phase, RingError};
use anyhow::Context;
use clap::Subcommand;
use comfy_table::{Table, presets::NOTHING};
use jiff::Timestamp;
use runtime::{Platform, Settings, Shutdown, postgres};
use vault::Vault;

#[derive(Subcommand)]
pub enum Command {
    /// Shows every key: which one signs, which is next, and which only verifies until its last token is over.
    List {
        #[arg(long)]
        json: bool,
    },
    /// Publishes a new key. It signs in five minutes, when everybody who keeps a copy of the key set can have it; the one
    /// before it goes when its last token is over. Nothing has to be restarted.
    Rotate {
        /// Lets it sign now. Whoever keeps a copy of the key set may refuse new tokens for up to five minutes.
        #[arg(long)]
        now: bool,
    },
    /// Ends a key at once, with every token it signed: it has leaked. Who is logged in refreshes, and goes on.
    Revoke { kid: String },
}

const ACTOR: &str = "cli";
/// Every instance of ours has heard of a new key by then: one that has not trusts nobody any more.
const HEARD: Duration = Duration::from_secs(6);

pub async fn run(command: Command, settings: Settings, shutdown: Shutdown) -> anyhow::Result<()> {
    let platform = Platform::start(settings, shutdown).await?;
    let settings = &platform.settings;
    let db = postgres::pool(&settings.vault_database_url, 1)?;
    let kek = settings.keys.kek.as_ref().context("set KEK or KEK_FILE to the system's own")?;
    let vault = Vault::with_also(db, kek, settings.keys.kek_also.as_ref())?;
    let (executor, clock) = (platform.executor.clone(), platform.clock.clone());
    let ring = KeyRing::new(settings, executor, vault, clock);
    match command {
        Command::List { json } => show(&ring.list().await?, json),
        Command::Rotate { now } => {
            let next = ring.rotate(ACTOR).await?;
            if now && next.phase == Phase::Next {
                tokio::time::sleep(HEARD).await;
                ring.activate(&next.kid, ACTOR).await?;
                println!("{} signs now", next.kid);
                return Ok(());
            }
            println!("{} is next; it signs from {}", next.kid, moment(next.until));
            Ok(())
        }
        Command::Revoke { kid } => {
            let ended = ring.revoke(&kid, ACTOR).await.map_err(|error| match error {
                RingError::UnknownKey(_) => {
                    anyhow::Error::new(error).context("`courtside keys list` shows which there are")
                }
                RingError::NoKey(_) => error.into(),
            })?;
            println!("{} is gone, with every token it signed", ended.kid);
            Ok(())
        }
    }
}

fn show(keys: &[DatedKey], json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(keys)?);
        return Ok(());
    }
    if keys.is_empty() {
        println!("there are none; command-api makes the first when it starts");
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["KID", "ALG", "PHASE", "PUBLISHED", "UNTIL"]);
    for it in keys {
        let phase = match it.phase {
            Phase::Next => "next",
            Phase::Active => "active",
            Phase::Retiring => "retiring",
            Phase::Gone => "gone",
        };
        table.add_row([
            it.kid.clone(),
            it.alg.clone(),
            phase.to_owned(),
            format!("{:.0}", it.published_at),
            moment(it.until.or(it.retired_at)),
        ]);
    }
    println!("{table}");
    Ok(())
}

fn moment(at: Option<Timestamp>) -> String {
    at.map(|it| format!("{it:.0}")).unwrap_or_default()
}
