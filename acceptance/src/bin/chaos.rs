//! Behind `ops/chaos`; start that instead.
#![expect(clippy::disallowed_methods, reason = "a seed that nobody named is anybody's")]
use std::path::PathBuf;
use std::time::{Duration, Instant};

use acceptance::Process;
use acceptance::chaos::{
    Credential, End, Fleet, Ledger, Load, Plan, Rotation, Schedule, Webhook, World,
    every_promise_was_kept, with_all_credentials,
};
use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    breaking: Breaking,
}

#[derive(Subcommand)]
enum Command {
    /// From another version to this one, process by process.
    Upgrade {
        /// The other version's binary.
        #[arg(long)]
        from: PathBuf,
    },
    /// Exchanges every credential, one after the other.
    Rotation,
}

#[derive(clap::Args)]
struct Breaking {
    /// The faults' order and times; another one each time if it is not said.
    #[arg(long)]
    seed: Option<u64>,
    /// So many faults, if there is time for them.
    #[arg(long, default_value_t = 36)]
    faults: usize,
    /// No fault begins after so many minutes.
    #[arg(long, default_value_t = 15)]
    minutes: u64,
    /// So many people at once.
    #[arg(long, default_value_t = 6)]
    people: usize,
}

#[tokio::main]
async fn main() {
    let Arguments { command, breaking } = Arguments::parse();
    match command {
        None => break_things(breaking).await,
        Some(Command::Upgrade { from }) => upgrade(&from.display().to_string()).await,
        Some(Command::Rotation) => rotation().await,
    }
}

/// Lines with the seconds since it began.
struct Said(Instant);

impl Said {
    fn say(&self, what: &str) {
        println!("{:>5} s  {what}", self.0.elapsed().as_secs());
    }

    /// Ends the load and looks up what it was answered.
    async fn check(&self, load: Load, anyone: &acceptance::Client, world: &World) {
        let ledger = load.end().await;
        self.say(&format!("{}; each is looked up now", sum(&ledger)));
        let found = every_promise_was_kept(anyone, &world.environment, &ledger).await;
        self.say(&format!(
            "kept: {} holds, {} logins, in {} events; {} projections are as built anew",
            found.holds, found.logins, found.events, found.projections
        ));
    }
}

fn sum(ledger: &Ledger) -> String {
    format!("{} answers, {} requests without one", ledger.answers(), ledger.all_lost().len())
}

async fn break_things(Breaking { seed, faults, minutes, people }: Breaking) {
    let seed = seed.unwrap_or_else(|| u64::from(uuid::Uuid::new_v4().as_fields().0));
    println!("seed {seed}: ops/chaos --seed {seed} --faults {faults} does the same again");
    let (said, most) = (Said(Instant::now()), Duration::from_secs(60 * minutes));
    let mut world = World::start().await;
    let webhook = Webhook::start(&world.client()).await;
    let load = Load::start(&world.client(), &Plan { people, ..Plan::default() });
    for (number, fault) in Schedule::of(seed, faults).0.into_iter().enumerate() {
        if most < said.0.elapsed() {
            said.say(&format!("time is up after {number} faults"));
            break;
        }
        said.say(&format!("{:?}, after {} answers", fault.0, fault.1));
        load.under(&mut world, &[fault]).await;
    }
    said.check(load, &world.client(), &world).await;
    let (changes, again) = webhook.was_told_everything(&world.client(), faults).await;
    said.say(&format!("told: a webhook took all {changes} changes, {again} of them once more"));
}

/// The other version's databases, this one's migrations under it, and then one process after the other.
async fn upgrade(from: &str) {
    let said = Said(Instant::now());
    let world = World::of_version(Some(from)).await;
    let mut fleet = Fleet::of_version(&world, from).await;
    let load = Load::start(&fleet.client(), &Plan::default());
    load.ledger.progress(100).await;
    said.say(&format!("the version before, by itself: {}", sum(&load.ledger)));

    let (well, listed) = Process::run(&["migrate", "--list"], &world.environment).await;
    assert!(well, "{listed}");
    let (well, migrated) = Process::run(&["migrate"], &world.environment).await;
    assert!(well, "{migrated}");
    load.ledger.progress(300).await;
    said.say(&format!("the version before on this one's schema: {}", sum(&load.ledger)));

    fleet.set("COURTSIDE_BIN", None);
    fleet.roll(End::Asked, &load.ledger).await;
    said.say(&format!("every process is of this version: {}", sum(&load.ledger)));
    let before = load.ledger.all_lost();
    for it in &before {
        said.say(&format!("without an answer: {}, {}", it.what, it.came));
    }

    fleet.roll(End::Asked, &load.ledger).await;
    said.say(&format!("this version, exchanged once more: {}", sum(&load.ledger)));
    let since = load.ledger.all_lost().split_off(before.len());
    assert!(since.is_empty(), "this version lets nobody down: {since:?}");
    said.check(load, &fleet.client(), &world).await;
}

/// As the runbook of rotations says it, each by itself.
async fn rotation() {
    let said = Said(Instant::now());
    let mut world = World::without_roles().await;
    with_all_credentials(&mut world);
    let mut fleet = Fleet::start(&world).await;
    let load = Load::start(&fleet.client(), &Plan::default());
    load.ledger.progress(100).await;
    for credential in Credential::ALL {
        Rotation::new(&mut world, &mut fleet, &load.ledger).exchange(&[credential]).await;
        said.say(&format!("{credential:?} exchanged: {}", sum(&load.ledger)));
        let lost = load.ledger.all_lost();
        assert!(lost.is_empty(), "a rotation lets nobody down: {lost:?}");
    }
    said.check(load, &fleet.client(), &world).await;
}
