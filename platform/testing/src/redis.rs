//! A Redis of a test's own, in memory only.
use std::process::{Child, Command, Stdio};

use crate::free_port;

/// Killed with this value.
pub struct Redis {
    port: u16,
    server: Option<Child>,
}

impl Redis {
    /// Starts one on a free port. Whoever connects first waits until it listens.
    pub fn start() -> Self {
        let mut it = Self { port: free_port(), server: None };
        it.restart();
        it
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// Again on the same port, empty.
    pub fn restart(&mut self) {
        self.kill();
        let port = self.port.to_string();
        let arguments =
            ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        let server = Command::new("redis-server").args(arguments).stdout(Stdio::null()).spawn();
        self.server = Some(server.expect("ops/test installs redis-server"));
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
