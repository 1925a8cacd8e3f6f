//! Every command that a runbook tells somebody to type is one that there is, and those that only look are run.
use std::collections::BTreeMap;

use acceptance::{Process, Stack};

use crate::operations::page::{Page, files, read};

/// Commands that change nothing, and end by themselves.
const LOOKS: [&str; 14] = [
    "doctor",
    "events stat",
    "events tail",
    "events verify",
    "healthcheck",
    "keys list",
    "migrate --dry-run",
    "migrate --verify",
    "projections list",
    "projections status",
    "timers list",
    "timers stats",
    "user list",
    "vault check",
];

/// The lines of code that begin with `courtside`, in a block or in the text, with the page each stands on.
fn commands() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let pages = files("ops/runbooks").into_iter().chain(["SECURITY.md".to_owned()]);
    for page in pages {
        let text = read(&page);
        let lines = text.lines().filter(|it| it.starts_with("courtside "));
        let spoken = text.split('`').skip(1).step_by(2).filter(|it| it.starts_with("courtside "));
        for command in lines.chain(spoken) {
            found.push((page.clone(), command.trim().to_owned()));
        }
    }
    found
}

#[tokio::test]
async fn every_command_of_a_runbook_is_one() {
    let commands = commands();
    assert!(40 < commands.len(), "{} commands", commands.len());
    let mut known = BTreeMap::new();
    for (page, command) in &commands {
        let words: Vec<&str> = command.split_whitespace().skip(1).collect();
        let is_name = |it: &&&str| it.starts_with(|it: char| it.is_ascii_lowercase());
        let names: Vec<&str> = words.iter().take_while(is_name).copied().collect();
        // The name of a projection comes behind those of the command.
        let path = names[..names.len().min(2)].to_vec();
        if !known.contains_key(&path) {
            let (well, said) = Process::run(&[&path[..], &["--help"]].concat(), &[]).await;
            assert!(well, "{page}: {command}: {said}");
            known.insert(path.clone(), said);
        }
        let help = &known[&path];
        for option in words.iter().filter(|it| it.starts_with('-')) {
            assert!(
                help.contains(&format!("{option} ")) || help.contains(&format!("{option}\n")),
                "{page}: {command}: no {option}"
            );
        }
    }
}

/// What only looks is run, and ends well.
pub async fn look(stack: &Stack) {
    let mut environment = stack.servers.environment.clone();
    environment.push(("COURTSIDE_DEMO".to_owned(), "true".to_owned()));
    let mut run = BTreeMap::new();
    for (page, command) in commands() {
        let looks = LOOKS.iter().any(|it| command["courtside ".len()..].starts_with(it));
        if looks && !command.contains('$') {
            run.insert(command, page);
        }
    }
    assert!(LOOKS.len() <= run.len() + 2, "{run:?}");
    for (command, page) in run {
        let mut words: Vec<&str> = command.split_whitespace().skip(1).collect();
        let port = stack.process.operations_port.to_string();
        if words == ["healthcheck"] {
            words.extend(["--metrics-port", &port]);
        }
        let (well, said) = Process::run(&words, &environment).await;
        assert!(well, "{page}: {command}: {said}");
    }
}

#[test]
fn runbooks_name_metrics_and_alerts_that_there_are() {
    let page = Page::read();
    let rules: String = files("ops/observability/rules").iter().map(read).collect();
    let index = read("ops/runbooks/README.md");
    for path in files("ops/runbooks") {
        let name = path.rsplit('/').next().expect("a name");
        assert!(
            name == "README.md" || index.contains(&format!("({name})")),
            "README.md has no {name}"
        );
        for part in ["**You see**", "**It means**", "**First**", "**Mend**", "**It is over**"] {
            let text = read(&path);
            assert!(name == "README.md" || text.contains(part), "{path} does not say: {part}");
        }
        let text = read(&path);
        for word in text.split('`').skip(1).step_by(2) {
            let word = word.split('{').next().unwrap_or_default();
            let is_name = word.contains('_')
                && word.chars().all(|it| it.is_ascii_lowercase() || "_:0123456789".contains(it));
            if !is_name || CHECKS_AND_SUCH.contains(&word) {
                continue;
            }
            let is_rule = rules.contains(&format!("- alert: {word}\n"))
                || rules.contains(&format!("- record: {word}\n"));
            let is_histogram = page.ours.get(word).is_some_and(|it| it.contains("histogram"));
            assert!(is_rule || is_histogram || page.knows(word), "{path}: there is no {word}");
        }
    }
    // And every alert leads somewhere.
    for rule in rules.split("- alert: ").skip(1) {
        let alert = rule.lines().next().expect("a name");
        assert!(
            index.contains(&format!("`{alert}`")),
            "ops/runbooks/README.md does not name {alert}"
        );
        let runbook = rule.split("runbook: ops/runbooks/").nth(1).unwrap_or_default();
        let runbook = runbook.split([',', ' ']).next().unwrap_or_default();
        assert!(index.contains(&format!("({runbook})")), "{alert} names no runbook: {runbook:?}");
    }
}

/// Names that are none of metrics: readiness's, databases', and settings of others.
const CHECKS_AND_SUCH: [&str; 11] = [
    "audit_log",
    "courtside_log",
    "courtside_read",
    "delete_user",
    "event_store",
    "max_connections",
    "mem_limit",
    "pg_dump",
    "read_database",
    "set_permissions",
    "vault_database",
];
