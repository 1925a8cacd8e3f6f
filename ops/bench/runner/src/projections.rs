//! Measures projections: how fast they follow and are built anew, what searches feel of that, and how far they are
//! behind. What each part says is explained in ops/bench/README.md.
mod behind;
mod copies;
mod followed;
mod history;
mod rebuilt;
mod report;

use std::path::PathBuf;

use crate::booking::places::{Courts, Places};
use crate::booking::processes::Process;
use crate::booking::progress::Progress;
use crate::booking::scene::Scene;
use crate::booking::search;
use crate::common::Common;
use crate::facts::Facts;
use crate::server::Server;

use self::behind::Rate;
use self::copies::Copies;
use self::history::History;
use self::rebuilt::{Rebuilds, WORKERS};
use self::report::Report;

/// What ops/bench/projections passes on.
#[derive(clap::Args, Clone)]
pub struct Settings {
    #[command(flatten)]
    pub common: Common,
    /// Where Postgres's own programs are.
    #[arg(long)]
    pg_bin: PathBuf,
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// Who books while it is measured how far the read models are behind.
const PEOPLE: usize = 2_000;
/// Courts where nobody has booked yet: 26,520 places.
const FREE_COURTS: std::ops::Range<usize> = 2_000..2_120;

pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    // Two of the product's crates bring a crypto provider each.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let progress = Progress::new();
    let rounds = if settings.common.quick { 1 } else { settings.rounds };
    progress.say(&format!("About {} min.", if settings.common.quick { 1 } else { 4 + 3 * rounds }));
    let server = Server::connect(&settings.common.url).await?;
    let facts =
        Facts::gather(&server, &settings.common.disk, std::collections::BTreeMap::new()).await?;

    progress.doing("people, courts and their history");
    let mut scene = Scene::open(&server, "projections", &[]).await?;
    scene.invite(PEOPLE).await?;
    for venue in 0..search::VENUES {
        scene.open_venue(&search::venue_name(venue), 900, search::courts_of(venue)).await?;
    }
    let free = Courts::new(scene.open_venue("free", 900, FREE_COURTS).await?).take(120)?;
    let history = History::of(settings.common.quick);
    let filled = history.write(&scene, &progress).await?;
    progress.say(&filled.line());
    let mut report = Report::new(facts, filled);

    let (logs, environment) = (settings.common.state.join("projections"), &scene.environment);
    let start = async |role: &str| {
        Process::start(role, &settings.common.courtside, &[role], environment, &logs).await
    };
    let projector = start("projector").await?;
    let followed = followed::measure(&scene, &projector).await?;
    progress.say(&followed.line());
    report.followed = Some(followed);

    let query_api = start("query-api").await?;
    let copies = Copies::new(&scene, &settings.pg_bin, &logs).await?;
    let rebuilds = Rebuilds {
        scene: &scene,
        courtside: &settings.common.courtside,
        projector: &projector,
        query_api: &query_api,
    };
    for round in 0..rounds {
        for (name, rows) in history.rows() {
            server.checkpoint().await?;
            progress.doing(&format!("{name} anew"));
            let rebuilt = rebuilds.measure(round, name, rows).await?;
            progress.say(&rebuilt.line(rounds));
            report.rebuilds.push(rebuilt);
            server.checkpoint().await?;
            progress.doing(&format!("the copies of {name}"));
            let copied = copies.measure(round, name).await?;
            progress.say(&copied.line(rounds));
            report.copies.push(copied);
        }
        for workers in [1, WORKERS] {
            server.checkpoint().await?;
            progress.doing("searches while a projection is built");
            let felt = rebuilds.felt_by_searches(round, workers, settings.common.quick).await?;
            progress.say(&felt.line(rounds));
            report.felt.push(felt);
        }
    }

    let command_api = start("command-api").await?;
    let places = Places { cell: "behind".to_owned(), courts: free, dates: scene.dates() };
    let rate = Rate::of(settings.common.quick);
    progress.say(&format!("{} holds a second for {} s", rate.a_second, rate.seconds));
    report.behind = behind::measure(&scene, &command_api, places, rate, &progress).await?;
    for it in &report.behind {
        progress.say(&it.line());
    }
    for it in [command_api, query_api, projector] {
        it.stop().await?;
    }
    scene.close(&server).await?;
    report.tell(settings)
}
