//! Leave from another stream: asked for only what would be recorded, and given back for what certainly was not.
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::support::tickets::{Command, Rejection, SEATS, Tickets};
use event_store::hostile::Hostile;
use event_store::memory::MemoryStore;
use event_store::{Done, ExecuteError, Executor, Metadata, PermitError, Store};
use futures::future::join_all;
use jiff::Timestamp;
use uuid::Uuid;

fn meta(command: u128) -> Metadata {
    Metadata::new(Uuid::from_u128(command), Timestamp::UNIX_EPOCH)
}

fn executor() -> Executor {
    Executor::new(Arc::new(MemoryStore::default()))
}

/// How often leave was asked for, and how often it came back.
#[derive(Default)]
struct Leave {
    asked: AtomicU32,
    back: AtomicU32,
}

impl Leave {
    fn counts(&self) -> (u32, u32) {
        (self.asked.load(Ordering::SeqCst), self.back.load(Ordering::SeqCst))
    }

    async fn sell(
        &self,
        executor: &Executor,
        ticket: u64,
        given: bool,
    ) -> Result<Done<Tickets>, PermitError<Rejection, &'static str>> {
        let ask = async {
            self.asked.fetch_add(1, Ordering::SeqCst);
            // Whoever came later may have the processor now, and must not have the turn.
            tokio::task::yield_now().await;
            if given { Ok(()) } else { Err("no") }
        };
        let back = async {
            self.back.fetch_add(1, Ordering::SeqCst);
        };
        let (sell, meta) = (Command::Sell { ticket }, meta(ticket.into()));
        executor.execute_permitted::<Tickets, _>("t", sell, &meta, ask, back).await
    }
}

#[tokio::test]
async fn leave_is_asked_for_what_would_be_recorded_and_for_nothing_else() {
    let (executor, leave) = (executor(), Leave::default());
    for ticket in 1..=3 {
        leave.sell(&executor, ticket, true).await.unwrap();
    }
    assert_eq!(leave.counts(), (3, 0));
    assert!(leave.sell(&executor, 3, true).await.unwrap().appended.is_empty(), "already true");
    let late = leave.sell(&executor, 4, true).await;
    let Err(PermitError::Command(ExecuteError::Rejected { rejection, .. })) = late else {
        panic!("{late:?}")
    };
    assert_eq!((rejection, leave.counts()), (Rejection::SoldOut, (3, 0)));
}

#[tokio::test]
async fn without_leave_nothing_is_recorded() {
    let (executor, leave) = (executor(), Leave::default());
    let denied = leave.sell(&executor, 1, false).await;
    assert!(matches!(denied, Err(PermitError::Denied("no"))), "{denied:?}");
    assert_eq!((executor.store().head().await.unwrap(), leave.counts()), (0, (1, 0)));
    assert_eq!(leave.sell(&executor, 1, true).await.unwrap().revision, Some(0));
}

#[tokio::test]
async fn of_a_stampede_only_the_winners_ask() {
    let (executor, leave) = (executor(), Leave::default());
    let answers = join_all((0..500).map(|ticket| leave.sell(&executor, ticket, true))).await;
    assert_eq!(answers.iter().filter(|it| it.is_ok()).count(), SEATS);
    assert_eq!(leave.counts(), (3, 0));
}

#[tokio::test]
async fn what_another_process_took_meanwhile_gives_its_leave_back() {
    let store: Store = Arc::new(MemoryStore::default());
    let (here, there) = (Executor::new(store.clone()), Executor::new(store));
    let back = AtomicU32::new(0);
    let ask = async {
        for ticket in 1..=3 {
            let sell = Command::Sell { ticket };
            there.execute::<Tickets>("t", sell, &meta(ticket.into())).await.unwrap();
        }
        Ok::<(), &str>(())
    };
    let give_back = async {
        back.fetch_add(1, Ordering::SeqCst);
    };
    let sell = Command::Sell { ticket: 9 };
    let late = here.execute_permitted::<Tickets, _>("t", sell, &meta(9), ask, give_back).await;
    assert!(matches!(late, Err(PermitError::Command(ExecuteError::Rejected { .. }))), "{late:?}");
    assert_eq!(back.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn what_may_have_happened_keeps_its_leave() {
    let (mut unknown, mut nothing) = (0, 0);
    for seed in 0..400 {
        let hostile = Arc::new(Hostile::new(Arc::new(MemoryStore::default()), seed));
        let leave = Leave::default();
        let answer = leave.sell(&Executor::new(hostile.clone()), 1, true).await;
        let (asked, back) = leave.counts();
        match answer {
            Ok(_) => assert_eq!((asked, back), (1, 0), "seed {seed}"),
            Err(PermitError::Command(ExecuteError::OutcomeUnknown(_))) => {
                assert_eq!((asked, back), (1, 0), "seed {seed}");
                unknown += 1;
            }
            Err(_) => {
                assert_eq!(asked, back, "seed {seed}");
                hostile.calm().await;
                assert_eq!(hostile.inner().head().await.unwrap(), 0, "seed {seed}");
                nothing += 1;
            }
        }
    }
    assert!(0 < unknown && 0 < nothing, "{unknown} and {nothing}");
}
