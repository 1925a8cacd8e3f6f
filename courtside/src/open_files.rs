//! How many files a process may have open: each connection is one.
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// All connections that a role takes, from clients and to its databases, twice.
const WANTED: u64 = 8_192;

/// Shells mostly allow 1,024, and leave it to a program to ask for more.
pub fn allow() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(WANTED, |it| it.min(WANTED));
    if current.is_none_or(|it| wanted <= it) {
        return;
    }
    let raised = Rlimit { current: Some(wanted), maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, ?current, "the limit of open files stays as it is");
    }
}
