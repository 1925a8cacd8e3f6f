//! Somebody is being erased, and the scheduler is killed with `-9` before, in the middle, and after the keys are gone.
use domain::bookings::{BookingCommand, By, CourtDay};
use domain::claims::{Claim, ClaimCommand};
use domain::ids::{BookingId, UserId};
use domain::players::{Player, PlayerCommand, TakeLease};
use domain::users::{ErasureCause, User, UserCommand};
use jiff::SignedDuration;
use runtime::{ids, postgres};
use sqlx::PgPool;
use testing::eventually;
use vault::Vault;

use crate::crashes::system::{SOON, System};

/// Enough that a kill lands between two of them.
const BOOKINGS: usize = 40;
const LONG: u32 = 3_600;
const CLAIM: &str = "claim-email-of-the-one";

struct Life<'a> {
    system: &'a System,
    vault: PgPool,
    user: UserId,
}

impl Life<'_> {
    async fn register(&self) {
        let kek = self.system.platform.settings.keys.kek.clone().unwrap();
        let vault = Vault::new(self.vault.clone(), &kek).unwrap();
        let claims = [CLAIM.to_owned(), "claim-username-of-the-one".to_owned()];
        self.system.register(&vault, self.user, claims).await;
        let at = self.system.platform.clock.now();
        let until = at + SignedDuration::from_mins(2);
        let claim = ClaimCommand::Claim { user: self.user, until, at, fenced: None };
        self.system.execute::<Claim>(CLAIM, claim).await;
        self.system.execute::<Claim>(CLAIM, ClaimCommand::Confirm { user: self.user }).await;
    }

    async fn book(&self) -> BookingId {
        let booking = self.system.hold_for(self.user, LONG).await;
        let at = self.system.platform.clock.now();
        let take = TakeLease {
            booking: booking.clone(),
            reference: booking.clone(),
            command: ids::new(),
            venue: "nord".parse().unwrap(),
            until: at + SignedDuration::from_mins(61),
            at,
            quotas: None,
        };
        let take = PlayerCommand::TakeLease(Box::new(take));
        self.system.execute::<Player>(&self.user.player_stream(), take).await;
        let confirm = BookingCommand::Confirm {
            booking: booking.clone(),
            payment_reference: None,
            by: By::Player,
            at,
        };
        self.system.execute::<CourtDay>(&booking.stream(), confirm).await;
        booking
    }

    async fn names(&self, stream: &str, from: u64) -> Vec<String> {
        let events = self.system.platform.store.read_stream(stream, from, 200).await.unwrap();
        events.into_iter().map(|it| it.kind).collect()
    }

    async fn tombstones(&self) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM tombstones");
        count.fetch_one(&self.vault).await.unwrap()
    }

    async fn is_erased(&self) -> bool {
        self.names(&self.user.stream(), 2).await.last().is_some_and(|it| it == "user.erased.v1")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_that_killed_schedulers_had_begun_is_finished_once() {
    let system = System::new().await;
    let vault = postgres::pool(&system.platform.settings.vault_database_url, 2).unwrap();
    let life = Life { system: &system, vault, user: UserId(ids::new()) };
    life.register().await;
    let mut bookings = Vec::with_capacity(BOOKINGS);
    for _ in 0..BOOKINGS {
        bookings.push(life.book().await);
    }
    let mut scheduler = system.scheduler().await;
    scheduler.kill();
    let erase = UserCommand::RequestErasure { cause: ErasureCause::Own, reason: None };
    system.execute::<User>(&life.user.stream(), erase).await;

    scheduler.restart();
    let begun = async || life.names(&bookings[0].stream(), 2).await.len() == 1;
    eventually("the first booking is cancelled", SOON, begun).await;
    scheduler.kill();
    println!("killed with the keys destroyed: {}", life.tombstones().await);

    scheduler.restart();
    eventually("the keys are destroyed", SOON, async || life.tombstones().await == 1).await;
    scheduler.kill();
    assert!(!life.is_erased().await, "others may still have one in memory");

    let [second, third] = [system.scheduler().await, system.scheduler().await];
    eventually("the end is recorded", SOON, async || life.is_erased().await).await;
    let account = life.names(&life.user.stream(), 2).await;
    assert_eq!(account, ["user.erasure-requested.v1", "user.erased.v1"]);
    for booking in &bookings {
        let ends = life.names(&booking.stream(), 2).await;
        assert_eq!(ends, ["booking.cancelled.v2"], "{booking}");
    }
    let claim = life.names(CLAIM, 2).await;
    assert_eq!((claim, life.tombstones().await), (vec!["claim.released.v1".to_owned()], 1));
    drop((second, third));
    system.end().await;
}
