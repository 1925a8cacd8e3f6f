//! Holding a court without HTTP: what the route does behind its door, from the executor on.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use domain::bookings::{BookingCommand, BookingRejection, CourtDay, Hold, Holder, Place};
use domain::courts::CourtState;
use domain::ids::{BookingId, UserId};
use domain::players::{Player, PlayerCommand, TakeLease};
use domain::policies;
use domain::venues::VenueState;
use event_store::{ExecuteError, Executor, Metadata, PermitError};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use runtime::{Clock, Platform, Settings, Shutdown, ids};
use uuid::Uuid;

use super::counted::Counted;
use super::crowd::{Caller, Told};
use super::places::{self, Places, Wish};
use super::rivals::{self, Kind, Rival};

/// One way to hold a court.
#[derive(Clone)]
pub enum Way {
    Product(Product),
    Rival(Kind, Rival),
}

#[derive(Clone)]
pub struct Product {
    executor: Executor,
    clock: Clock,
    conflicts: Arc<AtomicU64>,
}

/// Somebody who has found a way.
pub struct Direct {
    pub way: Way,
    pub places: Arc<Places>,
}

impl Caller for Direct {
    async fn ask(&mut self, n: usize) -> anyhow::Result<Told> {
        let wish = self.places.wanted(n)?;
        match &self.way {
            Way::Product(it) => it.hold(wish).await,
            Way::Rival(kind, it) => {
                let player = places::person(wish.person).0;
                let place = rivals::Place {
                    id: command(player, &wish.key),
                    date: wish.starts_at.to_zoned(TimeZone::UTC).date(),
                    court: wish.court,
                    starts_at: wish.starts_at,
                    ends_at: wish.ends_at,
                    player,
                };
                it.hold(*kind, &place).await
            }
        }
    }
}

impl Way {
    /// So far.
    pub fn conflicts(&self) -> u64 {
        match self {
            Self::Product(it) => it.conflicts.load(Ordering::Relaxed),
            Self::Rival(_, it) => it.conflicts(),
        }
    }
}

impl Product {
    /// On what the settings name, as a role begins.
    pub async fn start() -> anyhow::Result<Self> {
        let Platform { store, clock, .. } =
            Platform::start(Settings::load()?, Shutdown::new()).await?;
        let conflicts = Arc::<AtomicU64>::default();
        let executor = Executor::new(Arc::new(Counted { store, conflicts: conflicts.clone() }));
        Ok(Self { executor, clock, conflicts })
    }

    /// In this process, on a platform that is there.
    pub fn on(platform: &Platform) -> Self {
        let (executor, clock) = (platform.executor.clone(), platform.clock.clone());
        Self { executor, clock, conflicts: Arc::default() }
    }

    async fn hold(&self, wish: Wish) -> anyhow::Result<Told> {
        self.hold_at(wish, self.clock.now()).await
    }

    /// As it was asked at that time.
    pub async fn hold_at(&self, wish: Wish, at: Timestamp) -> anyhow::Result<Told> {
        let player = places::person(wish.person);
        let command = command(player.0, &wish.key);
        let meta = Metadata::new(command, at).actor(format!("user:{player}"));
        // As over HTTP: what cannot be read now, nothing has happened to.
        let Some(place) = self.find(&wish, command, meta.at).await? else {
            return Ok(Told::Busy);
        };
        let lease = TakeLease::of(&place, command);
        self.take(player, place, lease, &meta).await
    }

    async fn find(
        &self,
        wish: &Wish,
        command: Uuid,
        at: Timestamp,
    ) -> anyhow::Result<Option<Place>> {
        let Ok(court) = self.executor.load::<CourtState>(&wish.court.stream()).await else {
            return Ok(None);
        };
        let court_revision = court.revision.context("the court is there")?;
        let court = court.state.0.context("the court is there")?;
        let Ok(venue) = self.executor.load::<VenueState>(&court.venue.stream()).await else {
            return Ok(None);
        };
        let venue_revision = venue.revision.context("the venue is there")?;
        let venue = venue.state.0.context("the venue is there")?;
        let Wish { starts_at, ends_at, .. } = *wish;
        let date = policies::service_date(&venue, starts_at);
        let booking = BookingId::derive(date, wish.court.clone(), command);
        Ok(Some(Place {
            booking,
            starts_at,
            ends_at,
            at,
            venue,
            venue_revision,
            court,
            court_revision,
        }))
    }

    async fn take(
        &self,
        player: UserId,
        place: Place,
        lease: TakeLease,
        meta: &Metadata,
    ) -> anyhow::Result<Told> {
        let (booking, until) = (place.booking.clone(), lease.until);
        let stream = player.player_stream();
        let step = |name: &str| Metadata {
            command: Uuid::new_v5(&meta.command, format!("{stream}{name}").as_bytes()),
            ..meta.clone()
        };
        let (asked, given_back) = (step(""), step(" abandon"));
        let ask = async {
            let take = PlayerCommand::TakeLease(Box::new(lease));
            self.executor.execute::<Player>(&stream, take, &asked).await.map(|_| ())
        };
        let give_back = async {
            let abandon = PlayerCommand::AbandonLease { booking: booking.clone(), until };
            let _ = self.executor.execute::<Player>(&stream, abandon, &given_back).await;
        };
        let hold = BookingCommand::Hold(Box::new(Hold { place, by: Holder::Player(player) }));
        let held = self
            .executor
            .execute_permitted::<CourtDay, _>(&booking.stream(), hold, meta, ask, give_back)
            .await;
        match held {
            Ok(_) => Ok(Told::Held),
            Err(PermitError::Command(ExecuteError::Rejected {
                rejection: BookingRejection::SlotTaken,
                ..
            })) => Ok(Told::Taken),
            Err(PermitError::Command(
                ExecuteError::Contended { .. } | ExecuteError::Unreadable(_),
            )) => Ok(Told::Busy),
            Err(PermitError::Denied(error)) => Err(error.into()),
            Err(error @ PermitError::Command(_)) => anyhow::bail!("{error:?}"),
        }
    }
}

fn command(player: Uuid, key: &str) -> Uuid {
    ids::derive(ids::NAMESPACE, &[&player.to_string(), key])
}
