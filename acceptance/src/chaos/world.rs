//! An installation that may be broken: the roles apart, servers of their own, and a wire that can be cut before each.
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use testing::cut::Cut;
use testing::redis::Redis;
use testing::server::Services;

use crate::{Client, Process, Servers};

pub const ROLES: [&str; 4] = ["command-api", "query-api", "projector", "scheduler"];

/// The way to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wire {
    Postgres,
    Rabbitmq,
    Redis,
}

pub struct World {
    pub roles: BTreeMap<&'static str, Process>,
    pub redis: Redis,
    /// What processes are given: the servers, by way of the wires.
    pub environment: Vec<(String, String)>,
    wires: BTreeMap<Wire, Cut>,
    servers: Services,
}

impl World {
    /// The demo's data, and each role in a process of its own.
    pub async fn start() -> Self {
        let mut world = Self::without_roles().await;
        world.roles =
            ROLES.iter().map(|role| (*role, Process::start(&[role], &world.environment))).collect();
        world.ready().await;
        world.client().built().await;
        world
    }

    /// The servers with the demo's data, for roles that somebody else starts.
    pub async fn without_roles() -> Self {
        Self::of_version(None).await
    }

    /// The same, with no wire to cut: whoever measures does not want to carry all that the processes and their servers say.
    pub async fn without_wires() -> Self {
        Self::made(None, false).await
    }

    /// The same, made by another binary.
    pub async fn of_version(binary: Option<&str>) -> Self {
        Self::made(binary, true).await
    }

    async fn made(binary: Option<&str>, wired: bool) -> Self {
        let start = || Services::start(&[]);
        let servers = tokio::task::spawn_blocking(start).await.expect("servers");
        let redis = Redis::start();
        let mut direct = servers.environment();
        direct.push(("RATE_LIMIT_REDIS_URL".to_owned(), redis.url()));
        let mut wires = BTreeMap::new();
        for (name, url) in direct.iter_mut().filter(|_| wired) {
            let wire = match name.as_str() {
                "AMQP_URL" => Wire::Rabbitmq,
                "RATE_LIMIT_REDIS_URL" => Wire::Redis,
                _ => Wire::Postgres,
            };
            let server = authority(url);
            if let Entry::Vacant(it) = wires.entry(wire) {
                it.insert(Cut::before(&server).await);
            }
            *url = url.replace(&server, &format!("127.0.0.1:{}", wires[&wire].port));
        }
        let environment = Servers::named(direct).with("COURTSIDE_DEMO", "true").environment;
        let load = Process::run(&["demo", "load"], &with_binary(&environment, binary)).await;
        assert!(load.0, "{}", load.1);
        Self { roles: BTreeMap::new(), redis, environment, wires, servers }
    }

    pub async fn ready(&mut self) {
        for process in self.roles.values_mut() {
            process.ready().await;
        }
    }

    pub fn client(&self) -> Client {
        Client::new(self.roles["command-api"].port, self.roles["query-api"].port)
    }

    pub fn wire(&self, wire: Wire) -> &Cut {
        &self.wires[&wire]
    }

    /// `ops/services`, which takes some seconds.
    pub fn services(&self, arguments: &[&str]) -> String {
        tokio::task::block_in_place(|| self.servers.run(arguments))
    }

    /// `rabbitmqctl`, at the private node.
    pub fn rabbitmqctl(&self, arguments: &[&str]) {
        self.services(&[&["rabbitmqctl"], arguments].concat());
    }

    /// Postgres's superuser, by no wire.
    pub fn superuser_url(&self) -> String {
        self.servers.named("TEST_POSTGRES_URL")
    }

    /// Of a role, or of a server with all its children.
    pub fn pids(&self, who: &str) -> Vec<u32> {
        if let Some(process) = self.roles.get(who) {
            return vec![process.pid()];
        }
        let said = self.services(&["status", who]);
        let pid = said.split("pid ").nth(1).and_then(|it| it.split(',').next()?.parse().ok());
        let parent: u32 = pid.unwrap_or_else(|| panic!("no pid of {who} in {said}"));
        let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
        let children = children.unwrap_or_default();
        let children = children.split_whitespace().filter_map(|it| it.parse().ok());
        std::iter::once(parent).chain(children).collect()
    }
}

/// The environment of a process that is another binary than this version's.
pub fn with_binary(
    environment: &[(String, String)],
    binary: Option<&str>,
) -> Vec<(String, String)> {
    let mut environment = environment.to_vec();
    environment.extend(binary.map(|it| ("COURTSIDE_BIN".to_owned(), it.to_owned())));
    environment
}

/// `host:port` of a URL.
fn authority(url: &str) -> String {
    let (_, rest) = url.split_once("://").expect("a URL has a scheme");
    let authority = rest.split('/').next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().to_owned()
}
