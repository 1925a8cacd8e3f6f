//! Several doubles on one log, of which one leads: what they tell of each other, and that followers write nothing.
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use super::Double;
use super::messages::{ClusterInfo, EndPoint, Member};
use super::question::Question;

/// Which nodes there are, and which of them leads.
#[derive(Default)]
pub struct Members {
    nodes: Mutex<Vec<SocketAddr>>,
    leader: AtomicUsize,
}

/// As the protocol numbers what a node can be.
const FOLLOWER: i32 = 6;
const LEADER: i32 = 8;

impl Members {
    pub fn join(&self, node: SocketAddr) {
        self.nodes.lock().unwrap().push(node);
    }

    /// What a node says that was asked for something only the leader does; `None` from the leader.
    pub fn not_leader(&self, node: usize) -> Option<Status> {
        let leader = self.leader.load(Ordering::SeqCst);
        if leader == node {
            return None;
        }
        let address = self.nodes.lock().unwrap()[leader];
        let mut metadata = MetadataMap::new();
        metadata.insert("exception", "not-leader".parse().unwrap());
        metadata.insert("leader-endpoint-host", address.ip().to_string().parse().unwrap());
        metadata.insert("leader-endpoint-port", address.port().to_string().parse().unwrap());
        Some(Status::with_metadata(Code::NotFound, "Leader info available", metadata))
    }

    fn told(&self) -> ClusterInfo {
        let leader = self.leader.load(Ordering::SeqCst);
        let member = |(node, address): (usize, &SocketAddr)| Member {
            state: if node == leader { LEADER } else { FOLLOWER },
            is_alive: true,
            place: Some(EndPoint { host: address.ip().to_string(), port: address.port().into() }),
        };
        let nodes = self.nodes.lock().unwrap();
        ClusterInfo { members: nodes.iter().enumerate().map(member).collect() }
    }
}

pub struct Cluster {
    pub nodes: [Double; 2],
    members: Arc<Members>,
}

impl Cluster {
    pub async fn start() -> Self {
        let (members, log) = (Arc::<Members>::default(), Arc::default());
        let first = Double::node(0, Arc::clone(&log), members.clone(), None).await;
        let second = Double::node(1, log, members.clone(), None).await;
        Self { nodes: [first, second], members }
    }

    /// Elects a node.
    pub fn lead(&self, node: usize) {
        self.members.leader.store(node, Ordering::SeqCst);
    }

    /// Takes a node away, and what is connected to it.
    pub fn lose(&self, node: usize) {
        self.nodes[node].refuse(true);
        self.nodes[node].cut();
    }

    /// Both nodes by name.
    pub fn seeds(&self) -> String {
        let [one, other] = self.nodes.each_ref().map(Double::address);
        format!("esdb://{one},{other}?tls=false&discoveryInterval=5")
    }

    /// One name that knows the others.
    pub fn discover(&self, node: usize) -> String {
        format!("esdb+discover://{}?tls=false&discoveryInterval=5", self.nodes[node].address())
    }
}

/// What nodes tell of each other.
#[derive(Clone)]
pub struct Gossip(pub Arc<Members>);

impl Question for Gossip {
    const SERVICE: &'static str = "event_store.client.gossip.Gossip";
    type Answer = ClusterInfo;

    fn answer(&self) -> Option<ClusterInfo> {
        Some(self.0.told())
    }
}
