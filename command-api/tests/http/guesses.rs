//! Guessing, by many at once: claims L1 and L2 of docs/identity.md, and where guessing ends for good.
use axum::Router;
use domain::decider::Decider;
use domain::ids::UserId;
use domain::logins::{FOR_GOOD, LoginEvent, Logins};
use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::world::{PASSWORD, World, post, read_events, send_to};

const WRONG: &str = "seven lobs before luncheon";
const REFUSED: &str = "401 invalid-credentials";

/// Three processes on one log, and somebody whose password is guessed.
struct Siege {
    world: World,
    others: [Router; 2],
    eva: UserId,
    /// An identifier's lane in a process takes five at once and sends the others away: whoever wants an answer to every
    /// guess has no more than that under way in each.
    lanes: [Semaphore; 6],
}

impl Siege {
    async fn new() -> Self {
        let world = World::new().await;
        let eva = world.register("eva").await;
        let others = [world.another_process().await, world.another_process().await];
        Self { world, others, eva, lanes: [(); 6].map(|()| Semaphore::new(5)) }
    }

    /// The status of guess `number`; each process and each of the two identifiers gets its share.
    async fn guess(&self, number: usize, password: &str) -> u16 {
        let lane = number % self.lanes.len();
        let _turn = self.lanes[lane].acquire().await.unwrap();
        let identifier = if lane < 3 { "eva" } else { "eva@example.org" };
        let guess = json!({ "identifier": identifier, "password": password });
        loop {
            let guess = post("/v1/sessions", &guess);
            let reply = match lane % 3 {
                0 => self.world.send(guess).await,
                other => send_to(&self.others[other - 1], guess).await,
            };
            // Others were faster eight times, and nothing happened: said with 503, and tried again.
            if reply.summary() != "503 contention" {
                return reply.status;
            }
        }
    }

    async fn events(&self) -> Vec<LoginEvent> {
        read_events(&self.world, &self.eva.login_stream()).await
    }
}

/// Claim L1.
#[tokio::test]
async fn five_of_two_hundred_parallel_guesses_at_three_processes_are_looked_at() {
    let siege = Siege::new().await;
    let statuses = join_all((0..200).map(|number| siege.guess(number, WRONG))).await;
    assert_eq!(statuses, [401; 200], "every guess is heard");
    let names = siege.world.names(&siege.eva.login_stream()).await;
    assert_eq!(names[..6], [&["login.failed.v1"; 5][..], &["login.locked.v1"]].concat());
    assert_eq!(names[6..], ["login.refused.v1"; 195]);
    for lane in 0..6 {
        assert_eq!(siege.guess(lane, PASSWORD).await, 401, "the right one too, at {lane}");
    }

    siege.world.later(SignedDuration::from_mins(31));
    assert_eq!(siege.guess(1, PASSWORD).await, 201);
}

/// Claim L2.
#[tokio::test]
async fn a_right_guess_among_fifty_wrong_ones_leaves_what_the_log_says() {
    for place in [4, 25] {
        let siege = Siege::new().await;
        let guesses = (0..=50)
            .map(|number| siege.guess(number, if number == place { PASSWORD } else { WRONG }));
        let statuses = join_all(guesses).await;
        let events = siege.events().await;
        let attempts = events.iter().filter(|it| !matches!(it, LoginEvent::Locked { .. })).count();
        assert_eq!(attempts, 51, "each is one event");
        // Who was told that they are in is in, and nobody else is.
        let is_in = |it: &LoginEvent| matches!(it, LoginEvent::Succeeded { .. });
        let told: Vec<_> = (0..=50).filter(|it| statuses[*it] == 201).collect();
        println!("the right guess is number {place}; in came {told:?}");
        assert_eq!(events.iter().filter(|it| is_in(it)).count(), told.len());
        assert!(told.iter().all(|it| *it == place), "{told:?}");
        // Never more than five since the last success were looked at, and none behind the lock.
        let mut wrong = 0;
        let mut locked = false;
        for event in &events {
            match event {
                LoginEvent::Succeeded { .. } => (wrong, locked) = (0, assert_open(locked)),
                LoginEvent::Failed { .. } => (wrong, locked) = (wrong + 1, assert_open(locked)),
                LoginEvent::Locked { .. } => locked = true,
                _ => assert!(locked, "refused behind a lock alone: {event:?}"),
            }
            assert!(wrong <= 5);
        }
        assert!(locked, "fifty are more than five before and five after");

        let fold = events.into_iter().fold(Logins::default(), Logins::evolve);
        let executor = &siege.world.platform.executor;
        let state = executor.load::<Logins>(&siege.eva.login_stream()).await.unwrap().state;
        assert_eq!(state, fold);
        assert!(state.is_locked(siege.world.platform.clock.now()));
        for lane in 0..3 {
            assert_eq!(siege.guess(lane, PASSWORD).await, 401, "at process {lane}");
        }
    }
}

/// What is decided behind a lock is refused.
fn assert_open(locked: bool) -> bool {
    assert!(!locked, "behind the lock");
    false
}

#[tokio::test]
async fn after_a_hundred_wrong_guesses_in_a_row_only_a_reset_or_an_admin_lets_in() {
    let world = World::with(&[("AUTH_LOGIN_MAX_ATTEMPTS", "100")]).await;
    let eva = world.register("eva").await;
    for _ in 0..10 {
        let names = ["eva", "eva@example.org"].into_iter().cycle().take(10);
        for reply in join_all(names.map(|name| world.try_password(name, WRONG))).await {
            assert_eq!(reply.summary(), REFUSED);
        }
    }
    let events: Vec<LoginEvent> = read_events(&world, &eva.login_stream()).await;
    let last = events.last().unwrap();
    assert!(matches!(last, LoginEvent::Locked { until, .. } if *until == FOR_GOOD), "{last:?}");
    world.later(SignedDuration::from_hours(24 * 60));
    assert_eq!(world.try_password("eva", PASSWORD).await.summary(), REFUSED, "time alone does not");

    let asked = world.post("/v1/password-resets", json!({ "email": "eva@example.org" })).await;
    assert_eq!(asked.summary(), "202");
    let new = "an umbrella in the greenhouse";
    let reset = json!({ "token": world.mailed_reset(eva).await, "new_password": new });
    assert_eq!(world.post("/v1/password-resets/confirm", reset).await.summary(), "204");
    assert_eq!(world.try_password("eva", new).await.summary(), "201");
}
