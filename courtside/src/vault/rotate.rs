//! `courtside vault rotate-kek`.
use anyhow::{Context, bail};
use vault::{Rewrapped, Vault};

use super::check::PAGE;
use crate::events::show;
use crate::events::walk::bar;

/// Each step is one statement: what was wrapped anew is, and the rest waits for the next run.
pub async fn run(vault: &Vault, has_other: bool) -> anyhow::Result<()> {
    if !has_other {
        bail!(
            "give the key-encryption key that is on its way out as KEK_ALSO, and the new one as KEK"
        );
    }
    let stopped = "the vault refused; run it again, it goes on where it was";
    let all = vault.key_count().await.context(stopped)?;
    let bar = bar(all, "wrapping");
    let mut sum = vault.rewrap_secrets().await.context(stopped)?;
    let mut after = None;
    loop {
        let step = vault.rewrap_after(after, PAGE).await.context(stopped)?;
        let Rewrapped { last: Some(last), seen, rewrapped, strangers } = step else { break };
        after = Some(last);
        sum.seen += seen;
        sum.rewrapped += rewrapped;
        sum.strangers += strangers;
        bar.inc(seen as u64);
    }
    bar.finish_and_clear();
    let Rewrapped { seen, rewrapped, strangers, .. } = sum;
    show::say(format_args!(
        "{seen} keys and secrets: {rewrapped} wrapped anew, the others were already"
    ))?;
    if 0 < strangers {
        bail!("{strangers} are wrapped with neither KEK nor KEK_ALSO and were left as they are");
    }
    show::say("`courtside vault check` says when KEK_ALSO may be removed")?;
    Ok(())
}
