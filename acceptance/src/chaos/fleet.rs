//! An installation as it is meant to be run: several processes of each role behind NGINX, exchanged one after the other.
use std::time::Duration;

use testing::eventually;

use super::world::with_binary;
use super::{Ledger, World};
use crate::{Client, Nginx, Process};

/// As the runbook of upgrades has it: whoever has to understand what is new comes first.
const ORDER: [&str; 4] = ["projector", "scheduler", "command-api", "query-api"];
/// Those that people wait for are there twice. Of the others one is enough, and two cores are not asked for more.
const PROCESSES: [(&str, usize); 4] =
    [("projector", 1), ("scheduler", 1), ("command-api", 2), ("query-api", 2)];
const PAIRS: [(&str, usize); 4] =
    [("projector", 2), ("scheduler", 2), ("command-api", 2), ("query-api", 2)];

pub struct Fleet {
    pub nginx: Nginx,
    /// In the order in which they are exchanged.
    pub processes: Vec<Process>,
}

/// How a process is told to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// `SIGTERM`.
    Asked,
    /// `SIGKILL`.
    Killed,
}

impl Fleet {
    pub async fn start(world: &World) -> Self {
        Self::of(world, &PROCESSES, None).await
    }

    /// The same, of another binary.
    pub async fn of_version(world: &World, binary: &str) -> Self {
        Self::of(world, &PROCESSES, Some(binary)).await
    }

    /// With two of each role, so that one of each can live through everything.
    pub async fn in_pairs(world: &World) -> Self {
        Self::of(world, &PAIRS, None).await
    }

    async fn of(world: &World, counts: &[(&'static str, usize)], binary: Option<&str>) -> Self {
        let mut environment = with_binary(&world.environment, binary);
        environment.push(("TRUST_PROXY".to_owned(), "1".to_owned()));
        let mut processes = Vec::new();
        // Each reads the log when it starts: one after the other they are all there sooner than together.
        for role in counts.iter().flat_map(|(role, count)| std::iter::repeat_n(*role, *count)) {
            let mut process = Process::start(&[role], &environment);
            process.ready().await;
            processes.push(process);
        }
        let ports = |role: &str| -> Vec<u16> {
            processes.iter().filter(|it| it.role() == role).map(|it| it.port).collect()
        };
        let nginx = Nginx::start(&ports("command-api"), &ports("query-api"));
        let fleet = Self { nginx, processes };
        let anyone = fleet.client();
        eventually("NGINX listens", Duration::from_secs(30), async || {
            anyone.attempt(anyone.get_request("/v1/me/address")).await.is_some()
        })
        .await;
        anyone.built().await;
        fleet
    }

    /// Somebody who comes through NGINX.
    pub fn client(&self) -> Client {
        Client::new(self.nginx.plain, self.nginx.plain)
    }

    /// The first of a role.
    pub fn first(&self, role: &str) -> &Process {
        self.processes.iter().find(|it| it.role() == role).expect("each role has a process")
    }

    /// The last of a role.
    pub fn last(&mut self, role: &str) -> &mut Process {
        let of_role = self.processes.iter_mut().rev().find(|it| it.role() == role);
        of_role.expect("each role has a process")
    }

    /// Gives all of them other settings, from their next start on.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        for it in &mut self.processes {
            it.set(name, value);
        }
    }

    /// One after the other, each ready before the next, while people are answered.
    pub async fn roll(&mut self, end: End, ledger: &Ledger) {
        self.roll_those(&ORDER, end, ledger).await;
    }

    /// Of some roles alone.
    pub async fn roll_those(&mut self, roles: &[&str], end: End, ledger: &Ledger) {
        for it in self.processes.iter_mut().filter(|it| roles.contains(&it.role())) {
            ledger.progress(10).await;
            match end {
                End::Asked => assert!(it.terminate().await, "it ends well:\n{}", it.log()),
                End::Killed => it.kill(),
            }
            // Meanwhile the other of its kind has everybody.
            ledger.progress(5).await;
            it.restart();
            it.ready().await;
        }
        ledger.progress(20).await;
    }
}
