//! News of waitlists → offers, and their ends.
use std::collections::BTreeSet;
use std::time::Duration;

use access::maintenance::Maintenance;
use domain::bookings::{BookingCommand, CourtDay, stream as court_day};
use domain::ids::{BookingId, CourtCode, VenueId};
use domain::users::User;
use domain::waitlist::{
    Offer, OfferEnd, Waiter, WaitingId, Waitlist, WaitlistCommand, WaitlistRejection, stream,
};
use event_store::execute::ReadFailure;
use event_store::{ExecuteError, Executor, Metadata};
use jiff::SignedDuration;
use jiff::civil::Date;
use runtime::{Clock, Shutdown, ids};
use sqlx::PgPool;

use super::hold::{Asked, NotHeld, hold};
use super::metrics::WaitlistMetrics;
use super::rows::{self, News};
use super::scene::Scene;
use crate::rounds;

/// Offers places. Any number of workers may run on one table.
pub struct Worker {
    pub db: PgPool,
    pub executor: Executor,
    pub clock: Clock,
    pub maintenance: Maintenance,
    pub metrics: WaitlistMetrics,
}

pub(super) const ACTOR: &str = "system:scheduler";
/// All that is claimed is worked on at once, so that no claim runs out while its row waits for its turn.
const AT_ONCE: u8 = 8;
/// Shorter than a claim: whoever takes longer leaves the list alone before another one may take it.
const GIVE_UP: Duration = Duration::from_secs(10);
/// So many failures in a row are worth an operator's look; it is tried again all the same.
const ALARMING: i32 = 10;
/// How often a list is looked at without news: places are released by the clock, and quotas become free.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(60);

/// The list is not yet as it has to be. The row stays, and is due again.
#[derive(Debug, thiserror::Error)]
enum NotServed {
    #[error("a stream cannot be read")]
    Unread(#[from] ReadFailure),
    #[error("which courts there are cannot be read")]
    Courts(#[from] sqlx::Error),
    #[error("the waitlist gave no answer")]
    List(#[source] ExecuteError<WaitlistRejection>),
    #[error("no place could be held")]
    NotHeld(#[from] NotHeld),
    #[error("it took too long")]
    TooSlow,
}

/// Whether anybody is left.
enum Left {
    Somebody,
    Nobody,
}

/// A list at work, as it is by now.
struct Round<'a> {
    worker: &'a Worker,
    date: Date,
    stream: String,
    list: Waitlist,
    scene: Scene,
}

impl Worker {
    pub async fn run(&self, shutdown: Shutdown) {
        while !shutdown.is_cancelled() {
            let round = rounds::in_time(self.round()).await;
            let wait = rounds::wait_after("nothing can be offered", round);
            let _ = tokio::time::timeout(wait, shutdown.cancelled()).await;
        }
    }

    /// Works on what is due, at most one batch, and returns how many there were. During a maintenance nothing is: no hold
    /// is made then, and none ends.
    pub async fn round(&self) -> Result<usize, sqlx::Error> {
        if self.maintenance.is_on() {
            return Ok(0);
        }
        let claimed = rows::claim(&self.db, self.clock.now(), AT_ONCE.into()).await?;
        let count =
            rounds::settle(claimed, AT_ONCE.into(), |it| async move { self.settle(&it).await })
                .await?;
        if let Ok(lists) = rows::count(&self.db).await {
            self.metrics.lists.set(lists);
        }
        Ok(count)
    }

    async fn settle(&self, news: &News) -> Result<(), sqlx::Error> {
        let served = match news.list() {
            Some((venue, date)) => tokio::time::timeout(GIVE_UP, self.serve(&venue, date))
                .await
                .unwrap_or(Err(NotServed::TooSlow)),
            None => Ok(Left::Nobody),
        };
        let now = self.clock.now();
        match served {
            Ok(Left::Nobody) => rows::over(&self.db, news, now).await,
            Ok(Left::Somebody) => rows::done(&self.db, news, now + LOOK_AGAIN, now).await,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                let (venue, date) = (&news.venue, news.date.to_jiff());
                if news.attempts == ALARMING {
                    tracing::error!(error, venue, %date, "a waitlist gets no offers");
                } else {
                    tracing::debug!(error, venue, %date, "a waitlist has no offers yet");
                }
                Ok(())
            }
        }
    }

    async fn serve(&self, venue: &VenueId, date: Date) -> Result<Left, NotServed> {
        let stream = stream(venue, date);
        let list = self.executor.load::<Waitlist>(&stream).await?.state;
        if list.is_over(self.clock.now()) {
            return Ok(Left::Nobody);
        }
        let courts = rows::courts(&self.db, venue).await?;
        let scene = Scene::of(&self.executor, venue, courts, date).await?;
        let Some(scene) = scene else { return Ok(Left::Nobody) };
        let mut round = Round { worker: self, date, stream, list, scene };
        round.end_offers().await?;
        for offer in round.list.untold(&round.scene.grounds, self.clock.now()) {
            round.tell(offer).await?;
        }
        round.end_offers().await?;
        round.offer().await?;
        Ok(if round.list.is_over(self.clock.now()) { Left::Nobody } else { Left::Somebody })
    }
}

impl Round<'_> {
    /// Tells what became of the holds.
    async fn end_offers(&mut self) -> Result<(), NotServed> {
        let now = self.worker.clock.now();
        let open: Vec<BookingId> = self.list.open_offers().map(|it| it.booking.clone()).collect();
        for booking in open {
            let Some(how) = self.scene.end_of(&booking, now) else { continue };
            let appended = self.ask(WaitlistCommand::EndOffer { booking, how }).await;
            if appended.map_err(NotServed::List)? && how == OfferEnd::Lapsed {
                self.worker.metrics.lapsed.inc();
            }
        }
        Ok(())
    }

    /// Holds places for those whose turn it is, until nobody is left for whom there is one.
    async fn offer(&mut self) -> Result<(), NotServed> {
        let mut passed_over: BTreeSet<WaitingId> = BTreeSet::new();
        let mut missed: BTreeSet<WaitingId> = BTreeSet::new();
        loop {
            let now = self.worker.clock.now();
            let Scene { venue, grounds, .. } = &self.scene;
            let next = self.list.next_offer(venue, grounds, &passed_over, now);
            let Some((waiter, place)) = next.map(|(it, place)| (it.clone(), place)) else {
                return Ok(());
            };
            if !self.may_have(&waiter).await? {
                passed_over.insert(waiter.id);
                continue;
            }
            // On the heap: it holds two streams' states at once.
            let asked = Box::pin(hold(&self.worker.executor, &self.scene, &waiter, &place, now));
            match asked.await? {
                Asked::Held(offer, day) => {
                    self.scene.changed(&place.court, *day);
                    self.tell(offer).await?;
                }
                // Somebody was faster. Once: who is always too late has to wait for the next round.
                Asked::Taken if missed.insert(waiter.id.clone()) => self.look(&place.court).await?,
                Asked::Taken | Asked::NotForThem => {
                    passed_over.insert(waiter.id);
                }
            }
        }
    }

    async fn look(&mut self, court: &CourtCode) -> Result<(), NotServed> {
        let stream = court_day(court, self.date);
        let day = self.worker.executor.load::<CourtDay>(&stream).await?.state;
        self.scene.changed(court, day);
        Ok(())
    }

    /// Whoever is disabled is passed over, and whoever is being erased waits no more.
    async fn may_have(&mut self, waiter: &Waiter) -> Result<bool, NotServed> {
        let user = self.worker.executor.load::<User>(&waiter.user.stream()).await?.state;
        if !user.is_there() {
            let leave = WaitlistCommand::Leave { waiting: waiter.id.clone() };
            self.ask(leave).await.map_err(NotServed::List)?;
        }
        Ok(user.is_there() && !user.disabled)
    }

    /// Puts an offer on record, from where the mail comes. Where the list has none for them any more, because they left
    /// or another worker was faster, the hold is given back.
    async fn tell(&mut self, offer: Offer) -> Result<(), NotServed> {
        let booking = offer.booking.clone();
        match self.ask(WaitlistCommand::Offer(offer)).await {
            Ok(true) => {
                self.worker.metrics.offers.inc();
                Ok(())
            }
            Ok(false) => Ok(()),
            Err(ExecuteError::Rejected { .. }) => self.give_back(booking).await,
            Err(error) => Err(NotServed::List(error)),
        }
    }

    async fn give_back(&mut self, booking: BookingId) -> Result<(), NotServed> {
        let at = self.worker.clock.now();
        let stream = booking.stream();
        let release = BookingCommand::Release { booking: booking.clone(), at };
        let meta = Metadata::new(ids::new(), at).actor(ACTOR);
        match self.worker.executor.execute::<CourtDay>(&stream, release, &meta).await {
            Ok(done) => self.scene.changed(booking.court(), done.state),
            // Confirmed, or over: it is not an offer any more.
            Err(ExecuteError::Rejected { .. }) => {}
            Err(error) => return Err(NotHeld::CourtDay(error).into()),
        }
        Ok(())
    }

    /// Whether this changed the list. A new id each time: the list knows what it was told already.
    async fn ask(
        &mut self,
        command: WaitlistCommand,
    ) -> Result<bool, ExecuteError<WaitlistRejection>> {
        let meta = Metadata::new(ids::new(), self.worker.clock.now()).actor(ACTOR);
        let done = self.worker.executor.execute::<Waitlist>(&self.stream, command, &meta).await?;
        self.list = done.state;
        Ok(!done.appended.is_empty())
    }
}
