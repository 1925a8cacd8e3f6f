//! The demo's clock can be moved on, so that what takes hours or days can be watched. Never back: the log would tell of the
//! future.
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;
use std::{fs, io};

use jiff::SignedDuration;

use super::Clock;
use crate::{Settings, Shutdown, files};

/// How far the demo's clock is ahead of the true one, as a file that every process of the demo reads.
#[derive(Clone, Debug)]
pub struct DemoClock {
    state: PathBuf,
}

/// How often the file is looked at.
pub const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Further on than this nothing is booked, and calendars end before long.
const MOST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Why the clock stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum NotMoved {
    #[error(
        "the demo's clock is never put back; `ops/up --reset` begins a new demo at the true time"
    )]
    Back,
    #[error("the demo's clock goes ahead by 366 days at most; `ops/up --reset` begins anew")]
    TooFar,
    #[error("{file} cannot be read as a span of time: delete it")]
    Unreadable { file: PathBuf },
    #[error("the file that tells the time cannot be used")]
    File(#[from] io::Error),
}

impl DemoClock {
    /// `None` where there is no demo.
    pub fn of(settings: &Settings) -> Option<Self> {
        let state = settings.state_dir.clone();
        let is_demo = settings.demo || state.join("demo.json").exists();
        (is_demo && !settings.production).then_some(Self { state })
    }

    fn file(&self) -> PathBuf {
        self.state.join("demo-clock")
    }

    pub fn ahead(&self) -> Result<SignedDuration, NotMoved> {
        let file = self.file();
        match fs::read_to_string(&file) {
            Ok(text) => text.trim().parse().map_err(|_| NotMoved::Unreadable { file }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(SignedDuration::ZERO),
            Err(error) => Err(error.into()),
        }
    }

    /// Moves the clock of every process of the demo on, and returns how far it is ahead then.
    pub fn move_on(&self, by: SignedDuration) -> Result<SignedDuration, NotMoved> {
        if by.is_negative() {
            return Err(NotMoved::Back);
        }
        let ahead = self.ahead()?.checked_add(by).filter(|it| *it <= MOST);
        let ahead = ahead.ok_or(NotMoved::TooFar)?;
        files::replace(&self.file(), |file| writeln!(file, "{ahead}"))?;
        Ok(ahead)
    }

    /// Has `clock` tell the demo's time, now and whenever it is moved on, until `shutdown`.
    pub fn keep(self, clock: &Clock, shutdown: Shutdown) {
        self.tell(clock);
        let clock = clock.clone();
        let looking = async move {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                self.tell(&clock);
            }
        };
        tokio::spawn(async move { shutdown.run_until_cancelled(looking).await });
    }

    /// What cannot be read changes nothing.
    fn tell(&self, clock: &Clock) {
        if let Ok(ahead) = self.ahead() {
            clock.move_on_to(ahead);
        }
    }
}
