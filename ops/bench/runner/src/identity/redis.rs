//! A Redis of the bench's own, ended with it.
use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

pub struct Redis {
    _server: Child,
    pub url: String,
}

impl Redis {
    /// On a free port, with nothing on the disk.
    pub async fn start() -> anyhow::Result<Self> {
        let port = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let server = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--save", "", "--appendonly", "no"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("redis-server does not start")?;
        let mut answers = false;
        for _ in 0..100 {
            answers = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok();
            if answers {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        ensure!(answers, "redis-server does not answer");
        Ok(Self { _server: server, url: format!("redis://127.0.0.1:{port}") })
    }
}
