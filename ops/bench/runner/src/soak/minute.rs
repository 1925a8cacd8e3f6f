//! One minute: somebody is killed in it, and what it was like is measured at its end.
use std::collections::BTreeMap;
use std::time::Duration;

use acceptance::chaos::{Fleet, Load, ROLES, Took};
use serde::Serialize;
use tokio::time::{Instant, sleep_until};

use super::{Kill, Size};
use crate::booking::progress::Progress;
use crate::report::milliseconds;
use crate::results::{quantile, short, whole};
use crate::server::{Server, cpu};

#[derive(Serialize)]
pub struct Minute {
    pub killed: &'static str,
    /// Seconds from the kill until it was ready again.
    pub away: f64,
    pub answers: u64,
    /// Requests without an answer, or told that somebody is away. Those that change something were asked again.
    pub lost: usize,
    /// Those of them that cannot come of the kill.
    pub lost_in_peace: usize,
    pub p50_us: Option<u64>,
    pub p99_us: Option<u64>,
    /// Of the process of each role that is never killed, and of Postgres, in bytes.
    pub memory: BTreeMap<&'static str, u64>,
}

pub const POSTGRES: &str = "Postgres";
/// Who had asked the one that was killed may learn so a little later than that it is back.
const AFTERMATH: Duration = Duration::from_secs(5);

impl Minute {
    pub fn line(&self) -> String {
        format!(
            "{} killed, back after {} s: {} answers, {} requests without one, p50 {}, p99 {}",
            self.killed,
            short(self.away),
            whole(self.answers),
            self.lost,
            milliseconds(self.p50_us),
            milliseconds(self.p99_us)
        )
    }
}

pub struct Watch<'a> {
    pub size: &'a Size,
    pub server: &'a Server,
    pub load: &'a Load,
    pub progress: &'a Progress,
}

impl Watch<'_> {
    pub async fn minute(
        &self,
        number: usize,
        fleet: &mut Fleet,
        kill: Kill,
    ) -> (Minute, Vec<Took>) {
        let ledger = &self.load.ledger;
        let (begin, answers, lost) = (Instant::now(), ledger.answers(), ledger.all_lost().len());
        self.wait(number, begin + self.size.minute.mul_f64(kill.moment)).await;
        let killed = Instant::now();
        let victim = fleet.last(kill.role);
        victim.kill();
        victim.restart();
        victim.ready().await;
        let back = Instant::now();
        self.wait(number, begin + self.size.minute).await;

        let (took, lost) = (ledger.take_took(), ledger.all_lost().split_off(lost));
        let in_peace = |at: Instant| at < killed || back + AFTERMATH < at;
        let mut waits: Vec<u64> = took.iter().map(|it| micros(it.wait)).collect();
        waits.sort_unstable();
        let memory = ROLES.iter().map(|it| (*it, cpu::resident(fleet.first(it).pid())));
        let memory = memory.chain([(POSTGRES, self.server.memory())]);
        let minute = Minute {
            killed: kill.role,
            away: (back - killed).as_secs_f64(),
            answers: ledger.answers() - answers,
            lost: lost.len(),
            lost_in_peace: lost.iter().filter(|it| in_peace(it.at)).count(),
            p50_us: quantile(&waits, 0.5),
            p99_us: quantile(&waits, 0.99),
            memory: memory.filter_map(|(who, it)| Some((who, it?))).collect(),
        };
        (minute, took)
    }

    /// Says each second how far it is.
    async fn wait(&self, number: usize, until: Instant) {
        let ledger = &self.load.ledger;
        while Instant::now() < until {
            let before = ledger.answers();
            sleep_until(until.min(Instant::now() + Duration::from_secs(1))).await;
            self.progress.doing(&format!(
                "minute {} of {}: {} answers in a second",
                number + 1,
                self.size.minutes,
                ledger.answers() - before
            ));
        }
    }
}

pub fn micros(it: Duration) -> u64 {
    u64::try_from(it.as_micros()).unwrap_or(u64::MAX)
}
