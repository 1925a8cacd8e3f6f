//! `courtside audit verify`: says what was checked, or the first thing that is wrong.
use std::path::PathBuf;

use anyhow::Context;
use audit::tlog::Verifier;
use audit::verify::{self, Report};
use clap::Args;
use runtime::{Clock, causes};
use serde_json::json;

use super::report;
use crate::events::{show, walk};

#[derive(Args)]
pub struct Arguments {
    /// What `courtside audit export` wrote, or a copy of what is served below `/v1/audit/log/<year>`.
    pub(super) directory: PathBuf,
    /// The public key, `<name>+<id>+<key>`: from the operator, by another way than the export.
    #[arg(long)]
    pub(super) vkey: String,
    /// A checkpoint from before: its records have to be the first ones of this export.
    #[arg(long, value_name = "CHECKPOINT")]
    pub(super) since: Option<PathBuf>,
    /// Writes a page to be printed and filed: what was checked and with which key, and what came of it.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Prints one JSON object: what was checked, or the fault.
    #[arg(long)]
    json: bool,
}

#[cfg(test)]
impl Arguments {
    pub(super) fn for_test(directory: PathBuf, vkey: String) -> Self {
        Self { directory, vkey, since: None, report: None, json: false }
    }
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let key: Verifier = arguments.vkey.parse().context("--vkey cannot be read")?;
    let bar = walk::bar(0, "verifying");
    let checked =
        verify::directory(&arguments.directory, &key, arguments.since.as_deref(), |done, all| {
            bar.set_length(all);
            bar.set_position(done);
        });
    bar.finish_and_clear();
    if let Some(file) = &arguments.report {
        let page = report::page(arguments, &checked, Clock::new().now());
        std::fs::write(file, page)
            .with_context(|| format!("the report cannot be written to {}", file.display()))?;
    }
    if arguments.json {
        let said = match &checked {
            Ok(report) => json!({ "ok": true, "report": report }),
            Err(fault) => json!({ "ok": false, "fault": causes(fault) }),
        };
        show::say(said)?;
    }
    let report = checked.context("the export is not what was signed")?;
    if !arguments.json {
        show::say(text(&report))?;
    }
    Ok(())
}

fn text(report: &Report) -> String {
    let Report { origin, records, root, tiles, part, .. } = report;
    let times = report::times(report).map(|it| format!(" {it}")).unwrap_or_default();
    let (what, checked) = match part {
        None => (
            format!("{records} records{times}"),
            format!(
                "Each is the leaf it was signed as, in its place; {tiles} tiles and the root {root} follow from them."
            ),
        ),
        Some(covered) => (
            format!("a part of {records} records: {}{times}", report::numbers(covered)),
            format!(
                "Each of these is the leaf it was signed as, in its place; {} are of {}, and none of that time is missing.\n\
                 Of the others there are the hashes alone, which {tiles} tiles and the root {root} follow from: what they say \
                 was not checked.",
                covered.within,
                report::asked(covered)
            ),
        ),
    };
    let since = match report.since {
        Some(size) => format!("The first {size} records are those of the older checkpoint."),
        None => "No older checkpoint was given (--since): whoever holds the key could have rebuilt all of this. Keep \
                 this checkpoint for the next time."
            .to_owned(),
    };
    format!(
        "{origin}: {what}\n\
         {checked}\n\
         The checkpoint is signed by the key that was given.\n\
         {since}"
    )
}
