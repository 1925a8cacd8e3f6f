//! Whether commands are taken just now, as every instance knows it within a second.
use std::time::Duration;

use domain::maintenance::{Maintenance as State, Pause, STREAM};
use event_store::Executor;
use runtime::{Shutdown, StartError};
use tokio::sync::watch;

/// How often the log is asked. Two of these after it began, every instance has heard.
pub const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The maintenance that is on. Clones are one; by default there never is one.
#[derive(Clone, Debug)]
pub struct Maintenance(watch::Receiver<Option<Pause>>);

impl Default for Maintenance {
    fn default() -> Self {
        Self(watch::channel(None).1)
    }
}

impl Maintenance {
    /// Begins to follow it; returns when it is known.
    pub async fn start(executor: Executor, shutdown: Shutdown) -> Result<Self, StartError> {
        let what = "whether maintenance is on cannot be read from the event store";
        let loaded = executor.load::<State>(STREAM).await;
        let loaded = loaded.map_err(|error| StartError::new(what, error))?;
        let (tell, told) = watch::channel(loaded.state.pause);
        tokio::spawn(async move { shutdown.run_until_cancelled(follow(executor, tell)).await });
        Ok(Self(told))
    }

    pub fn pause(&self) -> Option<Pause> {
        self.0.borrow().clone()
    }

    pub fn is_on(&self) -> bool {
        self.0.borrow().is_some()
    }
}

/// While the log cannot be read, what was true last is true: no command works then anyway.
async fn follow(executor: Executor, tell: watch::Sender<Option<Pause>>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Ok(loaded) = executor.load::<State>(STREAM).await else { continue };
        let pause = loaded.state.pause;
        if *tell.borrow() == pause {
            continue;
        }
        if let Some(Pause { reason, .. }) = &pause {
            tracing::info!(reason, "maintenance: no command is taken");
        } else {
            tracing::info!("maintenance is over: commands are taken");
        }
        tell.send_replace(pause);
    }
}
