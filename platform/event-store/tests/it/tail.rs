//! Followers who share the end of a log miss nothing and meet nothing twice, whoever reads first.
use std::sync::Arc;

use event_store::hostile::Dice;
use event_store::memory::MemoryStore;
use event_store::{Expected, Position, Store, Tail};
use testing::seeds;

use crate::support::made_by;

/// Several times what is kept.
const EVENTS: u64 = 30_000;
/// How seldom each of the readers reads: the last one falls behind what is kept.
const SELDOM: [u64; 4] = [1, 2, 10, 600];

#[tokio::test]
async fn everybody_sees_everything_once_and_in_order() {
    for seed in seeds(0..3) {
        let mut dice = Dice::new(seed);
        let store: Store = Arc::new(MemoryStore::default());
        let tail = Tail::new(Arc::clone(&store));
        let mut seen = SELDOM.map(|_| Vec::<Position>::new());
        let mut written = 0;
        while seen.iter().any(|it| it.len() as u64 != EVENTS) {
            let count = dice.below(100).min(EVENTS - written);
            if 0 < count {
                let expected = written.checked_sub(1).map_or(Expected::NoStream, Expected::Exact);
                let events = made_by(1, "thing-1", written, count);
                store.append("thing-1", expected, events).await.expect("an append");
                written += count;
            }
            for (seen, seldom) in seen.iter_mut().zip(SELDOM) {
                if dice.below(seldom) != 0 {
                    continue;
                }
                let after = seen.last().copied().unwrap_or_default();
                let limit = 1 + usize::try_from(dice.below(3_000)).expect("small");
                let events = tail.read(after, limit).await.expect("events");
                assert!(events.len() <= limit, "seed {seed}");
                let is_end = store.read_all(after, 1).await.expect("events").is_empty();
                assert_eq!(events.is_empty(), is_end, "seed {seed}: nothing only at the end");
                seen.extend(events.iter().map(|it| it.position));
            }
        }
        let all = store.read_all(0, usize::MAX).await.expect("events");
        let all: Vec<Position> = all.into_iter().map(|it| it.position).collect();
        assert!(seen.iter().all(|it| *it == all), "seed {seed}");
    }
}
