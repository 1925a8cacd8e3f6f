//! People who log in, search, hold, confirm, cancel, release, let holds run out, and log out.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior};

use super::person::Person;
use super::{Fault, Ledger};
use crate::Client;

/// How many come, and how fast.
#[derive(Clone, Debug)]
pub struct Plan {
    pub people: usize,
    /// Requests a second by all of them; without it each asks as soon as it has its answer.
    pub a_second: Option<f64>,
    /// Of so many bookings that are confirmed one is kept, the others are cancelled.
    pub keep_one_in: usize,
    /// Where they play.
    pub venues: Vec<String>,
}

impl Default for Plan {
    fn default() -> Self {
        let venues = ["riverside", "harbour"].map(ToOwned::to_owned).into();
        Self { people: 6, a_second: None, keep_one_in: 2, venues }
    }
}

pub struct Load {
    pub ledger: Arc<Ledger>,
    over: Arc<AtomicBool>,
    people: JoinSet<()>,
}

impl Load {
    pub fn start(anyone: &Client, plan: &Plan) -> Self {
        let (ledger, over) = (Arc::new(Ledger::default()), Arc::new(AtomicBool::new(false)));
        let pace = Arc::new(Pace::new(plan.a_second));
        let mut people = JoinSet::new();
        for number in 0..plan.people {
            let person =
                Person::new(number, anyone.clone(), plan.clone(), ledger.clone(), pace.clone());
            people.spawn(person.until(over.clone()));
        }
        Self { ledger, over, people }
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

/// Who asks next, and when.
pub struct Pace(Option<Mutex<Interval>>);

impl Pace {
    fn new(a_second: Option<f64>) -> Self {
        Self(a_second.map(|it| {
            let mut every = tokio::time::interval(Duration::from_secs_f64(1.0 / it));
            // What could not be asked in time is not asked all at once afterwards.
            every.set_missed_tick_behavior(MissedTickBehavior::Delay);
            Mutex::new(every)
        }))
    }

    pub async fn turn(&self) {
        if let Some(every) = &self.0 {
            every.lock().await.tick().await;
        }
    }
}
