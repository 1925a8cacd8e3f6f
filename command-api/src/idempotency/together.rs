//! One statement for what many requests ask at once: while it runs, those who come meanwhile gather for the next.
use tokio::sync::{mpsc, oneshot};

/// More than run at one time; who finds no place waits for one.
const QUEUE: usize = 1_024;
const BATCH: usize = 256;

/// Where questions are handed in. The task ends when the last of these is dropped.
pub struct Together<Q, A> {
    queue: mpsc::Sender<(Q, oneshot::Sender<A>)>,
}

impl<Q, A> Together<Q, A>
where
    Q: Clone + Send + 'static,
    A: Send + 'static,
{
    /// `ask` answers each of many questions, in their order, or none of them. `undo` is for a question whose asker left
    /// before the answer came.
    pub fn start<F>(
        ask: impl Fn(Vec<Q>) -> F + Send + Sync + 'static,
        undo: impl Fn(Q, A) + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Option<Vec<A>>> + Send,
    {
        let (queue, mut incoming) = mpsc::channel::<(Q, oneshot::Sender<A>)>(QUEUE);
        tokio::spawn(async move {
            let mut waiting = Vec::new();
            while 0 < incoming.recv_many(&mut waiting, BATCH).await {
                let (questions, askers): (Vec<Q>, Vec<_>) = waiting.drain(..).unzip();
                let answers = ask(questions.clone()).await.unwrap_or_default();
                for ((question, asker), answer) in questions.into_iter().zip(askers).zip(answers) {
                    if let Err(answer) = asker.send(answer) {
                        undo(question, answer);
                    }
                }
            }
        });
        Self { queue }
    }

    /// `None` if nobody was answered.
    pub async fn ask(&self, question: Q) -> Option<A> {
        let (asker, answer) = oneshot::channel();
        self.queue.send((question, asker)).await.ok()?;
        answer.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures::FutureExt;
    use futures::future::join_all;

    use super::*;

    /// Doubles numbers, and keeps what was asked together and what was undone.
    #[derive(Clone, Default)]
    struct Doubler {
        batches: Arc<Mutex<Vec<Vec<u32>>>>,
        undone: Arc<Mutex<Vec<(u32, u32)>>>,
    }

    impl Doubler {
        fn start(&self) -> Together<u32, u32> {
            let (batches, undone) = (self.batches.clone(), self.undone.clone());
            let ask = move |asked: Vec<u32>| {
                batches.lock().unwrap().push(asked.clone());
                async move {
                    tokio::task::yield_now().await;
                    (!asked.contains(&0)).then(|| asked.iter().map(|it| it * 2).collect())
                }
            };
            let undo = move |question, answer| undone.lock().unwrap().push((question, answer));
            Together::start(ask, undo)
        }
    }

    #[tokio::test]
    async fn who_come_together_are_asked_together_and_each_has_its_own_answer() {
        let doubler = Doubler::default();
        let together = doubler.start();
        let answers = join_all((1..=600).map(|it| together.ask(it))).await;
        assert_eq!(answers, (1..=600).map(|it| Some(it * 2)).collect::<Vec<_>>());
        assert!(doubler.batches.lock().unwrap().len() < 10);
    }

    #[tokio::test]
    async fn what_fails_answers_nobody_and_the_next_are_asked_all_the_same() {
        let together = Doubler::default().start();
        assert_eq!(tokio::join!(together.ask(0), together.ask(1)), (None, None));
        assert_eq!(together.ask(2).await, Some(4));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_is_undone() {
        let doubler = Doubler::default();
        let together = doubler.start();
        assert_eq!(together.ask(1).now_or_never(), None, "this one left");
        assert_eq!(together.ask(2).await, Some(4));
        assert_eq!(*doubler.undone.lock().unwrap(), [(1, 2)]);
    }
}
