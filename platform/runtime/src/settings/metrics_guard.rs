//! Who may read `/metrics`.
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

use super::proxies::network;
use super::source::Source;

/// `METRICS_GUARD`.
#[derive(Clone, Debug)]
pub enum MetricsGuard {
    /// `none`: whoever reaches the port.
    Nobody,
    /// `secret`: whoever knows `METRICS_SECRET`.
    Secret(SecretString),
    /// `cidr`: who comes from `METRICS_GUARD_ALLOWLIST`.
    Networks(Vec<IpNet>),
}

/// Shorter ones can be tried out.
const SHORTEST_SECRET: usize = 16;

pub(super) fn read(from: &mut Source, production: bool) -> MetricsGuard {
    let guard = from.text("METRICS_GUARD");
    let secret = from.secret("METRICS_SECRET");
    let networks = networks(from);
    match guard.as_deref() {
        None if production => {
            from.fault(
                "METRICS_GUARD is not set in production: secret, cidr, or none where nobody but the monitoring reaches METRICS_PORT",
            );
            MetricsGuard::Nobody
        }
        None | Some("none") => MetricsGuard::Nobody,
        Some("secret") => match secret {
            Some(it) if SHORTEST_SECRET <= it.expose_secret().len() => MetricsGuard::Secret(it),
            _ => {
                from.fault(format!(
                    "METRICS_GUARD is secret: set METRICS_SECRET, of at least {SHORTEST_SECRET} characters"
                ));
                MetricsGuard::Nobody
            }
        },
        Some("cidr") => {
            if networks.is_empty() {
                from.fault("METRICS_GUARD is cidr: set METRICS_GUARD_ALLOWLIST, addresses and CIDR ranges by commas");
            }
            MetricsGuard::Networks(networks)
        }
        Some(other) => {
            from.fault(format!("METRICS_GUARD is {other:?}: expected secret, cidr or none"));
            MetricsGuard::Nobody
        }
    }
}

fn networks(from: &mut Source) -> Vec<IpNet> {
    let Some(text) = from.text("METRICS_GUARD_ALLOWLIST") else { return Vec::new() };
    let items = text.split(',').map(str::trim);
    let networks: Option<Vec<IpNet>> = items.map(network).collect();
    networks.unwrap_or_else(|| {
        from.fault(format!(
            "METRICS_GUARD_ALLOWLIST is {text:?}: expected addresses and CIDR ranges by commas"
        ));
        Vec::new()
    })
}
