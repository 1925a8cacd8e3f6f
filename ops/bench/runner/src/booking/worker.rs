//! A process that holds courts without HTTP: told by lines of JSON, as the log's contestants are.
use std::io::Write;
use std::sync::Arc;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader};

use super::crowd::{Tally, Turnstile, Until, let_in};
use super::direct::{Direct, Product, Way};
use super::places::Places;
use super::rivals::{Kind, Rival};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    Courtside,
    Lock,
    Constraint,
}

/// The part of a crowd that comes to this process: `first`, `first + step`, … below `people`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Part {
    pub places: Places,
    pub first: usize,
    pub step: usize,
    pub people: usize,
    /// So many at a time.
    pub callers: usize,
}

pub async fn run(who: Who, rival_url: &str) -> anyhow::Result<()> {
    let way = match who {
        Who::Courtside => Way::Product(Product::start().await?),
        Who::Lock => Way::Rival(Kind::Lock, Rival::connect(rival_url)?),
        Who::Constraint => Way::Rival(Kind::Constraint, Rival::connect(rival_url)?),
    };
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let tally = hold(&way, serde_json::from_str(&line)?).await?;
        let mut out = std::io::stdout().lock();
        serde_json::to_writer(&mut out, &tally)?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}

async fn hold(way: &Way, part: Part) -> anyhow::Result<Tally> {
    let Part { places, first, step, people, callers } = part;
    let places = Arc::new(places);
    let before = way.conflicts();
    let callers =
        (0..callers).map(|_| Direct { way: way.clone(), places: places.clone() }).collect();
    let mut tally = let_in(callers, Turnstile::new(first, step, Until::Number(people))).await?;
    tally.conflicts = Some(way.conflicts() - before);
    Ok(tally)
}
