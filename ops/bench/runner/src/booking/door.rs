//! A person with a token at a server's door.
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use serde_json::json;

use super::crowd::{Caller, Tally, Told, Turnstile, Until, let_in};
use super::http::{Connection, post};
use super::places::{Places, Wish};
use super::progress::Progress;

/// Whose turn it is at which server, and what is wanted there.
pub struct Door {
    connection: Connection,
    errand: Arc<Errand>,
}

/// What a crowd comes for.
pub struct Errand {
    /// `/v1/bookings`, or a reference's.
    pub path: &'static str,
    pub places: Places,
    pub tokens: Arc<Vec<String>>,
    /// Everybody wants a place of their own, instead of one that many want.
    pub own: bool,
}

impl Errand {
    pub fn wish(&self, n: usize) -> anyhow::Result<Wish> {
        if self.own { self.places.own(n, self.tokens.len()) } else { self.places.wanted(n) }
    }

    pub fn request(&self, n: usize) -> anyhow::Result<Vec<u8>> {
        let wish = self.wish(n)?;
        let body = json!({
            "court": wish.court, "starts_at": wish.starts_at, "ends_at": wish.ends_at,
        });
        let token = &self.tokens[wish.person];
        Ok(post(self.path, wish.person, token, &wish.key, &body.to_string()))
    }
}

impl Door {
    pub fn new(connection: Connection, errand: Arc<Errand>) -> Self {
        Self { connection, errand }
    }
}

impl Caller for Door {
    async fn ask(&mut self, n: usize) -> anyhow::Result<Told> {
        let request = self.errand.request(n)?;
        let (status, body) = self.connection.send(&request).await?;
        let says = |what: &[u8]| body.windows(what.len()).any(|it| it == what);
        match status {
            201 => Ok(Told::Held),
            409 if says(b"problems/slot-taken") => Ok(Told::Taken),
            // Nothing happened, and it says when to come again.
            503 if !says(b"problems/outcome-unknown") => Ok(Told::Busy),
            other => bail!("{other}: {}", String::from_utf8_lossy(body)),
        }
    }
}

/// People over HTTP, spread evenly over the doors, `connections` at a time; each is let in once.
pub async fn come(
    doors: &[SocketAddr],
    connections: usize,
    people: usize,
    errand: Errand,
) -> anyhow::Result<Tally> {
    let errand = Arc::new(errand);
    let mut ready = Vec::new();
    for (number, address) in doors.iter().enumerate() {
        // New ones: what is idle for a while is closed.
        let connections = Connection::open_many(*address, connections / doors.len()).await?;
        let callers: Vec<_> =
            connections.into_iter().map(|it| Door::new(it, errand.clone())).collect();
        ready.push((callers, Turnstile::new(number, doors.len(), Until::Number(people))));
    }
    let coming = ready.into_iter().map(|(callers, turnstile)| let_in(callers, turnstile));
    let mut all = Tally::default();
    for it in futures::future::try_join_all(coming).await? {
        all.add(it);
    }
    Ok(all)
}

/// Connections of those who come one after the other.
const STEADY: usize = 32;

/// People over HTTP, so many a second for so many seconds: at their times, and not when the one before was answered.
/// Each wants a place that nobody else wants, and gets it.
pub async fn steadily(
    door: SocketAddr,
    errand: Errand,
    a_second: u32,
    seconds: u32,
    progress: &Progress,
) -> anyhow::Result<()> {
    let errand = Arc::new(errand);
    let count = usize::try_from(a_second * seconds)?;
    let every = Duration::from_secs(1) / a_second;
    let connections = Connection::open_many(door, STEADY).await?;
    let begin = Instant::now();
    let next = Arc::new(AtomicUsize::new(0));
    let mut callers = tokio::task::JoinSet::new();
    for it in connections {
        let (mut door, next) = (Door::new(it, errand.clone()), next.clone());
        callers.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if count <= n {
                    return anyhow::Ok(());
                }
                let due = begin + every * u32::try_from(n)?;
                tokio::time::sleep_until(due.into()).await;
                let told = door.ask(n).await?;
                ensure!(told == Told::Held, "a place that nobody wants was {told:?}");
            }
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended??;
        progress.tick();
    }
    Ok(())
}
