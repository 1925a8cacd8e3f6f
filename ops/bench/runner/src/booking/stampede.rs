//! Many people want few places, all at once: with HTTP and without, by one process and by two, beside the references.
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::ensure;
use futures::future::try_join_all;
use serde::Serialize;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::process::Command;

use super::crowd::Tally;
use super::door::{Errand, come};
use super::places::{Courts, Places};
use super::processes::Process;
use super::rivals::{self, Rival};
use super::scene::Scene;
use super::worker::{Part, Who};
use crate::contestants;

/// Requests under way at one time. A process takes 512 and turns away who comes then: this is what a proxy before it,
/// or two of them, would let through.
pub const AT_ONCE: usize = 400;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Cell {
    pub layer: Layer,
    pub processes: usize,
    pub people: usize,
    pub courts: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    Http,
    Direct,
}

#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    pub round: usize,
    pub cell: Cell,
    pub who: Who,
    pub wall_ms: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub held: u64,
    pub busy: u64,
    pub conflicts: Option<u64>,
    /// Afterwards, by the log or the table.
    pub found: u64,
    pub overlaps: u64,
    /// As many as there are places that somebody wants.
    pub possible: u64,
    pub failed: u64,
    pub error: Option<String>,
}

/// All who hold courts, started.
pub struct Field<'a> {
    scene: &'a Scene,
    pub product: Vec<Process>,
    pub references: Vec<Process>,
    workers: BTreeMap<Who, Vec<contestants::Process>>,
    rivals: PgPool,
}

/// What is measured in each round. The number of people is divided in a quick run.
pub fn plan(divide: usize) -> Vec<(Cell, Vec<Who>)> {
    let mut plan = Vec::new();
    for layer in [Layer::Http, Layer::Direct] {
        for processes in [1, 2] {
            for (people, courts) in [(5_000, 1), (2_000, 8)] {
                let cell = Cell { layer, processes, people: people / divide, courts };
                plan.push((cell, vec![Who::Courtside, Who::Lock, Who::Constraint]));
            }
        }
    }
    plan
}

impl<'a> Field<'a> {
    pub async fn enter(
        scene: &'a Scene,
        courtside: &Path,
        rival_url: &str,
        logs: &Path,
    ) -> anyhow::Result<Self> {
        let myself = std::env::current_exe()?;
        Rival::connect(rival_url)?.make_tables().await?;
        let (mut product, mut references) = (Vec::new(), Vec::new());
        let mut workers: BTreeMap<Who, Vec<contestants::Process>> = BTreeMap::new();
        for number in 1..=2 {
            let name = format!("command-api-{number}");
            let environment = &scene.environment;
            let started = Process::start(&name, courtside, &["command-api"], environment, logs);
            product.push(started.await?);
            let (name, arguments) = (format!("reference-{number}"), ["reference", rival_url]);
            let started = Process::start(&name, &myself, &arguments, environment, logs);
            references.push(started.await?);
            for (who, name) in [
                (Who::Courtside, "courtside"),
                (Who::Lock, "lock"),
                (Who::Constraint, "constraint"),
            ] {
                let mut command = Command::new(&myself);
                command.args(["holder", name, rival_url]).envs(environment);
                workers.entry(who).or_default().push(contestants::Process::start(command)?);
            }
        }
        let rivals = PgPoolOptions::new().max_connections(1).connect(rival_url).await?;
        Ok(Self { scene, product, references, workers, rivals })
    }

    /// Every process has met everybody: nobody's first request is measured.
    pub async fn warm_up(&mut self, courts: &mut Courts) -> anyhow::Result<()> {
        let people = self.scene.tokens.len();
        for layer in [Layer::Http, Layer::Direct] {
            for who in [Who::Courtside, Who::Lock, Who::Constraint] {
                for processes in [1, 2] {
                    let cell = Cell { layer, processes, people, courts: 1 };
                    self.stampede(0, cell, who, courts).await?;
                }
            }
        }
        Ok(())
    }

    pub async fn stampede(
        &mut self,
        round: usize,
        cell: Cell,
        who: Who,
        courts: &mut Courts,
    ) -> anyhow::Result<Measurement> {
        let courts = courts.take(cell.courts)?;
        let name = format!("stampede-{}", courts[0]);
        let dates = self.scene.dates();
        let places = Places { cell: name, courts, dates: dates[..1].to_vec() };
        let mut tally = match cell.layer {
            Layer::Http => self.over_http(cell, who, &places).await?,
            Layer::Direct => self.directly(cell, who, &places).await?,
        };
        let (found, overlaps) = self.found(who, &places).await?;
        Ok(Measurement {
            round,
            cell,
            who,
            wall_ms: tally.seconds * 1_000.0,
            p50_ms: tally.quantile_ms(0.5),
            p99_ms: tally.quantile_ms(0.99),
            held: tally.held,
            busy: tally.busy,
            conflicts: tally.conflicts,
            found,
            overlaps,
            possible: u64::try_from(places.wanted_by(cell.people))?,
            failed: tally.failed,
            error: tally.error,
        })
    }

    async fn over_http(&self, cell: Cell, who: Who, places: &Places) -> anyhow::Result<Tally> {
        let (doors, path) = match who {
            Who::Courtside => (&self.product, "/v1/bookings"),
            Who::Lock => (&self.references, "/v1/by-lock"),
            Who::Constraint => (&self.references, "/v1/by-constraint"),
        };
        let doors: Vec<_> = doors[..cell.processes].iter().map(|it| it.address).collect();
        let tokens = self.scene.tokens.clone();
        let errand = Errand { path, places: places.clone(), tokens, own: false };
        come(&doors, AT_ONCE, cell.people, errand).await
    }

    async fn directly(&mut self, cell: Cell, who: Who, places: &Places) -> anyhow::Result<Tally> {
        let Some(workers) = self.workers.get_mut(&who) else { return Ok(Tally::default()) };
        let asked = workers.iter_mut().take(cell.processes).enumerate().map(|(first, it)| {
            let part = Part {
                places: places.clone(),
                first,
                step: cell.processes,
                people: cell.people,
                callers: AT_ONCE / cell.processes,
            };
            it.ask_owned::<_, Tally>(part)
        });
        let mut all = Tally::default();
        for it in try_join_all(asked).await? {
            all.add(it);
        }
        Ok(all)
    }

    /// How many are held, and how many pairs of them overlap: not by what anybody was told.
    async fn found(&self, who: Who, places: &Places) -> anyhow::Result<(u64, u64)> {
        let date = places.dates[0];
        let kind = match who {
            Who::Courtside => return held_in(&self.scene.log, places).await,
            Who::Lock => rivals::Kind::Lock,
            Who::Constraint => rivals::Kind::Constraint,
        };
        rivals::found(&self.rivals, kind, &places.courts, date).await
    }

    pub async fn leave(self) -> anyhow::Result<()> {
        for it in self.product.into_iter().chain(self.references) {
            it.stop().await?;
        }
        Ok(())
    }
}

/// By the log: how many of these places are held, and how many pairs of them overlap.
pub async fn held_in(log: &PgPool, places: &Places) -> anyhow::Result<(u64, u64)> {
    let days = places
        .dates
        .iter()
        .flat_map(|date| places.courts.iter().map(|court| domain::bookings::stream(court, *date)));
    let days: Vec<String> = days.collect();
    let (held, overlaps): (i64, i64) =
        sqlx::query_as(include_str!("stampede/held.sql")).bind(days).fetch_one(log).await?;
    Ok((u64::try_from(held)?, u64::try_from(overlaps)?))
}

impl Measurement {
    /// What must never be, whoever it is: a place given twice, or one that nobody has although it was wanted, or an
    /// answer that the log does not bear out.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(self.overlaps == 0, "bookings overlap: {self:?}");
        // The reference with the constraint waits in deadlocks until some requests run out of time. That is its own
        // result, told by its wall time; of us it would be a fault.
        let is_ours = self.who == Who::Courtside;
        ensure!(!is_ours || self.failed == 0, "not everybody was answered: {self:?}");
        let unheard = self.found - self.found.min(self.held);
        ensure!(
            unheard <= self.failed && self.held <= self.found,
            "what was answered is not what is there: {self:?}"
        );
        if 0 < self.failed && !is_ours {
            return Ok(());
        }
        let missing = self.possible - self.found.min(self.possible);
        ensure!(missing == 0 || missing <= self.busy, "places are left: {self:?}");
        Ok(())
    }
}
