//! `courtside audit vkey`: what auditors are given by another way than the log.
use anyhow::{Context, bail};
use clap::Args;
use runtime::Settings;
use scheduler::audit::signer::{self, Seeds};

use super::this_year;
use crate::events::show;

#[derive(Args)]
pub struct Arguments {
    /// The year whose log it signs [default: this one].
    #[arg(long)]
    year: Option<i16>,
}

pub fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let year = arguments.year.unwrap_or_else(this_year);
    let Some(seed) = &settings.keys.audit_key else {
        bail!(
            "AUDIT_KEY or AUDIT_KEY_FILE is missing: it is the one that the scheduler signs with"
        );
    };
    let seeds = Seeds { key: seed.clone(), also: settings.keys.audit_key_also.clone() };
    let key = signer::key(&settings.audit_origin, year, &seeds).context("no key can be made")?;
    for vkey in key.vkeys() {
        show::say(vkey)?;
    }
    Ok(())
}
