//! A transport inside the process, for tests and simulation: no delays of its own, so the consumer waits them out.
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::{Mutex as AsyncMutex, mpsc};

use super::Timer;
use super::transport::{Delay, DelayTransport, Delivery, NotArmed, Settle};

/// A queue in memory. Cheap to clone; clones are one queue.
#[derive(Clone)]
pub struct InProcess {
    queue: mpsc::UnboundedSender<Vec<u8>>,
    waiting: Arc<AsyncMutex<mpsc::UnboundedReceiver<Vec<u8>>>>,
    dead: Arc<Mutex<Vec<Vec<u8>>>>,
    unsettled: Arc<AtomicUsize>,
}

impl Default for InProcess {
    fn default() -> Self {
        let (queue, waiting) = mpsc::unbounded_channel();
        Self {
            queue,
            waiting: Arc::new(AsyncMutex::new(waiting)),
            dead: Arc::default(),
            unsettled: Arc::default(),
        }
    }
}

impl InProcess {
    /// Puts any message in, as somebody else with access to a broker could.
    pub fn put(&self, payload: Vec<u8>) {
        // The receiver lives as long as `self`.
        let _ = self.queue.send(payload);
    }

    /// How many messages are taken out and not settled.
    pub fn unsettled(&self) -> usize {
        self.unsettled.load(Ordering::SeqCst)
    }

    /// What was rejected.
    pub fn dead(&self) -> Vec<Vec<u8>> {
        self.dead.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl DelayTransport for InProcess {
    fn name(&self) -> &'static str {
        "in_process"
    }

    fn carried_seconds(&self) -> &[u32] {
        &[]
    }

    async fn arm(&self, timer: &Timer, _: Delay) -> Result<(), NotArmed> {
        self.put(serde_json::to_vec(timer).map_err(|it| NotArmed(it.into()))?);
        Ok(())
    }

    async fn next(&self) -> Delivery {
        match self.waiting.lock().await.recv().await {
            Some(payload) => {
                self.unsettled.fetch_add(1, Ordering::SeqCst);
                let settle = Unsettled { payload: Some(payload.clone()), to: self.clone() };
                Delivery { payload, trace: None, settle: Box::new(settle) }
            }
            // Cannot be while `self` holds a sender.
            None => std::future::pending().await,
        }
    }
}

/// Goes back into the queue when it is dropped unsettled, as a broker does when a consumer dies.
struct Unsettled {
    payload: Option<Vec<u8>>,
    to: InProcess,
}

#[async_trait]
impl Settle for Unsettled {
    async fn ack(mut self: Box<Self>) {
        self.payload = None;
    }

    async fn reject(mut self: Box<Self>) {
        let payload = self.payload.take();
        self.to.dead.lock().unwrap_or_else(PoisonError::into_inner).extend(payload);
    }
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        self.to.unsettled.fetch_sub(1, Ordering::SeqCst);
        if let Some(payload) = self.payload.take() {
            self.to.put(payload);
        }
    }
}
