//! Measures what identity costs: a login storm beside passwords hashed without a bound, the check of a token, and the
//! limiter. What each part says is explained in ops/bench/README.md.
mod costs;
mod redis;
mod report;
mod storm;
pub mod unbounded;

use crate::booking::places::{Courts, Places};
use crate::booking::processes::Process;
use crate::booking::progress::Progress;
use crate::booking::scene::Scene;
use crate::common::Common;
use crate::facts::{self, Facts};
use crate::server::Server;

use self::redis::Redis;
use self::report::Report;
use self::storm::{Storm, Who};

/// What ops/bench/identity passes on.
#[derive(clap::Args, Clone)]
pub struct Settings {
    #[command(flatten)]
    pub common: Common,
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// Who come all at once.
const PEOPLE: usize = 400;
/// Who book meanwhile.
const BOOKERS: usize = 200;
/// 88,400 places.
const COURTS: usize = 400;

/// Everybody registers here, so that everybody can log in.
const MORE: [(&str, &str); 1] = [("AUTH_EMAIL_VERIFICATION_REQUIRED", "false")];

pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    // Two of the product's crates bring a crypto provider each.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let progress = Progress::new();
    let rounds = if settings.common.quick { 1 } else { settings.rounds };
    progress.say(&format!("About {} min.", if settings.common.quick { 1 } else { rounds + 1 }));
    let server = Server::connect(&settings.common.url).await?;
    let mut report =
        Report::new(Facts::gather(&server, &settings.common.disk, facts::redis()).await?);

    progress.doing("people, courts and tokens");
    let mut scene = Scene::open(&server, "identity", &MORE).await?;
    scene.invite(BOOKERS).await?;
    let mut courts = Courts::new(scene.open_venue("bench", 900, 0..COURTS).await?);
    let places =
        Places { cell: "storm".to_owned(), courts: courts.take(COURTS)?, dates: scene.dates() };
    let (logs, environment) = (settings.common.state.join("identity"), &scene.environment);
    let product = Process::start(
        "command-api",
        &settings.common.courtside,
        &["command-api"],
        environment,
        &logs,
    )
    .await?;
    let myself = std::env::current_exe()?;
    let rival_url = server.database("bench_rivals").await?;
    let rival =
        Process::start("reference", &myself, &["reference", &rival_url], environment, &logs)
            .await?;
    let people = if settings.common.quick { PEOPLE / 10 } else { PEOPLE };
    progress.doing(&format!("{people} register"));
    let storm = Storm::prepare(&scene, places, product, rival, people).await?;
    let redis = Redis::start().await?;
    let costs = costs::Costs::prepare(&scene, &redis.url).await?;
    for round in 0..rounds {
        server.checkpoint().await?;
        let it = costs.measure(round, settings.common.quick).await?;
        progress.say(&report::costs_line(rounds, &it));
        report.costs.push(it);
        for who in [Who::Pool, Who::Unbounded] {
            progress.doing(report::who_name(who));
            let it = storm.run(round, who, settings.common.quick).await?;
            progress.say(&report::storm_line(rounds, &it));
            report.storms.push(it);
        }
    }
    storm.leave().await?;
    scene.close(&server).await?;
    server.drop_database("bench_rivals").await?;
    report.tell(settings)
}
