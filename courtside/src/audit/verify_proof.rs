//! `courtside audit verify-proof`: says which record is proven, or why nothing is.
use std::path::PathBuf;

use anyhow::Context;
use audit::proof::{Proof, Proven};
use audit::tlog::{self, Verifier};
use clap::Args;
use serde_json::json;

use crate::events::show;

#[derive(Args)]
pub struct Arguments {
    /// What `/v1/audit/proofs/<event>` answered.
    file: PathBuf,
    /// The public key, `<name>+<id>+<key>`: from the operator, by another way than the proof.
    #[arg(long)]
    vkey: String,
    /// Prints one JSON object: what is proven, or the fault.
    #[arg(long)]
    json: bool,
}

/// A proof holds one record, which is shorter, and some hashes.
const MAX_BYTES: u64 = 1024 * 1024;

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let key: Verifier = arguments.vkey.parse().context("--vkey cannot be read")?;
    let shown = arguments.file.display();
    let bytes = std::fs::metadata(&arguments.file).with_context(|| format!("no file {shown}"))?;
    anyhow::ensure!(bytes.len() <= MAX_BYTES, "{shown} is too long for a proof");
    let text = std::fs::read_to_string(&arguments.file)
        .with_context(|| format!("{shown} cannot be read as text"))?;
    let checked = Proof::read(&text).and_then(|it| it.check(&key));
    if arguments.json {
        let said = match &checked {
            Ok(it) => json!({ "ok": true, "origin": it.origin, "index": it.index, "size": it.size,
                "root": tlog::text(it.root), "record": it.record }),
            Err(fault) => json!({ "ok": false, "fault": fault.to_string() }),
        };
        show::say(said)?;
    }
    let proven = checked.with_context(|| format!("{shown} proves nothing"))?;
    if !arguments.json {
        show::say(sentence(&proven))?;
    }
    Ok(())
}

fn sentence(proven: &Proven) -> String {
    let Proven { origin, size, index, record, .. } = proven;
    let outcome = record.outcome.as_deref().unwrap_or("-");
    format!(
        "Record {index} of the first {size} of {origin}, signed by the key that was given:\n\
         {} ({outcome}), event {}, at {}",
        record.kind, record.event_id, record.time
    )
}
