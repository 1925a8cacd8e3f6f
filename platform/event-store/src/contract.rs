//! What every [`crate::EventStore`] owes its callers, as tests.
//!
//! An adapter calls [`event_store_contract!`](crate::event_store_contract) in a test file of its own. Positions are
//! only ever compared here, never counted: not every store numbers its events one by one.
#![expect(clippy::unwrap_used, reason = "these are tests")]

mod content;
mod order;
mod streams;

use jiff::Timestamp;
use uuid::Uuid;

pub use self::content::*;
pub use self::order::*;
pub use self::streams::*;
use crate::{Metadata, NewEvent, Position, Recorded, Store};

/// Writes one test for each promise.
///
/// `$fresh` gives a pair: what must live as long as the store, and a fresh, empty [`Store`].
#[macro_export]
macro_rules! event_store_contract {
    ($fresh:expr) => {
        $crate::event_store_contract!(@each $fresh;
            a_conflict_leaves_no_trace,
            a_follower_is_woken,
            a_follower_sees_everything_once_and_in_order,
            a_log_is_given_its_id_once,
            a_longer_append_is_no_repetition_of_a_shorter_one,
            a_page_begins_where_asked_and_ends_at_its_limit,
            a_repeated_append_returns_the_first_result,
            a_repeated_append_returns_the_first_result_after_others_wrote,
            a_stream_never_written_is_empty,
            a_stream_reads_back_in_order,
            a_stream_reads_backwards,
            a_writer_who_is_ahead_of_the_stream_conflicts,
            an_append_is_recorded_whole_or_not_at_all,
            everything_has_one_order,
            everything_reads_backwards,
            json_is_kept_byte_for_byte,
            metadata_travels_whole,
            news_from_before_the_wait_are_not_missed,
            of_writers_at_one_revision_one_wins,
            other_events_at_the_same_place_conflict,
            of_runs_those_before_a_bad_one_are_recorded,
            positions_are_found_by_time,
            runs_are_appended_in_their_order,
            the_largest_append_is_taken,
            waiting_ends_by_itself,
            what_cannot_be_stored_is_refused,
        );
    };
    (@each $fresh:expr; $($promise:ident,)+) => {$(
        // On several threads, so that races are races; and what `$fresh` keeps may block its own when it goes.
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $promise() {
            let (_keep, store): (_, $crate::Store) = $fresh;
            $crate::contract::$promise(&store).await;
        }
    )+};
}

/// An event with an id of its own, told apart from others by `n`.
fn event(n: u32) -> NewEvent {
    let command = Uuid::from_u128(u128::from(n) << 64 | 1);
    NewEvent {
        id: Uuid::from_u128(u128::from(n) << 64 | 2),
        kind: "test.happened.v1".to_owned(),
        data: format!(r#"{{"n":{n}}}"#).into_bytes(),
        meta: Metadata::new(command, at(i64::from(n))).actor("user:tester"),
    }
}

fn events(numbers: impl IntoIterator<Item = u32>) -> Vec<NewEvent> {
    numbers.into_iter().map(event).collect()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_772_355_600 + second).unwrap()
}

/// A page without events.
const NOTHING: [u64; 0] = [];

async fn read_everything(store: &Store) -> Vec<Recorded> {
    store.read_all(0, usize::MAX).await.unwrap()
}

fn positions(events: &[Recorded]) -> Vec<Position> {
    events.iter().map(|it| it.position).collect()
}
