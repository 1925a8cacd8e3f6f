//! Measures booking: a stampede, holds by the second, how late holds end, and the search. What each part says is
//! explained in ops/bench/README.md.
mod counted;
pub mod crowd;
mod direct;
pub mod door;
mod expiry;
pub mod http;
pub mod places;
pub mod processes;
pub mod progress;
pub mod reference;
mod report;
mod rivals;
pub mod scene;
pub mod search;
mod stampede;
mod steady;
mod targets;
pub mod worker;
mod written;

use std::path::PathBuf;

use anyhow::ensure;

use self::expiry::Services;
use self::places::{Courts, Places};
use self::processes::Process;
use self::progress::Progress;
use self::report::Report;
use self::scene::Scene;
use self::search::Search;
use self::stampede::Field;
use self::steady::Steady;
use crate::common::Common;
use crate::facts::{self, Facts};
use crate::server::Server;

/// What ops/bench/booking passes on.
#[derive(clap::Args, Clone)]
pub struct Settings {
    #[command(flatten)]
    pub common: Common,
    /// Where Postgres's own programs are.
    #[arg(long)]
    pg_bin: PathBuf,
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Only these parts.
    #[arg(long, value_enum)]
    only: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    Stampede,
    Steady,
    Expiry,
    Search,
}

/// People with a token. So many come to the largest stampede.
const PEOPLE: usize = 5_000;
/// Courts where holds are counted by the second: 88,400 places.
const STEADY_COURTS: usize = 400;
/// A cell of holds or searches by the second.
const SECONDS: f64 = 3.0;
/// Days in the read model: with 500 courts, 17 hours and six of ten taken, a million bookings.
const DAYS: i32 = 200;

pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    // Two of the product's crates bring a crypto provider each.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let progress = Progress::new();
    progress.say(&announce(settings));
    let server = Server::connect(&settings.common.url).await?;
    let facts = Facts::gather(&server, &settings.common.disk, facts::broker()).await?;
    let mut report = Report::new(facts);
    if settings.does(Part::Stampede) || settings.does(Part::Steady) {
        holds(settings, &server, &progress, &mut report).await?;
    }
    if settings.does(Part::Expiry) {
        expiry(settings, &server, &progress, &mut report).await?;
    }
    if settings.does(Part::Search) {
        search(settings, &server, &progress, &mut report).await?;
    }
    report.tell(settings)?;
    let faults = report.faults();
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

impl Settings {
    fn does(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    fn logs(&self) -> PathBuf {
        self.common.state.join("booking")
    }

    fn people(&self) -> usize {
        if self.common.quick { PEOPLE / 10 } else { PEOPLE }
    }

    fn seconds(&self) -> f64 {
        if self.common.quick { 1.0 } else { SECONDS }
    }
}

/// How long it takes, from what it took on two cores.
fn announce(settings: &Settings) -> String {
    let rounds = if settings.common.quick { 1 } else { settings.rounds };
    let (once, round) = if settings.common.quick { (70, 20) } else { (120, 70) };
    let expiry = if settings.does(Part::Expiry) {
        expiry::Plan::of(settings.common.quick).duration()
    } else {
        0
    };
    let seconds = once + round * u32::try_from(rounds).unwrap_or(u32::MAX) + expiry;
    format!("About {} min.", seconds.div_ceil(60))
}

async fn holds(
    settings: &Settings,
    server: &Server,
    progress: &Progress,
    report: &mut Report,
) -> anyhow::Result<()> {
    progress.doing("people, courts and tokens");
    let mut scene = Scene::open(server, "holds", &[]).await?;
    let rival_url = server.database("bench_rivals").await?;
    scene.invite(settings.people()).await?;
    let plan = stampede::plan(if settings.common.quick { 10 } else { 1 });
    let a_round: usize = plan.iter().map(|it| it.0.courts * it.1.len()).sum();
    let courts = STEADY_COURTS + a_round * settings.rounds + 12;
    let mut courts = Courts::new(scene.open_venue("bench", 900, 0..courts).await?);
    progress.doing("the processes, and everybody once");
    let logs = settings.logs();
    let mut field = Field::enter(&scene, &settings.common.courtside, &rival_url, &logs).await?;
    field.warm_up(&mut courts).await?;
    let cell = "steady".to_owned();
    let places = Places { cell, courts: courts.take(STEADY_COURTS)?, dates: scene.dates() };
    let mut steady = Steady::new(&scene, places);
    for round in 0..settings.rounds {
        server.checkpoint().await?;
        report.flush_us.extend(facts::flush_us(&settings.common.disk)?);
        if settings.does(Part::Stampede) {
            for (cell, all) in &plan {
                for who in all {
                    progress.doing(&report::stampede_name(*cell, *who));
                    let it = field.stampede(round, *cell, *who, &mut courts).await?;
                    it.check()?;
                    progress.say(&report::stampede_line(settings.rounds, &it));
                    report.stampedes.push(it);
                }
            }
        }
        if settings.does(Part::Steady) {
            let servers = [(true, &field.product[0]), (false, &field.references[0])];
            for (decides, server) in servers {
                let it = steady.run(round, decides, server, settings.seconds()).await?;
                progress.say(&report::steady_line(settings.rounds, &it));
                report.steady.push(it);
            }
        }
    }
    field.leave().await?;
    scene.close(server).await?;
    server.drop_database("bench_rivals").await
}

async fn expiry(
    settings: &Settings,
    server: &Server,
    progress: &Progress,
    report: &mut Report,
) -> anyhow::Result<()> {
    let plan = expiry::Plan::of(settings.common.quick);
    let hold = expiry::HOLD_SECONDS.to_string();
    let mut scene = Scene::open(server, "expiry", &[("TIMER_HOLD_SECONDS", &hold)]).await?;
    scene.invite(settings.people()).await?;
    scene.open_venue("steady", expiry::HOLD_SECONDS, expiry::COURTS).await?;
    scene.open_venue("burst", expiry::HOLD_SECONDS, expiry::BURST_COURTS).await?;
    let (logs, environment) = (settings.logs(), &scene.environment);
    let start = async |role: &str| {
        Process::start(role, &settings.common.courtside, &[role], environment, &logs).await
    };
    let (product, scheduler) = (start("command-api").await?, start("scheduler").await?);
    progress.say(&format!(
        "{} holds a second for {} s, and the broker killed in the middle",
        plan.a_second, plan.seconds
    ));
    let services = Services { scene: &scene, state: &settings.common.state };
    report.expiries = expiry::run(&scene, &product, &services, plan, progress).await?;
    for it in &report.expiries {
        progress.say(&report::expiry_line(it));
    }
    scheduler.stop().await?;
    product.stop().await?;
    scene.close(server).await
}

async fn search(
    settings: &Settings,
    server: &Server,
    progress: &Progress,
    report: &mut Report,
) -> anyhow::Result<()> {
    let scene = Scene::open(server, "search", &[]).await?;
    for venue in 0..search::VENUES {
        scene.open_venue(&search::venue_name(venue), 900, search::courts_of(venue)).await?;
    }
    let (logs, environment) = (settings.logs(), &scene.environment);
    let start = async |role: &str| {
        Process::start(role, &settings.common.courtside, &[role], environment, &logs).await
    };
    let (projector, query_api) = (start("projector").await?, start("query-api").await?);
    scene.projected().await?;
    projector.stop().await?;
    let days = if settings.common.quick { DAYS / 10 } else { DAYS };
    let scripts = settings.common.state.join("search");
    let pgbench = settings.pg_bin.join("pgbench");
    let mut search = Search::prepare(&scene, query_api, scripts, pgbench, days, progress).await?;
    report.bookings = search.bookings;
    search.compare().await?;
    search.by_route(0, 0.5).await?;
    for round in 0..settings.rounds {
        for it in [
            search.by_route(round, settings.seconds()).await?,
            search.by_pgbench(round, settings.seconds()).await?,
        ] {
            progress.say(&report::search_line(settings.rounds, &it));
            report.searches.push(it);
        }
    }
    search.leave().await?;
    scene.close(server).await
}
