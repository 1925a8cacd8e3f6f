//! The commands of many clients in one call.
use std::collections::{HashSet, VecDeque};

use sqlx::PgConnection;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::limits::{Checked, MAX_APPEND_BYTES};
use crate::{AppendError, Appended, Expected, Position};

/// The most commands in one call. Beyond this a batch grows slower than it saves.
pub(super) const MAX_COMMANDS: usize = 256;

/// The most bytes in one call: every other appender waits for as long as it runs. No single append is larger.
const MAX_BYTES: usize = MAX_APPEND_BYTES;

/// An append, as far as the log is concerned.
pub(super) struct Append {
    pub(super) stream: String,
    pub(super) expected: Expected,
    pub(super) checked: Checked,
}

/// An append that waits for its turn.
pub(super) struct Command {
    pub(super) append: Append,
    pub(super) answer: oneshot::Sender<Result<Appended, AppendError>>,
}

/// Takes the next batch from the front of what waits.
///
/// A second command on a stream waits for the next call: what it will find there is not decided yet.
pub(super) fn compose(waiting: &mut VecDeque<Command>) -> Vec<Command> {
    let mut batch: Vec<Command> = Vec::new();
    let mut streams = HashSet::new();
    let mut rest = VecDeque::new();
    let mut bytes = 0;
    while let Some(command) = waiting.pop_front() {
        if batch.len() == MAX_COMMANDS
            || (!batch.is_empty() && MAX_BYTES < bytes + command.append.checked.bytes)
        {
            rest.push_back(command);
            break;
        }
        if streams.contains(&command.append.stream) {
            rest.push_back(command);
            continue;
        }
        bytes += command.append.checked.bytes;
        streams.insert(command.append.stream.clone());
        batch.push(command);
    }
    rest.append(waiting);
    *waiting = rest;
    batch
}

/// What the log says to one command.
pub(super) struct Outcome {
    pub(super) result: Result<Appended, AppendError>,
    /// Where the log reaches to now, if this is what took it there.
    pub(super) news: Option<Position>,
}

/// How many of `appends`, from the first on, one call can carry in this order: none of its streams occurs twice.
pub(super) fn side_by_side(appends: &[Append]) -> usize {
    let mut streams = HashSet::new();
    let mut bytes = 0;
    for it in appends.iter().take(MAX_COMMANDS) {
        bytes += it.checked.bytes;
        if (!streams.is_empty() && MAX_BYTES < bytes) || !streams.insert(&it.stream) {
            break;
        }
    }
    streams.len()
}

/// Sends a batch in one call.
pub(super) async fn send(
    connection: &mut PgConnection,
    batch: &[&Append],
) -> Result<Vec<Outcome>, sqlx::Error> {
    let Columns { streams, expected, counts, owners, indices, ids, kinds, data, meta } =
        Columns::of(batch);
    let rows: Vec<(i32, String, i64, Option<i64>)> = sqlx::query_as(include_str!("append.sql"))
        .bind(streams)
        .bind(expected)
        .bind(counts)
        .bind(owners)
        .bind(indices)
        .bind(ids)
        .bind(kinds)
        .bind(data)
        .bind(meta)
        .fetch_all(connection)
        .await?;
    if rows.len() != batch.len() {
        return Err(sqlx::Error::Protocol(format!(
            "{} answers to {} commands",
            rows.len(),
            batch.len()
        )));
    }
    batch
        .iter()
        .zip(rows)
        .map(|(command, (_, outcome, revision, position))| {
            read_outcome(command.expected, &outcome, revision, position).ok_or_else(|| {
                sqlx::Error::Protocol(format!("{outcome} at {revision}, {position:?}"))
            })
        })
        .collect()
}

fn read_outcome(
    expected: Expected,
    outcome: &str,
    revision: i64,
    position: Option<i64>,
) -> Option<Outcome> {
    if outcome == "conflict" {
        // -1 stands for a stream that is not there.
        let actual = u64::try_from(revision).ok();
        return Some(Outcome {
            result: Err(AppendError::Conflict { expected, actual }),
            news: None,
        });
    }
    let revision = u64::try_from(revision).ok()?;
    let position = u64::try_from(position?).ok()?;
    let news = match outcome {
        "appended" => Some(position),
        "duplicate" => None,
        _ => return None,
    };
    Some(Outcome { result: Ok(Appended { revision, position }), news })
}

/// A batch as the function takes it: an array for each column.
#[derive(Default)]
struct Columns<'a> {
    streams: Vec<&'a str>,
    expected: Vec<i64>,
    counts: Vec<i32>,
    owners: Vec<i32>,
    indices: Vec<i32>,
    ids: Vec<Uuid>,
    kinds: Vec<&'a str>,
    data: Vec<&'a [u8]>,
    meta: Vec<&'a [u8]>,
}

impl<'a> Columns<'a> {
    fn of(batch: &[&'a Append]) -> Self {
        let mut columns = Self::default();
        for (owner, command) in (1..).zip(batch) {
            columns.streams.push(&command.stream);
            columns.expected.push(match command.expected {
                Expected::NoStream => -1,
                // A revision beyond all that Postgres can count conflicts with whatever is there.
                Expected::Exact(revision) => i64::try_from(revision).unwrap_or(i64::MAX),
            });
            let mut count = 0;
            for (event, meta) in &command.checked.events {
                columns.owners.push(owner);
                columns.indices.push(count);
                columns.ids.push(event.id);
                columns.kinds.push(&event.kind);
                columns.data.push(&event.data);
                columns.meta.push(meta);
                count += 1;
            }
            columns.counts.push(count);
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appends(commands: &[(&str, usize)]) -> Vec<Append> {
        let append = |(stream, bytes): &(&str, usize)| Append {
            stream: (*stream).to_owned(),
            expected: Expected::NoStream,
            checked: Checked { events: Vec::new(), bytes: *bytes },
        };
        commands.iter().map(append).collect()
    }

    fn waiting(commands: &[(&str, usize)]) -> VecDeque<Command> {
        let command = |append| Command { append, answer: oneshot::channel().0 };
        appends(commands).into_iter().map(command).collect()
    }

    fn names<'a>(commands: impl IntoIterator<Item = &'a Command>) -> Vec<&'a str> {
        commands.into_iter().map(|it| it.append.stream.as_str()).collect()
    }

    #[test]
    fn a_stream_occurs_once_in_a_batch_and_its_commands_keep_their_order() {
        let mut queue = waiting(&[("a", 1), ("b", 1), ("a", 2), ("a", 3), ("c", 1)]);
        assert_eq!(names(&compose(&mut queue)), ["a", "b", "c"]);
        let bytes: Vec<_> = queue.iter().map(|it| it.append.checked.bytes).collect();
        assert_eq!(bytes, [2, 3]);
    }

    #[test]
    fn a_batch_ends_before_it_grows_too_large() {
        let mut queue = waiting(&[("a", MAX_BYTES / 2), ("b", MAX_BYTES / 2), ("c", 1), ("d", 1)]);
        assert_eq!(names(&compose(&mut queue)), ["a", "b"]);
        assert_eq!(names(&queue), ["c", "d"], "the order is kept");
    }

    #[test]
    fn a_batch_ends_before_it_has_too_many_commands() {
        let streams: Vec<_> = (0..=MAX_COMMANDS).map(|it| it.to_string()).collect();
        let commands: Vec<_> = streams.iter().map(|it| (it.as_str(), 1)).collect();
        let mut queue = waiting(&commands);
        assert_eq!(compose(&mut queue).len(), MAX_COMMANDS);
        assert_eq!(queue.len(), 1);
    }

    #[test]
    fn what_stands_side_by_side_keeps_the_order_and_has_no_stream_twice() {
        let count = |commands: &[(&str, usize)]| side_by_side(&appends(commands));
        assert_eq!(count(&[("a", 1), ("b", 1), ("a", 1), ("c", 1)]), 2, "c would overtake a");
        assert_eq!(count(&[("a", MAX_BYTES), ("b", 1)]), 1);
        assert_eq!(count(&[("a", MAX_BYTES / 2), ("b", MAX_BYTES / 2), ("c", 1)]), 2);
        let streams: Vec<_> = (0..=MAX_COMMANDS).map(|it| it.to_string()).collect();
        let many: Vec<_> = streams.iter().map(|it| (it.as_str(), 1)).collect();
        assert_eq!(count(&many), MAX_COMMANDS);
    }
}
