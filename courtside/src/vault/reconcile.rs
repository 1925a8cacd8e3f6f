//! `courtside vault reconcile`.
use anyhow::Context;
use jiff::civil::Date;
use scheduler::erasures::reconcile::destroy_again;
use scheduler::retention::destroy_quarters;
use vault::Vault;

use super::said::Said;
use crate::events::log::Log;
use crate::events::show;

/// What a vault knew of that the log says is destroyed.
pub struct Again {
    /// People who were erased, and how many of them had keys.
    pub people: usize,
    pub had_keys: usize,
    /// From when on logins are kept, where any have ended, and how many older keys there were.
    pub ended: Option<(Date, usize)>,
}

/// Destroys it again.
pub async fn again(said: &Said, vault: &Vault) -> anyhow::Result<Again> {
    const REFUSED: &str = "the vault refused; run it again, it is safe to";
    let erasures = said.erasures();
    let had_keys = destroy_again(vault, &erasures).await.context(REFUSED)?;
    let ended = match said.kept_from {
        Some(before) => {
            let count = destroy_quarters(vault, before, || {}).await.context(REFUSED)?;
            Some((before, count))
        }
        None => None,
    };
    Ok(Again { people: erasures.len(), had_keys, ended })
}

pub async fn run(log: &Log, vault: &Vault) -> anyhow::Result<()> {
    let Again { people, had_keys, ended } =
        again(&Said::read(log, "reading").await?, vault).await?;
    if let Some((kept_from, ended)) = ended {
        show::say(format_args!(
            "logins are kept from {kept_from} on; {ended} older keys were there again, which are destroyed"
        ))?;
    }
    show::say(format_args!(
        "{people} people were erased; {had_keys} had keys again, which are destroyed"
    ))?;
    Ok(())
}
