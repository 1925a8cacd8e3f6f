//! What this machine was given: keys, and room.
use std::collections::BTreeMap;
use std::path::Path;

use jiff::SignedDuration;
use runtime::http::Term;
use runtime::settings::Keys;
use runtime::{Clock, Settings, causes};
use secrecy::{ExposeSecret, SecretString};

use super::finding::Finding;

/// What the state directory is for is small; a machine with less than this has other troubles soon.
const LITTLE: u64 = 1024 * 1024 * 1024;
const NONE: u64 = 64 * 1024 * 1024;

/// Certificates that renew themselves do it a month before their end: this late somebody has to look.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// That each is 32 bytes was found out when the settings were read.
pub fn keys(settings: &Settings) -> Vec<Finding> {
    let Keys { index_key, pepper, refresh_key, mail_key, audit_key, kek, .. } = &settings.keys;
    let named: [(&'static str, &Option<SecretString>); 6] = [
        ("KEK", kek),
        ("INDEX_KEY", index_key),
        ("PEPPER", pepper),
        ("REFRESH_KEY", refresh_key),
        ("MAIL_KEY", mail_key),
        ("AUDIT_KEY", audit_key),
    ];
    let mut findings = Vec::new();
    let mut seen = BTreeMap::new();
    for (name, key) in named {
        let Some(key) = key else {
            let next = format!(
                "Set {name} or {name}_FILE to the system's own; only for a new system make one: openssl rand -hex 32."
            );
            findings.push(Finding::fail("keys", name, "not given", next));
            continue;
        };
        if let Some(other) = seen.insert(key.expose_secret().to_ascii_lowercase(), name) {
            let next = "Give each its own, before there is data: whoever learns one of them must not know another.";
            findings.push(Finding::warn("keys", name, format!("the same as {other}"), next));
        }
    }
    if findings.is_empty() {
        findings.push(Finding::ok("keys", "given", "all six, each 32 bytes and its own"));
    }
    findings
}

/// A password alone opens whatever its role may do.
pub fn second_factor(settings: &Settings) -> Vec<Finding> {
    let next = "Take AUTH_SECOND_FACTOR_REQUIRED out, or set it to true.";
    let off = "staff, auditors, operators and administrators need none";
    vec![match (settings.second_factor_required(), settings.production, settings.demo) {
        (true, _, _) => Finding::ok("accounts", "second factor", "needed by every role but player"),
        (false, true, _) => Finding::fail("accounts", "second factor", off, next),
        (false, false, true) => Finding::ok("accounts", "second factor", "off, as in any demo"),
        (false, false, false) => Finding::warn("accounts", "second factor", off, next),
    }]
}

/// Only where there is one: most have a proxy in front.
pub fn certificate(settings: &Settings) -> Vec<Finding> {
    let Some(files) = &settings.tls else { return Vec::new() };
    let it = match Term::of(files) {
        Ok(it) => it,
        Err(error) => {
            let next = "Put the renewed pair there; a running process takes it within seconds.";
            return vec![Finding::fail("tls", "certificate", causes(&error), next)];
        }
    };
    let now = Clock::new().now();
    let next = "Renew it; a running process takes it from the same files within seconds.";
    let says = format!("counts until {}", it.until);
    vec![match it.check(now) {
        Err(error) => Finding::fail("tls", "certificate", error.to_string(), next),
        Ok(()) if it.until < now + SOON => Finding::warn("tls", "certificate", says, next),
        Ok(()) => Finding::ok("tls", "certificate", says),
    }]
}

pub fn disk(settings: &Settings) -> Vec<Finding> {
    let directory = &settings.state_dir;
    // Where it will be made, if it was not made yet.
    let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.clone());
    let there = absolute.ancestors().find(|it| it.exists()).unwrap_or(Path::new("/"));
    let shown = there.display();
    let free = match rustix::fs::statvfs(there) {
        Ok(it) => it.f_bavail.saturating_mul(it.f_frsize),
        Err(error) => {
            let next = "Let COURTSIDE_STATE name a directory that this user may enter.";
            return vec![Finding::fail("disk", "free", format!("{shown}: {error}"), next)];
        }
    };
    let says = format!("{} MB free at {shown}", free / (1024 * 1024));
    let next = "Free some space there, or let COURTSIDE_STATE name another disk.";
    vec![match free {
        _ if free < NONE => Finding::fail("disk", "free", says, next),
        _ if free < LITTLE => Finding::warn("disk", "free", says, next),
        _ => Finding::ok("disk", "free", says),
    }]
}
