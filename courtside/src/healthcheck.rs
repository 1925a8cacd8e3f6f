//! `courtside healthcheck`: asks the process of this container, or of this machine, whether it is ready. For images without
//! a shell: no other program is there to ask. It needs none of the settings that the process itself needs.
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;

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
const MAX_BYTES: u64 = 64 * 1024;

/// Prints what the process says of itself; success is `ready` or `degraded`, as for any other probe.
pub fn run(options: &Options) -> ExitCode {
    match check(options) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("courtside: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn check(options: &Options) -> anyhow::Result<String> {
    let address = SocketAddr::new(reachable(options.host), options.metrics_port);
    let answer = ask(address).with_context(|| format!("nothing answers at {address}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if head.split(' ').nth(1) != Some("200") {
        bail!("not ready: {body}");
    }
    Ok(body.to_owned())
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    // The older HTTP ends with the connection, and so without a word about lengths or chunks.
    stream.write_all(b"GET /health/ready HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(MAX_BYTES).read_to_string(&mut answer)?;
    Ok(answer)
}

/// What listens on all addresses is asked on the nearest.
fn reachable(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(it) if it.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(it) if it.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        it => it,
    }
}
