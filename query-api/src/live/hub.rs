//! One reader of changes for all listeners of this process: no connection of the database belongs to a listener, and
//! what is read is kept once, however many hear it.
//!
//! **Invariant:** a listener that has a seat hears every change after what the hub had told before; whatever a snapshot
//! opened after that shows too, it tells apart by its mark.
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use event_store::LogId;
use runtime::problem::{OVERLOADED, PROJECTION_BEHIND, QUOTA_EXCEEDED};
use runtime::{Problem, Shutdown};
use sqlx::PgPool;
use tokio::sync::{Notify, Semaphore, mpsc, watch};

use super::mark::Mark;
use super::measures::Measures;
use super::rows::{self, Day, Told};
use crate::snapshot::Arrivals;

/// Listeners of one process. Half of the connections that it takes are left for those who ask.
pub const MOST_LISTENERS: usize = 1_000;
/// Of one address: a club's whole house behind one router.
pub const MOST_PER_ADDRESS: usize = 50;
/// Changes that wait for one listener: a whole day that is blocked, many times over. Who is further behind is let go.
const WAITING: usize = 1_024;
/// Told one by one at once. After more, everybody is shown their day anew, which is less.
const MOST_CHANGES: usize = 2_000;
/// How long the hub waits without a wake-up, and after one, so that a busy log is read in steps.
const PATIENCE: Duration = Duration::from_secs(1);
const BREATH: Duration = Duration::from_millis(20);
/// How long a listener waits for a hub that begins.
const BEGINNING: Duration = Duration::from_secs(2);
/// Days that are read at once, when everybody has to be shown theirs.
const READS: usize = 4;

/// Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    read: PgPool,
    log: LogId,
    seats: Mutex<Seats>,
    /// What every seat has heard; `None` while nobody listens.
    told: watch::Sender<Option<Mark>>,
    joined: Notify,
    reads: Semaphore,
    measures: Measures,
    shutdown: Shutdown,
}

#[derive(Default)]
struct Seats {
    next: u64,
    taken: usize,
    by_address: HashMap<IpAddr, usize>,
    ears: HashMap<String, HashMap<u64, Ear>>,
}

struct Ear {
    day: Day,
    sender: mpsc::Sender<Heard>,
}

/// What a seat hears.
pub(super) enum Heard {
    Change(Arc<Told>),
    /// What was told before cannot be continued.
    Again,
}

/// A place to listen from, until it is dropped.
pub(super) struct Seat {
    pub heard: mpsc::Receiver<Heard>,
    hub: Hub,
    number: u64,
    venue: String,
    address: Option<IpAddr>,
}

impl Hub {
    pub fn start(
        read: PgPool,
        log: LogId,
        arrivals: Arrivals,
        measures: Measures,
        shutdown: Shutdown,
    ) -> Self {
        let hub = Self(Arc::new(Inner {
            read,
            log,
            seats: Mutex::default(),
            told: watch::Sender::new(None),
            joined: Notify::new(),
            reads: Semaphore::new(READS),
            measures,
            shutdown,
        }));
        tokio::spawn(hub.clone().run(arrivals));
        hub
    }

    /// Takes a seat, and returns when it hears.
    pub(super) async fn join(&self, day: Day, address: Option<IpAddr>) -> Result<Seat, Problem> {
        let seat = self.sit(day, address.map(household))?;
        self.0.joined.notify_one();
        let mut told = self.0.told.subscribe();
        let begun = tokio::time::timeout(BEGINNING, told.wait_for(Option::is_some)).await;
        if matches!(begun, Ok(Ok(_))) {
            return Ok(seat);
        }
        Err(Problem::new(PROJECTION_BEHIND, "nothing can be listened to so far").retry_after(2))
    }

    fn sit(&self, day: Day, address: Option<IpAddr>) -> Result<Seat, Problem> {
        let mut seats = self.seats();
        if MOST_LISTENERS <= seats.taken {
            self.0.measures.refused.inc();
            let detail = format!("{MOST_LISTENERS} listen here already");
            return Err(Problem::new(OVERLOADED, detail).retry_after(10));
        }
        if let Some(address) = address {
            let count = seats.by_address.entry(address).or_default();
            if MOST_PER_ADDRESS <= *count {
                self.0.measures.refused.inc();
                let detail = format!("{MOST_PER_ADDRESS} listen from this address already");
                return Err(Problem::new(QUOTA_EXCEEDED, detail).retry_after(30));
            }
            *count += 1;
        }
        let (sender, heard) = mpsc::channel(WAITING);
        let (number, venue) = (seats.next, day.venue.to_string());
        seats.next += 1;
        seats.taken += 1;
        seats.ears.entry(venue.clone()).or_default().insert(number, Ear { day, sender });
        self.0.measures.listeners.inc();
        Ok(Seat { heard, hub: self.clone(), number, venue, address })
    }

    /// Up to where every seat has heard everything.
    pub(super) fn told(&self) -> Option<Mark> {
        *self.0.told.borrow()
    }

    pub(super) fn measures(&self) -> &Measures {
        &self.0.measures
    }

    pub(super) fn shutdown(&self) -> &Shutdown {
        &self.0.shutdown
    }

    /// Leave to read a day, when everybody reads theirs.
    pub(super) async fn turn(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        self.0.reads.acquire().await.ok()
    }

    async fn run(self, mut arrivals: Arrivals) {
        let mut is_well = true;
        while !self.0.shutdown.is_cancelled() {
            if self.is_idle() {
                tokio::select! {
                    () = self.0.joined.notified() => {}
                    () = self.0.shutdown.cancelled() => return,
                }
            }
            arrivals.mark_seen();
            match self.tell().await {
                Ok(()) => is_well = true,
                Err(error) => {
                    if is_well {
                        let error = &error as &dyn std::error::Error;
                        tracing::warn!(error, "changes cannot be read; listeners wait");
                    }
                    is_well = false;
                }
            }
            tokio::select! {
                () = arrivals.next() => {}
                () = self.0.joined.notified() => {}
                () = tokio::time::sleep(PATIENCE) => {}
                () = self.0.shutdown.cancelled() => return,
            }
            tokio::time::sleep(BREATH).await;
        }
    }

    /// While nobody listens nothing is read. Whoever sits down afterwards waits until it is again.
    fn is_idle(&self) -> bool {
        let seats = self.seats();
        let is_idle = seats.ears.is_empty();
        if is_idle {
            self.0.told.send_replace(None);
        }
        is_idle
    }

    /// Reads what is new and tells it; then says how far that is.
    async fn tell(&self) -> Result<(), sqlx::Error> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut tx = self.0.read.begin_with(begin).await?;
        let Some(now) = rows::standing(&mut tx, self.0.log).await? else { return Ok(()) };
        let told = self.told();
        match told {
            None => {}
            // A database that crashed may have lost the last moment, and what comes in its place may be parked otherwise.
            Some(it) if it.telling != now.telling || now.position < it.position => {
                self.tell_again();
            }
            Some(it) if it.position == now.position => return Ok(()),
            Some(it) => match rows::between(&mut tx, it, now.position, None, MOST_CHANGES).await? {
                Some(changes) => self.tell_changes(changes),
                None => self.tell_again(),
            },
        }
        self.0.told.send_replace(Some(now));
        Ok(())
    }

    fn tell_changes(&self, changes: Vec<Told>) {
        let mut seats = self.seats();
        for told in changes {
            let Some(ears) = seats.ears.get_mut(&told.venue) else { continue };
            let told = Arc::new(told);
            ears.retain(|_, ear| {
                !ear.day.has(&told.change) || self.say(ear, Heard::Change(Arc::clone(&told)))
            });
        }
    }

    fn tell_again(&self) {
        for ears in self.seats().ears.values_mut() {
            ears.retain(|_, ear| self.say(ear, Heard::Again));
        }
    }

    /// Whether somebody still listens. Who does not keep up is let go: their stream ends, and they may resume.
    fn say(&self, ear: &Ear, what: Heard) -> bool {
        match ear.sender.try_send(what) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.0.measures.dropped.inc();
                tracing::info!(venue = %ear.day.venue, "a listener is too slow, and let go");
                false
            }
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        }
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.0.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one customer has: of v6 a whole /64.
fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(it) => Ipv6Addr::from_bits(it.to_bits() & (!0 << 64)).into(),
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.hub.seats();
        seats.taken -= 1;
        if let Some(address) = self.address {
            let count = seats.by_address.entry(address).or_default();
            *count = count.saturating_sub(1);
            if *count == 0 {
                seats.by_address.remove(&address);
            }
        }
        if let Some(ears) = seats.ears.get_mut(&self.venue) {
            ears.remove(&self.number);
            if ears.is_empty() {
                seats.ears.remove(&self.venue);
            }
        }
        self.hub.0.measures.listeners.dec();
    }
}
