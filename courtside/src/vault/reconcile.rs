//! `courtside vault reconcile`.
use anyhow::Context;
use scheduler::retention::destroy_quarters;
use vault::Vault;

use super::said::Said;
use crate::events::log::Log;
use crate::events::show;

pub async fn run(log: &Log, vault: &Vault) -> anyhow::Result<()> {
    let said = Said::read(log, "reading").await?;
    let people = said.erasures();
    let again = scheduler::erasures::reconcile::destroy_again(vault, &people);
    let again = again.await.context("the vault refused; run it again, it is safe to")?;
    if let Some(kept_from) = said.kept_from {
        let ended = destroy_quarters(vault, kept_from, || {}).await;
        let ended = ended.context("the vault refused; run it again, it is safe to")?;
        show::say(format_args!(
            "logins are kept from {kept_from} on; {ended} older keys were there again, which are destroyed"
        ))?;
    }
    show::say(format_args!(
        "{} people were erased; {again} had keys again, which are destroyed",
        people.len()
    ))?;
    Ok(())
}
