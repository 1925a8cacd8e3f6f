//! `courtside vault check`.
use std::collections::HashSet;

use anyhow::{Context, bail};
use domain::logins::quarter;
use uuid::Uuid;
use vault::{Under, Vault};

use super::findings::Findings;
use super::said::Said;
use crate::events::log::Log;
use crate::events::show;

/// Rows in one question.
pub const PAGE: i64 = 1_000;

pub async fn run(log: &Log, vault: &Vault, json: bool) -> anyhow::Result<()> {
    // The log first: what is sealed while this reads has its key before it has its event.
    let said = Said::read(log, "comparing").await?;
    let findings = compare(&said, vault).await?;
    let faults = findings.faults();
    let rotation = findings.rotation(vault.opens_also());
    if json {
        let said =
            serde_json::json!({ "findings": findings, "faults": faults, "rotation": rotation });
        show::say(serde_json::to_string_pretty(&said)?)?;
    } else {
        let Findings { keys, tombstones, under_way, .. } = findings;
        show::say(format_args!(
            "{keys} keys, {tombstones} tombstones, {under_way} erasures under way"
        ))?;
        for fault in &faults {
            show::say(format_args!("{} {}", fault.says, fault.next))?;
        }
        if let Some(rotation) = rotation {
            show::say(rotation)?;
        }
        if faults.is_empty() {
            show::say("the vault and the log agree")?;
        }
    }
    match faults.len() {
        0 => Ok(()),
        faults => bail!("the vault and the log differ in {faults} ways"),
    }
}

/// Compares the vault, as it is, with what the log said before.
pub async fn compare(said: &Said, vault: &Vault) -> anyhow::Result<Findings> {
    let mut found = Findings {
        under_way: said.asked.keys().filter(|it| !said.erased.contains(*it)).count() as u64,
        ..Findings::default()
    };
    let mut known: HashSet<Uuid> = HashSet::new();
    let unread = "the vault cannot be read";
    let mut after = None;
    loop {
        let page = vault.keys_after(after, PAGE).await.context(unread)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for it in page {
            found.keys += 1;
            found.wrapped(it.under);
            known.insert(it.id);
        }
    }
    for it in vault.secrets().await.context(unread)? {
        found.wrapped(it.under);
    }
    let mut after = None;
    loop {
        let page = vault.tombstones_after(after, PAGE).await.context(unread)?;
        let Some(last) = page.last() else { break };
        after = Some(last.key);
        for it in page {
            found.tombstones += 1;
            known.insert(it.key);
            let person = it.subject.split('/').next().unwrap_or_default();
            // What time destroys was asked for by nobody: a day's, or a part of somebody who stays.
            let is_times = it.event.is_none() && it.subject != person;
            let has_asked = person.starts_with("user-") || person.starts_with("guest-");
            if has_asked && !is_times && !said.asked.contains_key(person) {
                found.unknown_to_the_log.push(person.to_owned());
            }
        }
    }
    found.unknown_to_the_log.sort_unstable();
    found.unknown_to_the_log.dedup();
    if let Some(kept_from) = said.kept_from {
        let ended = vault.count_parts_before(&quarter(kept_from)).await.context(unread)?;
        found.not_ended = ended.iter().map(|it| it.1).sum();
    }
    let mut missing: Vec<_> = said.keys.iter().filter(|it| !known.contains(it.0)).collect();
    missing.sort_unstable_by_key(|it| it.1);
    found.missing = missing.into_iter().map(|it| it.0.to_string()).collect();
    let erased: Vec<String> = said.erased.iter().cloned().collect();
    for people in erased.chunks(1_000) {
        found.not_destroyed.extend(vault.not_destroyed(people).await.context(unread)?);
    }
    found.not_destroyed.sort_unstable();
    Ok(found)
}

impl Findings {
    fn wrapped(&mut self, under: Under) {
        match under {
            Under::Present => {}
            Under::Other => self.under_the_other_kek += 1,
            Under::Neither => self.under_no_kek += 1,
        }
    }
}
