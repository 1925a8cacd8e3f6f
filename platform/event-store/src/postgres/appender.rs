//! Group commit: one task, one call in flight, no timer.
//!
//! While a call runs, appends queue; the next call takes all that is queued. Idle, an append costs one round trip and
//! one flush; under load the batches grow by themselves and the flush is shared.
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::batch::{self, Append, Command, Outcome};
use super::connection::Dedicated;
use super::failure::{Failure, unavailable};
use super::patience::in_time;
use crate::limits::Checked;
use crate::{AppendError, Appended, Expected, Position, wake};

/// The most commands that wait. Four calls' worth: who waits behind more than that is told to come again.
const QUEUE: usize = 4 * batch::MAX_COMMANDS;

/// How long one call may take, a little longer than the server allows itself (session.sql).
const CALL_PATIENCE: Duration = Duration::from_secs(6);

/// How long a caller waits for a place in the queue.
const QUEUE_PATIENCE: Duration = Duration::from_secs(3);

/// How long a caller waits for an answer. Long enough for a call that hangs and its repetition on a new connection.
const ANSWER_PATIENCE: Duration = Duration::from_secs(20);

/// Where commands are handed in. The task ends when this is dropped and its queue is empty.
pub(super) struct Appender {
    queue: mpsc::Sender<Command>,
}

/// Who is told when the log has grown.
pub(super) struct News {
    /// Everybody in this process.
    pub(super) here: Arc<watch::Sender<Position>>,
    /// The task that tells other processes.
    pub(super) elsewhere: watch::Sender<Position>,
}

impl Appender {
    pub(super) fn start(options: Arc<PgConnectOptions>, news: News) -> Self {
        let (queue, incoming) = mpsc::channel(QUEUE);
        let connection = Dedicated::new(options, include_str!("session.sql"));
        let task = Task { incoming, waiting: VecDeque::new(), connection, news };
        tokio::spawn(task.run());
        Self { queue }
    }

    pub(super) async fn append(
        &self,
        stream: &str,
        expected: Expected,
        checked: Checked,
    ) -> Result<Appended, AppendError> {
        let (answer, answered) = oneshot::channel();
        let append = Append { stream: stream.to_owned(), expected, checked };
        let command = Command { append, answer };
        match timeout(QUEUE_PATIENCE, self.queue.send(command)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(unavailable("the appender has ended")),
            Err(_) => return Err(unavailable("too many appends are waiting")),
        }
        match timeout(ANSWER_PATIENCE, answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(unavailable("the appender has ended")),
            Err(_) => Err(unavailable("no answer in time")),
        }
    }
}

struct Task {
    incoming: mpsc::Receiver<Command>,
    waiting: VecDeque<Command>,
    connection: Dedicated,
    news: News,
}

impl Task {
    async fn run(mut self) {
        while self.gather().await {
            let batch = batch::compose(&mut self.waiting);
            self.record(batch).await;
        }
    }

    /// Waits for work and takes all there is; returns false when there will be no more.
    async fn gather(&mut self) -> bool {
        if self.waiting.is_empty() {
            let Some(command) = self.incoming.recv().await else {
                return false;
            };
            self.waiting.push_back(command);
        }
        // Those who were just answered often have their next command at hand. The first of them would go alone, and the
        // others wait for two flushes; so everybody who can run now does, and then all go together. Not a timer: when
        // nobody can run this is at once.
        tokio::task::yield_now().await;
        self.take_queued();
        // Nobody needs what nobody waits for, and it was not begun.
        self.waiting.retain(|it| !it.answer.is_closed());
        true
    }

    fn take_queued(&mut self) {
        while self.waiting.len() < QUEUE
            && let Ok(command) = self.incoming.try_recv()
        {
            self.waiting.push_back(command);
        }
    }

    async fn record(&mut self, batch: Vec<Command>) {
        if batch.is_empty() {
            return;
        }
        match self.send(&batch).await {
            // One client's bad bytes must not fail a stranger.
            Err(Failure::Content(_)) if 1 < batch.len() => {
                for command in batch {
                    let sent = self.send(std::slice::from_ref(&command)).await;
                    self.answer(vec![command], sent);
                }
            }
            sent => self.answer(batch, sent),
        }
    }

    /// Sends a batch, and once more when the connection broke: the log knows the events by their ids, so what was
    /// done the first time is only found again.
    async fn send(&mut self, batch: &[Command]) -> Result<Vec<Outcome>, Failure> {
        match self.call(batch).await {
            Err(Failure::Broken(_)) => self.call(batch).await.map_err(Failure::after_a_broken_one),
            known => known,
        }
    }

    async fn call(&mut self, batch: &[Command]) -> Result<Vec<Outcome>, Failure> {
        let connection = self.connection.get().await.map_err(Failure::Away)?;
        let appends: Vec<_> = batch.iter().map(|it| &it.append).collect();
        let sent = in_time(CALL_PATIENCE, batch::send(connection, &appends)).await;
        sent.map_err(|error| {
            let failure = Failure::of(error);
            if !matches!(failure, Failure::Content(_)) {
                self.connection.discard();
            }
            failure
        })
    }

    fn answer(&mut self, mut batch: Vec<Command>, sent: Result<Vec<Outcome>, Failure>) {
        match sent {
            Ok(outcomes) => self.deliver(batch, outcomes),
            Err(failure) => {
                if matches!(failure, Failure::Away(_)) {
                    // Nobody shall queue for a server that is not there.
                    self.take_queued();
                    batch.extend(self.waiting.drain(..));
                }
                failure.answer(batch);
            }
        }
    }

    fn deliver(&self, batch: Vec<Command>, outcomes: Vec<Outcome>) {
        let reached = outcomes.iter().filter_map(|it| it.news).max();
        for (command, outcome) in batch.into_iter().zip(outcomes) {
            // Whoever has gone will find it when he asks again.
            let _ = command.answer.send(outcome.result);
        }
        if let Some(position) = reached {
            wake::announce(&self.news.here, position);
            wake::announce(&self.news.elsewhere, position);
        }
    }
}
