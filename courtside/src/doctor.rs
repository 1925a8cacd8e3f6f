//! `courtside doctor`: tries everything that the settings name, and says what to do about what is not well.
//!
//! Each thing is tried by itself, all at once and none for long: one that is away hides none of the others.
mod broker;
mod clock;
mod database;
mod finding;
mod here;
mod log;
mod mail;
mod production;
mod proxy;
mod sms;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use clap::{Args, Subcommand};
use comfy_table::{Table, presets::NOTHING};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use runtime::{Settings, migrations};
use tokio::time::timeout;

use self::finding::{Finding, State};

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Options {
    /// Prints the findings as JSON.
    #[arg(long)]
    json: bool,
    /// Goes through all that has to be so before strangers come, and judges the settings as production does.
    #[arg(long)]
    pub production: bool,
    /// Where backups lie, for that list.
    #[arg(long, value_name = "DIR", env = "BACKUP_DIR")]
    backups: Option<PathBuf>,
    #[command(subcommand)]
    pub about: Option<About>,
}

#[derive(Subcommand)]
pub enum About {
    /// Asks the running system, through the proxy in front, whether a client's address, scheme and host arrive.
    Proxy(proxy::Options),
}

/// How long one dependency may take for all its questions. An operator is waiting.
const PATIENCE: Duration = Duration::from_secs(10);

/// Prints what was found; an error if any of it keeps the system from working.
pub async fn run(settings: &Settings, options: &Options) -> anyhow::Result<()> {
    let mut findings = Vec::new();
    if options.production {
        findings = production::settings(&Settings::judged(), options.backups.as_ref());
        findings.extend(production::databases_say(settings).await);
    }
    findings.extend(examine(settings).await);
    tell(&findings, options.json)
}

pub fn about(about: &About) -> anyhow::Result<()> {
    match about {
        About::Proxy(options) => proxy::run(options),
    }
}

fn tell(findings: &[Finding], json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(findings)?);
    } else {
        show(findings);
    }
    match findings.iter().filter(|it| it.state == State::Fail).count() {
        0 => Ok(()),
        failed => bail!("{failed} of {} checks failed", findings.len()),
    }
}

async fn examine(settings: &Settings) -> Vec<Finding> {
    let checks: Vec<(&'static str, BoxFuture<'_, Vec<Finding>>)> = vec![
        ("log", log::examine(settings).boxed()),
        ("vault", database::examine("vault", settings, &vault::MIGRATOR).boxed()),
        ("read", database::examine("read", settings, &migrations::READ).boxed()),
        ("edge", database::examine("edge", settings, &migrations::EDGE).boxed()),
        ("broker", broker::examine(settings).boxed()),
        ("mail", mail::examine(settings).boxed()),
        ("sms", sms::examine(settings).boxed()),
        ("keys", async { here::keys(settings) }.boxed()),
        ("accounts", async { here::second_factor(settings) }.boxed()),
        ("tls", async { here::certificate(settings) }.boxed()),
        ("clock", clock::examine(settings).boxed()),
        ("disk", async { here::disk(settings) }.boxed()),
    ];
    let tried = checks.into_iter().map(|(what, check)| async move {
        timeout(PATIENCE, check).await.unwrap_or_else(|_| {
            let seconds = PATIENCE.as_secs();
            let says = format!("did not answer all questions within {seconds} s");
            vec![Finding::fail(what, "reachable", says, "See why it is that slow, and try again.")]
        })
    });
    join_all(tried).await.into_iter().flatten().collect()
}

fn show(findings: &[Finding]) {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["WHAT", "CHECK", "STATE", "FOUND"]);
    for it in findings {
        table.add_row([it.what, it.check, it.state.name(), &it.says]);
    }
    println!("{table}");
    for (it, next) in findings.iter().filter_map(|it| Some((it, it.next.as_ref()?))) {
        println!("\n{}: {} {}: {next}", it.state.name(), it.what, it.check);
    }
}
