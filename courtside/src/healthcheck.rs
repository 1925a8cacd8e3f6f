//! `courtside healthcheck`: asks the process of this container, or of this machine, whether it is ready. For images without
//! a shell: no other program is there to ask. It needs none of the settings that the process itself needs.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use axum::http::{StatusCode, Uri};
use clap::Args;
use http_body_util::{BodyExt, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

#[derive(Args)]
pub struct Options {
    /// Where the process listens.
    #[arg(long, env = "SERVER_HOST", default_value_t = Ipv4Addr::LOCALHOST.into())]
    host: IpAddr,
    /// The port of /health.
    #[arg(long, env = "METRICS_PORT", default_value_t = 8081)]
    metrics_port: u16,
}

/// The process gives each of its checks two seconds, all of them at once.
const PATIENCE: Duration = Duration::from_secs(4);
/// The longest answer: a line for each thing that is checked.
const MAX_BYTES: usize = 64 * 1024;

/// Prints what the process says of itself; success is `ready` or `degraded`, as for any other probe.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!("{}", runtime.block_on(check(options))?);
    Ok(())
}

async fn check(options: &Options) -> anyhow::Result<String> {
    let address = SocketAddr::new(reachable(options.host), options.metrics_port);
    let asked = tokio::time::timeout(PATIENCE, ask(address)).await;
    let answer = asked.map_err(anyhow::Error::from).flatten();
    let (status, body) = answer.with_context(|| format!("nothing answers at {address}"))?;
    if status != StatusCode::OK {
        bail!("not ready: {body}");
    }
    Ok(body)
}

async fn ask(address: SocketAddr) -> anyhow::Result<(StatusCode, String)> {
    let url: Uri = format!("http://{address}/health/ready").parse()?;
    let client = Client::builder(TokioExecutor::new()).build_http::<String>();
    let answer = client.get(url).await?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), MAX_BYTES).collect().await;
    let body = body.map_err(|error| anyhow!(error))?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

/// What listens on all addresses is asked on the nearest.
fn reachable(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(it) if it.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(it) if it.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        it => it,
    }
}
