//! What breaks, and in which order: the same seed, the same faults, on every machine.
use std::time::Duration;

use testing::cut::Swallowed;

use super::Ledger;
use super::world::{Wire, World};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `SIGKILL`, and a start.
    Kill(&'static str),
    /// Every process of a server, as in a power cut, and a start.
    KillServer(&'static str),
    /// `SIGSTOP`, some answers or seconds, `SIGCONT`: alive, and of no use.
    Freeze(&'static str),
    /// Every connection on the way to a server breaks.
    Cut(Wire),
    /// Nothing that a server says arrives any more, for some seconds.
    Deafen(Wire),
}

/// Nobody is mended sooner: long enough for the product to notice, and to lose patience with some of it.
const BROKEN: Duration = Duration::from_secs(4);

impl Fault {
    pub const ALL: [Self; 18] = [
        Self::Kill("command-api"),
        Self::Kill("projector"),
        Self::Kill("scheduler"),
        Self::Kill("query-api"),
        Self::KillServer("postgres"),
        Self::KillServer("rabbitmq"),
        Self::KillServer("redis"),
        Self::Freeze("command-api"),
        Self::Freeze("projector"),
        Self::Freeze("scheduler"),
        Self::Freeze("query-api"),
        Self::Freeze("postgres"),
        Self::Freeze("rabbitmq"),
        Self::Cut(Wire::Postgres),
        Self::Cut(Wire::Rabbitmq),
        Self::Cut(Wire::Redis),
        Self::Deafen(Wire::Postgres),
        Self::Deafen(Wire::Rabbitmq),
    ];

    pub fn is_kill(self) -> bool {
        matches!(self, Self::Kill(_) | Self::KillServer(_))
    }

    /// Breaks it and mends it.
    pub async fn happen(self, world: &mut World, ledger: &Ledger) {
        match self {
            Self::Kill(role) => {
                let process = world.roles.get_mut(role).expect("a role");
                process.kill();
                process.restart();
            }
            Self::KillServer("redis") => world.redis.restart(),
            Self::KillServer(server) => {
                world.services(&["kill", server]);
                world.services(&["start", server]);
            }
            Self::Freeze(who) => {
                let pids = world.pids(who);
                signal("-STOP", &pids);
                tokio::time::sleep(BROKEN).await;
                signal("-CONT", &pids);
            }
            Self::Cut(wire) => {
                for _ in 0..3 {
                    world.wire(wire).now();
                    ledger.progress(3).await;
                }
            }
            Self::Deafen(wire) => {
                world.wire(wire).swallow(Swallowed::Answers);
                tokio::time::sleep(BROKEN).await;
                world.wire(wire).heal();
            }
        }
    }
}

fn signal(name: &str, pids: &[u32]) {
    let pids = pids.iter().map(ToString::to_string);
    // One that has ended meanwhile is none to wait for.
    let _ = std::process::Command::new("kill").arg(name).args(pids).status();
}

/// Faults, each with the number of answers before it. All kinds come before any comes again.
pub struct Schedule(pub Vec<(Fault, u64)>);

impl Schedule {
    pub fn of(seed: u64, count: usize) -> Self {
        let mut random = Random(seed);
        let mut deck = Vec::new();
        let faults = std::iter::repeat_with(|| {
            if deck.is_empty() {
                deck = Fault::ALL.to_vec();
            }
            let drawn = random.below(deck.len() as u64);
            let fault = deck.swap_remove(usize::try_from(drawn).expect("a small number"));
            (fault, 5 + random.below(60))
        });
        Self(faults.take(count).collect())
    }
}

/// SplitMix64: the same numbers in every version of everything.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}
