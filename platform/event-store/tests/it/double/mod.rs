//! A double of an EventStoreDB for these tests, and only for them: it is not the server, and what passes against it
//! has not been seen to pass against the server.
//!
//! It speaks the part of the gRPC protocol that the client uses, over a real socket of this machine: append, read a
//! stream, read `$all`, subscribe to `$all`, gossip, its version; plainly or over TLS. Written from what the client sends and takes. Between our events it
//! records some of its own (`$stats`), and its positions are byte offsets, as the server's are.
pub mod authority;
pub mod cluster;
mod features;
mod gate;
mod log;
mod messages;
mod question;
mod service;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Identity, Server, ServerTlsConfig};

use self::cluster::{Gossip, Members};
use self::features::Features;
use self::gate::Gate;
use self::log::Log;
use self::question::Asked;
use self::service::Streams;

/// What goes wrong. All of it can be changed while clients are connected.
#[derive(Default)]
pub struct Switches {
    /// Every new connection is cut before a word.
    refuse: AtomicBool,
    /// How many milliseconds each answer takes.
    late: AtomicU64,
    /// Subscriptions end cleanly after their confirmation.
    end_subscriptions: AtomicBool,
    /// Appends are recorded, and their answers lost.
    lose_answers: AtomicBool,
    /// Repeated appends are answered without their position, as by older servers.
    forget_positions: AtomicBool,
    /// Repeated appends conflict, as where the server's memory of ids does not reach.
    forget_ids: AtomicBool,
    /// The most bytes of data in one append; zero is any number.
    max_append_bytes: AtomicU64,
    /// Nobody is let in.
    deny: AtomicBool,
    /// None, as a server too old to be asked.
    version: Mutex<Option<String>>,
    reads: AtomicU64,
    /// What was last given as authorization.
    authorization: Mutex<Option<String>>,
}

pub struct Double {
    switches: Arc<Switches>,
    log: Arc<Mutex<Log>>,
    gate: Gate,
    is_secured: bool,
    _server: AbortOnDropHandle<()>,
}

impl Double {
    /// A server of its own.
    pub async fn start() -> Self {
        Self::node(0, Arc::default(), Arc::default(), None).await
    }

    /// A server of its own that speaks TLS.
    pub async fn secured(identity: Identity) -> Self {
        Self::node(0, Arc::default(), Arc::default(), Some(identity)).await
    }

    /// One of several that share a log.
    async fn node(
        number: usize,
        log: Arc<Mutex<Log>>,
        members: Arc<Members>,
        identity: Option<Identity>,
    ) -> Self {
        let switches = Arc::new(Switches::default());
        *switches.version.lock().unwrap() = Some("24.10.0".to_owned());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        let streams = Streams::new(number, log.clone(), members.clone(), switches.clone());
        let is_secured = identity.is_some();
        let mut builder = Server::builder();
        if let Some(identity) = identity {
            // The client insists on being the one who chooses the process's crypto provider.
            event_store::eventstoredb::prepare().unwrap();
            builder = builder.tls_config(ServerTlsConfig::new().identity(identity)).unwrap();
        }
        let serving = builder
            .add_service(streams)
            .add_service(Asked(Gossip(members.clone())))
            .add_service(Asked(Features(switches.clone())))
            .serve_with_incoming(TcpIncoming::from_listener(listener, true, None).unwrap());
        let serving = tokio::spawn(async move { serving.await.unwrap() });
        let gate = Gate::open(server, switches.clone()).await;
        members.join(gate.address);
        Self { switches, log, gate, is_secured, _server: AbortOnDropHandle::new(serving) }
    }

    pub fn address(&self) -> SocketAddr {
        self.gate.address
    }

    /// The client sleeps this long before its first connect; half a second unless told.
    pub fn url(&self) -> String {
        let (address, tls) = (self.gate.address, self.is_secured);
        format!("esdb://{address}?tls={tls}&discoveryInterval=5")
    }

    /// Cuts all connections, now.
    pub fn cut(&self) {
        self.gate.cut();
    }

    pub fn refuse(&self, on: bool) {
        self.switches.refuse.store(on, Ordering::SeqCst);
    }

    pub fn late(&self, by: Duration) {
        self.switches.late.store(by.as_millis().try_into().unwrap(), Ordering::SeqCst);
    }

    pub fn end_subscriptions(&self) {
        self.switches.end_subscriptions.store(true, Ordering::SeqCst);
    }

    pub fn lose_answers(&self, on: bool) {
        self.switches.lose_answers.store(on, Ordering::SeqCst);
    }

    pub fn forget_positions(&self) {
        self.switches.forget_positions.store(true, Ordering::SeqCst);
    }

    pub fn forget_ids(&self) {
        self.switches.forget_ids.store(true, Ordering::SeqCst);
    }

    pub fn take_at_most(&self, bytes: u64) {
        self.switches.max_append_bytes.store(bytes, Ordering::SeqCst);
    }

    pub fn deny(&self, on: bool) {
        self.switches.deny.store(on, Ordering::SeqCst);
    }

    /// Is of that version to whoever connects from now on; of none, as a server too old to be asked.
    pub fn be(&self, version: Option<&str>) {
        *self.switches.version.lock().unwrap() = version.map(ToOwned::to_owned);
    }

    /// What its last caller gave as authorization.
    pub fn authorization(&self) -> Option<String> {
        self.switches.authorization.lock().unwrap().clone()
    }

    /// Writes events of its own, as a server does that nobody uses.
    pub fn record_own(&self, count: usize) {
        let mut log = self.log.lock().unwrap();
        (0..count).for_each(|_| log.record_own());
    }

    /// Goes back to what it held at first, as a server whose backup was put back: `count` events, its own among them.
    pub fn restore(&self, count: usize) {
        self.log.lock().unwrap().truncate(count);
    }

    /// How often it was asked for a page.
    pub fn reads(&self) -> u64 {
        self.switches.reads.load(Ordering::SeqCst)
    }
}

impl Switches {
    fn is_on(switch: &AtomicBool) -> bool {
        switch.load(Ordering::SeqCst)
    }
}
