//! How fast the live builds come from nothing to the end of the log: all projections at once, as an installation does
//! that is new to its log.
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde::Serialize;

use super::history::per_second;
use crate::booking::processes::Process;
use crate::booking::scene::Scene;
use crate::results::{short, whole};
use crate::server::cpu;

/// Ten times what it took.
const PATIENCE: Duration = Duration::from_mins(20);

#[derive(Clone, Debug, Serialize)]
pub struct Followed {
    pub projections: i64,
    pub events: u64,
    pub seconds: f64,
    pub peak_mb: u64,
}

impl Followed {
    pub fn line(&self) -> String {
        format!(
            "{} projections followed {} events in {:.0} s, {}/s each; at most {} MB",
            self.projections,
            whole(self.events),
            self.seconds,
            short(per_second(self.events, self.seconds)),
            self.peak_mb
        )
    }
}

/// From the projector's start, which has just been.
pub async fn measure(scene: &Scene, projector: &Process) -> anyhow::Result<Followed> {
    let began = Instant::now();
    let head = scene.platform.store.head().await?;
    let arrived = "SELECT count(*) FILTER (WHERE position >= $1), count(*) FROM builds
        JOIN checkpoints ON name = projection || '@' || build
        WHERE state = 'live'";
    loop {
        let (there, all): (i64, i64) =
            sqlx::query_as(arrived).bind(i64::try_from(head)?).fetch_one(&scene.read).await?;
        if 0 < all && there == all {
            return Ok(Followed {
                projections: all,
                events: head,
                seconds: began.elapsed().as_secs_f64(),
                peak_mb: projector.pid().and_then(cpu::peak).unwrap_or_default() >> 20,
            });
        }
        ensure!(began.elapsed() < PATIENCE, "{there} of {all} projections have come to {head}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
