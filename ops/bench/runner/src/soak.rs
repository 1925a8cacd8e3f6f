//! The same load for an hour at four fifths of what the machine can, with a kill each minute: whether memory and latencies
//! stay as they are, and whether every answer was true. What the tables say is explained in ops/bench/README.md.
mod minute;
mod report;

use std::collections::BTreeMap;
use std::time::Duration;

use acceptance::PASSWORD;
use acceptance::chaos::{
    BOOKED_DAYS, Fault, Fleet, Load, Plan, Schedule, World, every_promise_was_kept, invite,
    open_venues,
};
use anyhow::{bail, ensure};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep};

use self::minute::Watch;
use self::report::Report;
use crate::booking::progress::Progress;
use crate::facts::{self, Facts};
use crate::results::short;
use crate::server::Server;

/// What ops/bench/soak passes on. The product's binary is named by COURTSIDE_BIN.
#[derive(clap::Args, Clone)]
pub struct Settings {
    #[arg(long, default_value_t = 60)]
    minutes: usize,
    /// The kills' order and moments.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Eight minutes of ten seconds: whether it works, not whether anything grows.
    #[arg(long)]
    quick: bool,
    /// Every single measurement, instead of the tables.
    #[arg(long)]
    json: bool,
    /// The file whose section of this bench is written anew.
    #[arg(long)]
    write: Option<std::path::PathBuf>,
}

/// Who ask at the same time. More than the machine can answer at once, so that it has never nothing to do while its capacity
/// is measured, and few enough that somebody is left to ask in time later.
const PEOPLE: usize = 24;
const SHARE: f64 = 0.8;

/// How large it is.
struct Size {
    accounts: usize,
    venues: usize,
    warm_up: Duration,
    /// Minutes over which the capacity is measured, each with a kill as well.
    at_most: usize,
    minute: Duration,
    minutes: usize,
}

impl Settings {
    fn size(&self) -> Size {
        let seconds = Duration::from_secs;
        if self.quick {
            let (warm_up, minute) = (seconds(5), seconds(10));
            Size { accounts: 24, venues: 3, warm_up, at_most: 2, minute, minutes: 8 }
        } else {
            let (warm_up, minute) = (seconds(30), seconds(60));
            let minutes = self.minutes;
            Size { accounts: 3_000, venues: 100, warm_up, at_most: 3, minute, minutes }
        }
    }
}

/// Servers and processes are ended however this ends.
pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        ended = soak(settings) => ended,
        _ = interrupt.recv() => bail!("interrupted"),
        _ = terminate.recv() => bail!("told to end"),
    }
}

async fn soak(settings: &Settings) -> anyhow::Result<()> {
    let (size, progress) = (settings.size(), Progress::new());
    let most = size.minute * u32::try_from(size.minutes + size.at_most)? + size.warm_up;
    // Before come people and courts, and afterwards every answer is looked up.
    let around = if settings.quick { 2 } else { 7 };
    progress.say(&format!("About {} min; seed {}.", most.as_secs() / 60 + around, settings.seed));
    progress.doing("servers, and two processes of each role behind NGINX");
    let mut world = World::without_wires().await;
    // A whole town registers, and nobody has to wait for a mail.
    world.environment.push(("AUTH_EMAIL_VERIFICATION_REQUIRED".to_owned(), "false".to_owned()));
    // All of it comes from one address, which with the tests' factor may ask 111 times a second.
    world.environment.push(("RATE_LIMIT_FACTOR".to_owned(), "100000".to_owned()));
    let server = Server::connect(&world.superuser_url()).await?;
    let mut others = facts::broker();
    others.extend(facts::redis());
    let facts = Facts::gather(&server, &std::env::temp_dir(), others).await?;
    let mut fleet = Fleet::in_pairs(&world).await;
    let anyone = fleet.client();
    progress.doing("people and courts");
    let mut venues = open_venues(&anyone.login("admin", PASSWORD).await, size.venues).await;
    // Here holds are left to run out.
    venues.push("harbour".to_owned());
    let names = invite(&anyone, size.accounts).await;

    progress.doing("what the machine can");
    let plan = Plan { people: PEOPLE, names, keep_one_in: 40, venues, days: BOOKED_DAYS };
    let load = Load::start(&anyone, &plan);
    sleep(size.warm_up).await;
    let watch = Watch { size: &size, server: &server, load: &load, progress: &progress };
    let (before, begin) = (load.ledger.answers(), Instant::now());
    for (number, kill) in kills(settings.seed, size.at_most).enumerate() {
        watch.minute(number, &mut fleet, kill).await;
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let capacity = (load.ledger.answers() - before) as f64 / begin.elapsed().as_secs_f64();
    let asked = capacity * SHARE;
    progress.say(&format!(
        "{} requests a second at most; asked for from here on: {}",
        short(capacity),
        short(asked)
    ));

    let mut report = Report {
        facts,
        seed: settings.seed,
        capacity,
        asked,
        minute: size.minute,
        minutes: Vec::new(),
        waits: BTreeMap::new(),
    };
    load.ledger.take_took();
    load.pace.set(asked);
    for (number, kill) in kills(settings.seed, size.minutes).enumerate() {
        let measured = watch.minute(number, &mut fleet, kill).await;
        progress.say(&measured.0.line());
        ensure!(load.is_whole(), "somebody saw something impossible, and said what");
        report.add(measured);
    }
    let ledger = load.end().await;
    progress.doing("every answer is looked up");
    let found = every_promise_was_kept(&anyone, &world.environment, &ledger).await;
    report.tell(settings, found)
}

/// Whose second process is killed, and after which share of the minute.
struct Kill {
    role: &'static str,
    moment: f64,
}

/// Every role comes before any comes again.
fn kills(seed: u64, minutes: usize) -> impl Iterator<Item = Kill> {
    let schedule = Schedule::of(seed, minutes * Fault::ALL.len()).0.into_iter();
    let kills = schedule.filter_map(|(fault, number)| match fault {
        // From 5 to 64: what follows is felt in the same minute.
        Fault::Kill(role) => Some(Kill { role, moment: percent(number) }),
        _ => None,
    });
    kills.take(minutes)
}

fn percent(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(100)) / 100.0
}
