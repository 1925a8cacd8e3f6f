//! The client, and another one when it has died: it does not survive its first failed connect.
use std::future::Future;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use eventstore::{Client, ClientSettings, ClientSettingsParseError, Error};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::tls::{Tls, Verdict};
use crate::{Hindrance, Source};

/// How long a call may take, all of its tries and waits included. Nothing here waits longer.
const PATIENCE: Duration = Duration::from_secs(8);

/// How soon after a lost client the next is made, and how slowly in the end.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LAST_WAIT: Duration = Duration::from_secs(2);

/// Why there will never be a connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("this is no URL of an EventStoreDB: {0}")]
    Url(String),
    #[error("the file {path} of tlsCAFile holds no certificate that can be read")]
    Authority {
        path: String,
        #[source]
        source: Source,
    },
    #[error("the certificates of this machine cannot all be read; tlsCAFile would name one")]
    Authorities(#[source] Source),
    #[error("the files {certificate} and {key} hold no certificate and its key")]
    Ours {
        certificate: String,
        key: String,
        #[source]
        source: Source,
    },
    /// Call [`prepare`] first thing in the process.
    #[error("another crypto provider was there before the EventStoreDB client's")]
    Provider,
}

/// Why a call has no answer, or a bad one.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Client(#[from] Error),
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Late,
    /// There was no connection to send anything by.
    #[error("{}", .0.why)]
    Unspoken(Verdict),
}

impl Failure {
    /// What only an operator mends.
    pub(super) fn hindrance(&self) -> Option<Hindrance> {
        match self {
            Self::Client(Error::AccessDenied) => Some(Hindrance::Login),
            Self::Unspoken(verdict) => Some(verdict.hindrance),
            Self::Client(_) | Self::Late => None,
        }
    }
}

/// Lets the client install the process's crypto provider (aws-lc). It does so once, in a task of its first instance,
/// and where another was quicker that task and those of all later instances die. So it goes first.
pub fn prepare() -> Result<(), ConnectError> {
    static FIRST: OnceLock<bool> = OnceLock::new();
    let is_first = FIRST.get_or_init(|| {
        if rustls::crypto::CryptoProvider::get_default().is_some() {
            return false;
        }
        // On a thread of its own: a runtime cannot be started inside another.
        std::thread::spawn(install).join().is_ok_and(|it| it)
    });
    if *is_first { Ok(()) } else { Err(ConnectError::Provider) }
}

fn install() -> bool {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return false;
    };
    runtime.block_on(async {
        let Ok(settings) = "esdb://localhost:1?tls=false".parse() else {
            return false;
        };
        // Its task asks for the provider when it first runs, before it connects anywhere, which it never does here.
        let client = Client::new(settings);
        tokio::task::yield_now().await;
        client.is_ok() && rustls::crypto::CryptoProvider::get_default().is_some()
    })
}

/// What is wrong with a URL, without what it holds: the client's own words may be the URL itself, its password in it.
fn reason(error: &ClientSettingsParseError) -> String {
    match error.error() {
        Some(error) => error.to_string(),
        None if error.message().starts_with("Invalid format for param") => {
            error.message().to_owned()
        }
        None => "its host, its path or one of its parameters is none".to_owned(),
    }
}

/// The URL, with the leader for the only node to be asked: a follower may be behind, and what is refused on what it
/// knows might be possible. The last word of a URL holds.
fn of_leader(url: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}nodePreference=leader")
}

/// A client at any time, never the one that failed.
pub(super) struct Connection {
    settings: ClientSettings,
    tls: Tls,
    current: Mutex<Current>,
}

struct Current {
    client: Option<Client>,
    /// Counts the clients, so that many calls that fail with one client replace it once.
    number: u64,
    wait: Duration,
    not_before: Instant,
}

impl Connection {
    pub(super) fn new(url: &str) -> Result<Self, ConnectError> {
        let settings: ClientSettings =
            of_leader(url).parse().map_err(|it| ConnectError::Url(reason(&it)))?;
        let tls = Tls::new(&settings)?;
        prepare()?;
        let current =
            Current { client: None, number: 0, wait: FIRST_WAIT, not_before: Instant::now() };
        Ok(Self { settings, tls, current: Mutex::new(current) })
    }

    /// Makes a request, in time. Only what was never sent is sent again.
    pub(super) async fn call<T, F>(&self, request: impl Fn(Client) -> F) -> Result<T, Failure>
    where
        F: Future<Output = eventstore::Result<T>>,
    {
        let deadline = Instant::now() + PATIENCE;
        let mut again = true;
        loop {
            let Ok(client) = timeout_at(deadline, self.client()).await else {
                return Err(Failure::Late);
            };
            let (number, client) = client?;
            match timeout_at(deadline, request(client)).await {
                Ok(Err(error)) if is_lost(&error) => {
                    self.lost(number);
                    // Nobody was listening any more: the client had died before this call.
                    if again && matches!(error, Error::ConnectionClosed) {
                        again = false;
                        continue;
                    }
                    return Err(self.explained(error, deadline).await);
                }
                // Asked of a node that leads no more: nothing was done, and the client has been told who does.
                Ok(Err(Error::NotLeaderException(_))) => {
                    sleep_until(deadline.min(Instant::now() + FIRST_WAIT)).await;
                }
                Ok(answer) => {
                    self.works(number);
                    return answer.map_err(Failure::Client);
                }
                Err(_) => {
                    self.lost(number);
                    return Err(Failure::Late);
                }
            }
        }
    }

    /// Asks the server why there is no connection. Not where there was one: what was sent by it may have been done.
    async fn explained(&self, error: Error, deadline: Instant) -> Failure {
        if matches!(error, Error::ConnectionClosed | Error::GrpcConnectionError(_))
            && let Ok(Some(verdict)) = timeout_at(deadline, self.tls.verdict()).await
        {
            return Failure::Unspoken(verdict);
        }
        error.into()
    }

    async fn client(&self) -> Result<(u64, Client), Error> {
        loop {
            let not_before = {
                let mut current = self.current();
                if let Some(client) = &current.client {
                    return Ok((current.number, client.clone()));
                }
                if current.not_before <= Instant::now() {
                    let client = Client::new(self.settings.clone())?;
                    current.number += 1;
                    current.client = Some(client.clone());
                    return Ok((current.number, client));
                }
                current.not_before
            };
            sleep_until(not_before).await;
        }
    }

    fn lost(&self, number: u64) {
        let mut current = self.current();
        if current.number == number && current.client.take().is_some() {
            current.not_before = Instant::now() + current.wait;
            current.wait = (current.wait * 2).min(LAST_WAIT);
        }
    }

    fn works(&self, number: u64) {
        let mut current = self.current();
        if current.number == number {
            current.wait = FIRST_WAIT;
        }
    }

    /// Nothing in here is left half done by a panic.
    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether this says nothing of the request, only that the client is of no more use. Once connected it stays with its
/// node for good, a dead one too; another client chooses again.
fn is_lost(error: &Error) -> bool {
    matches!(
        error,
        Error::ServerError(_)
            | Error::ConnectionClosed
            | Error::GrpcConnectionError(_)
            | Error::DeadlineExceeded
            | Error::InternalClientError
            | Error::IllegalStateError(_)
    )
}
