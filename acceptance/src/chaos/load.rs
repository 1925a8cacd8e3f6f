//! People who log in, search, hold, confirm, cancel, release, let holds run out, and log out.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::person::Person;
use super::{Fault, Ledger};
use crate::Client;

/// How many come, and for what.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Who ask at the same time.
    pub people: usize,
    /// Whose accounts they use, one after the other. Several may use one at once, as with two devices.
    pub names: Vec<String>,
    /// Of so many bookings that are confirmed one is kept, the others are cancelled.
    pub keep_one_in: usize,
    /// Where they play.
    pub venues: Vec<String>,
    /// On how many days, where a venue sells that far ahead.
    pub days: usize,
}

/// So many any venue sells.
pub const DAYS: usize = 9;

impl Default for Plan {
    fn default() -> Self {
        let of = |names: &[&str]| names.iter().map(|&it| it.to_owned()).collect();
        let names = of(&["player", "amir", "bea", "chidi", "dora"]);
        Self { people: 6, names, keep_one_in: 2, venues: of(&["riverside", "harbour"]), days: DAYS }
    }
}

pub struct Load {
    pub ledger: Arc<Ledger>,
    pub pace: Arc<Pace>,
    over: Arc<AtomicBool>,
    people: JoinSet<()>,
    handles: Vec<AbortHandle>,
}

impl Load {
    pub fn start(anyone: &Client, plan: &Plan) -> Self {
        let (ledger, over) = (Arc::new(Ledger::default()), Arc::new(AtomicBool::new(false)));
        let pace = Arc::new(Pace::default());
        let (mut people, mut handles) = (JoinSet::new(), Vec::new());
        for number in 0..plan.people {
            let person =
                Person::new(number, anyone.clone(), plan.clone(), ledger.clone(), pace.clone());
            handles.push(people.spawn(person.until(over.clone())));
        }
        Self { ledger, pace, over, people, handles }
    }

    /// Whether everybody goes on. Who saw something impossible does not, and the others ask for less than all did.
    pub fn is_whole(&self) -> bool {
        !self.handles.iter().any(AbortHandle::is_finished)
    }

    /// Goes through the faults, with a few answers between one and the next.
    pub async fn under(&self, world: &mut super::World, faults: &[(Fault, u64)]) {
        for (fault, answers) in faults {
            self.ledger.progress(*answers).await;
            fault.happen(world, &self.ledger).await;
            world.ready().await;
        }
        self.ledger.progress(20).await;
    }

    /// Lets everybody finish what they have begun.
    pub async fn end(mut self) -> Arc<Ledger> {
        self.over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.people.join_next().await {
            ended.expect("nobody saw anything impossible");
        }
        self.ledger
    }
}

/// Who asks next, and when. Without a rate each asks as soon as it has its answer.
#[derive(Default)]
pub struct Pace(Mutex<Option<Schedule>>);

#[derive(Clone, Copy)]
struct Schedule {
    next: Instant,
    every: Duration,
}

impl Pace {
    /// From now on so many requests a second by all together, each at its time, whether those before it were answered or not.
    pub fn set(&self, a_second: f64) {
        let every = Duration::from_secs_f64(1.0 / a_second);
        *self.locked() = Some(Schedule { next: Instant::now(), every });
    }

    /// Waits for the next turn and says when it was due. That lies in the past when nobody was free to take it in time: who
    /// counts from then on does not overlook those who had to wait.
    pub async fn turn(&self) -> Instant {
        let Some(due) = self.next() else { return Instant::now() };
        sleep_until(due).await;
        due
    }

    fn next(&self) -> Option<Instant> {
        let mut schedule = self.locked();
        let it = schedule.as_mut()?;
        let due = it.next;
        it.next += it.every;
        Some(due)
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Option<Schedule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
